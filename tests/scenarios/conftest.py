# SPDX-License-Identifier: Apache-2.0
"""What the stories start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import browsing
from tests.listening import Listener, listening
from tests.scenarios.operator import Operator


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    """A deployment that nothing runs on yet; whatever the test starts is stopped."""
    operator = Operator(tmp_path / "data")
    try:
        yield operator
    finally:
        operator.stop()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A partner system that waits for events."""
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium."""
    with browsing() as browser:
        yield browser
