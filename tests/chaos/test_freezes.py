# SPDX-License-Identifier: Apache-2.0
"""The relay that leads is frozen for longer than its lease: another takes over, and the sleeper does no harm after."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.events.relay.relay import LEASE
from app.settings import Settings
from app.storage.event_log import lease
from tests.chaos.processes import Process
from tests.chaos.story import setting, told
from tests.waiting import eventually

FREEZES = setting("FREEZES", 1)
WRITES_BETWEEN = 60
WRITES_ABOUT = 800
"""How many there are around one freeze, as the load goes on while the lease runs out."""
TAKEN_OVER_SECONDS = 30


@pytest.mark.timeout(120 + 40 * FREEZES)
def test_a_leader_that_wakes_up_beside_its_successor_doubles_and_reorders_nothing(
    chosen: Settings, tmp_path: Path, chance: random.Random, tell: Callable[[str], None]
) -> None:
    with told(chosen, tmp_path, chance, writes=FREEZES * WRITES_ABOUT, relays=2) as story:
        leader, other = story.deployment.relays
        _let_lead(leader, other, story.database)
        for _ in range(FREEZES):
            story.write(WRITES_BETWEEN)
            fence = _fence(story.database)
            with leader.frozen():
                eventually(lambda fence=fence: _fence(story.database) > fence, "another leads", TAKEN_OVER_SECONDS)  # type: ignore[misc]
                story.write(WRITES_BETWEEN)
            story.write(WRITES_BETWEEN)
            leader, other = other, leader
    tell(f"{FREEZES} freezes, {story.account}")


def _let_lead(leader: Process, other: Process, database: Database[dict[str, Any]]) -> None:
    other.stop()
    eventually(lambda: _row(database).get("holder"), "the one that is left leads", TAKEN_OVER_SECONDS)
    other.start()


def _fence(database: Database[dict[str, Any]]) -> int:
    """How often the lead has changed hands."""
    fence: int = _row(database)["fence"]
    return fence


def _row(database: Database[dict[str, Any]]) -> dict[str, Any]:
    return database[lease.COLLECTION].find_one({"_id": LEASE}) or {}
