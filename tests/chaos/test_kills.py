# SPDX-License-Identifier: Apache-2.0
"""Servers and relays are killed at random while clients write: nothing is lost, doubled or out of order."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.chaos.processes import Process
from tests.chaos.story import setting, told

KILLS = setting("KILLS", 6)
WRITES = setting("WRITES", 500)
MINUTES = 2 + WRITES // 1000


@pytest.mark.timeout(60 * MINUTES)
def test_killed_servers_and_relays_lose_and_double_nothing(
    chosen: Settings, tmp_path: Path, chance: random.Random, tell: Callable[[str], None]
) -> None:
    with told(chosen, tmp_path, chance, writes=WRITES, relays=2) as story:
        for victim in victims(story.deployment.processes, chance):
            story.write(chance.randint(WRITES // KILLS, 3 * WRITES // (2 * KILLS)) + 1)
            victim.restart()
    tell(f"{KILLS} kills, {story.account}")


def victims(processes: list[Process], chance: random.Random) -> Iterator[Process]:
    """`KILLS` of them, in an order by chance, none a second time before each had its turn."""
    for number in range(KILLS):
        if number % len(processes) == 0:
            turns = chance.sample(processes, len(processes))
        yield turns[number % len(processes)]
