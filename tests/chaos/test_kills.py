# SPDX-License-Identifier: Apache-2.0
"""Servers and relays are killed at random while clients write: nothing is lost, doubled or out of order."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.chaos.processes import Process
from tests.chaos.story import setting, told
from tests.serving import free_port

KILLS = setting("KILLS", 6)
WRITES = setting("WRITES", 500)
SEED = setting("SEED", 1)
MINUTES = 2 + WRITES // 1000


@pytest.mark.timeout(60 * MINUTES)
def test_killed_servers_and_relays_lose_and_double_nothing(
    mongodb_uri: str, clean_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED)
    settings = Settings(
        mongodb_uri=mongodb_uri, database=clean_database, port=free_port(), callback_networks="127.0.0.0/8"
    )
    with told(settings, tmp_path, chance, writes=WRITES, relays=2) as story:
        for victim in victims(story.deployment.processes, chance):
            story.write(chance.randint(WRITES // KILLS, 3 * WRITES // (2 * KILLS)) + 1)
            victim.restart()
    with capsys.disabled():
        print(f"\nseed {SEED}: {KILLS} kills, {story.account}")


def victims(processes: list[Process], chance: random.Random) -> Iterator[Process]:
    """`KILLS` of them, in an order by chance, none a second time before each had its turn."""
    for number in range(KILLS):
        if number % len(processes) == 0:
            turns = chance.sample(processes, len(processes))
        yield turns[number % len(processes)]
