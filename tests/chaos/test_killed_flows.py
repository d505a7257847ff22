# SPDX-License-Identifier: Apache-2.0
"""The runner of processes is killed at each of its writes: nothing is lost, and nothing done twice."""

from typing import Any

import pytest
from pymongo import MongoClient

from app.settings import Settings
from tests.chaos.killed_flows import place
from tests.chaos.story import setting
from tests.chaos.tales import TALES

KILLS = setting("FLOW_KILLS", 0)


@pytest.mark.skipif(KILLS == 0, reason="make chaos kills it at each write; a scenario does at a dozen")
@pytest.mark.timeout(3600)
def test_the_runner_may_die_at_any_write(
    settings: Settings, mongo: MongoClient[dict[str, Any]], counts: dict[str, str]
) -> None:
    with place(settings, mongo) as own:
        killed = {tale.name: own.hold_the_law(tale, KILLS) for tale in TALES}
    told = ", ".join(f"{name}: {times}" for name, times in killed.items())
    counts["kills of the runner with its relay"] = f"{sum(killed.values())} ({told})"
    assert sum(killed.values()) > len(TALES)
