# SPDX-License-Identifier: Apache-2.0
"""The primary of a replica set is killed and stepped down while clients write: they are told to try again at worst."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.settings import Settings
from tests.chaos.load import CLIENTS
from tests.chaos.replica_set import ReplicaSet
from tests.chaos.story import setting, told
from tests.serving import free_port

FAILOVERS = setting("FAILOVERS", 3)
WRITES_BETWEEN = 60
RESUMED_SECONDS = 15.0
SHORT_ELECTION_MILLISECONDS = 2000


@pytest.mark.timeout(120 + 40 * FAILOVERS)
def test_failovers_lose_and_double_nothing_and_writes_go_on_by_themselves(
    tmp_path: Path, chance: random.Random, tell: Callable[[str], None]
) -> None:
    with ReplicaSet(tmp_path, election_milliseconds=setting("ELECTION", SHORT_ELECTION_MILLISECONDS)) as replica_set:
        key = Fernet.generate_key().decode()
        settings = Settings(
            mongodb_uri=replica_set.uri, port=free_port(), callback_networks="127.0.0.0/8", secrets_key=key
        )
        with told(settings, tmp_path, chance, writes=FAILOVERS * WRITES_BETWEEN, relays=1) as story:
            for number in range(FAILOVERS):
                story.write(WRITES_BETWEEN)
                (replica_set.step_down if number % 2 else replica_set.kill_primary)()
                # One more than may have been under way.
                story.write(CLIENTS + 1, within_seconds=RESUMED_SECONDS)
        tell(f"{FAILOVERS} failovers, {story.account}")
