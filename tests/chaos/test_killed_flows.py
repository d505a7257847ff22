# SPDX-License-Identifier: Apache-2.0
"""The runner of processes is killed before and after each of its writes: nothing is lost, and nothing done twice."""

from typing import Any

from pymongo import MongoClient

from app.settings import Settings
from tests.chaos.killed_flows import TALES, place
from tests.chaos.story import setting

KILLS = setting("FLOW_KILLS", 120)


def test_the_runner_may_die_at_any_write(
    settings: Settings, mongo: MongoClient[dict[str, Any]], counts: dict[str, str]
) -> None:
    with place(settings, mongo) as own:
        killed = {tale.name: own.hold_the_law(tale, KILLS) for tale in TALES}
    counts["kills of the runner of processes"] = ", ".join(f"{name}: {times}" for name, times in killed.items())
    assert sum(killed.values()) >= min(KILLS, 120)
