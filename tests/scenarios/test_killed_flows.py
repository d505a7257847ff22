# SPDX-License-Identifier: Apache-2.0
"""The runner of processes with its relay is killed at a dozen writes; `make chaos` kills it at each of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.settings import Settings
from tests.chaos.killed_flows import Place, place
from tests.chaos.tale import Tale
from tests.chaos.tales import TALES

SOME = [tale for tale in TALES if tale.is_whole]
KILLS = 3
"""Of each of these tales."""


@pytest.fixture(scope="module")
def own(settings: Settings, mongo: MongoClient[dict[str, Any]]) -> Iterator[Place]:
    with place(settings, mongo) as made:
        yield made


@pytest.mark.parametrize("tale", SOME, ids=lambda tale: tale.name)
def test_a_killed_runner_loses_nothing_and_does_nothing_twice(own: Place, tale: Tale) -> None:
    assert own.hold_the_law(tale, KILLS) == KILLS
