# SPDX-License-Identifier: Apache-2.0
"""What the runs start from; and pytest tells what differs, too, when an assertion outside of a test file fails."""

import os
import random
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet

from app.settings import Settings
from tests.serving import free_port

pytest.register_assert_rewrite("tests.chaos.agreement", "tests.chaos.story")

SEED = int(os.environ.get("CHAOS_SEED") or 1)


@pytest.fixture
def chance() -> random.Random:
    """What the run is made up by; another number in the environment makes up another run."""
    return random.Random(SEED)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Writes what a run came to, with what it takes to repeat it, whatever pytest captures."""

    def write(account: str) -> None:
        with capsys.disabled():
            print(f"\nseed {SEED}: {account}")

    return write


@pytest.fixture
def chosen(mongodb_uri: str, clean_database: str) -> Settings:
    """Settings of a deployment on the database that the tests share."""
    return Settings(
        mongodb_uri=mongodb_uri,
        database=clean_database,
        port=free_port(),
        callback_networks="127.0.0.0/8",
        secrets_key=Fernet.generate_key().decode(),
    )
