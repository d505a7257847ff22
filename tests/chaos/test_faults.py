# SPDX-License-Identifier: Apache-2.0
"""What may befall one computer: each process is killed, the disk is full, the server is ended, all under load."""

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.settings import Settings
from tests.chaos.load import CLIENTS
from tests.chaos.story import Mongo, Story, setting, under_load
from tests.chaos.whole import Whole, whole
from tests.disks import Disk, can_mount, disk
from tests.serving import free_port
from tests.waiting import eventually

FAULTS = setting("FAULTS", 6)
WRITES_BETWEEN = 60
RESUMED_SECONDS = 30.0
DISK_MEGABYTES = 2000

Tale = Story[Whole]


def supervisor_killed(story: Tale, _disk: Disk | None) -> None:
    """All that it started dies with it; a second start succeeds at once."""
    story.deployment.supervisor.kill()
    story.deployment.start()


def server_killed(story: Tale, _disk: Disk | None) -> None:
    """The first server process dies, and its forks with it."""
    story.deployment.kill(story.deployment.server)


def fork_killed(story: Tale, _disk: Disk | None) -> None:
    """One of those dies that answer."""
    story.deployment.kill(story.deployment.forks[0])


def mongod_killed(story: Tale, _disk: Disk | None) -> None:
    """The database dies."""
    story.deployment.kill(story.deployment.mongod)


def disk_full(story: Tale, small: Disk | None) -> None:
    """There is no room until writes have been refused for want of it; reads go on."""
    assert small is not None
    refused = story.load.refusals[507]
    small.fill()
    eventually(lambda: story.load.refusals[507] >= refused + CLIENTS, "writes are refused", RESUMED_SECONDS)
    eventually(story.deployment.reads, "reads go on", RESUMED_SECONDS)
    small.clear()


def ended(story: Tale, _disk: Disk | None) -> None:
    """It is ended in an orderly way: nobody is cut off."""
    cut = story.load.cut
    assert story.deployment.stop() == 0
    assert story.load.cut == cut
    story.deployment.start()


KINDS: list[Callable[[Tale, Disk | None], None]] = [
    mongod_killed,
    supervisor_killed,
    ended,
    server_killed,
    fork_killed,
    *([disk_full] if can_mount() else []),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk | None]:
    """The disk of the data directory, where this user may mount one."""
    with ExitStack() as mounted:
        data = tmp_path / "data"
        yield mounted.enter_context(disk(data, DISK_MEGABYTES)) if can_mount() else None


@pytest.mark.timeout(120 + 40 * FAULTS)
def test_whatever_befalls_one_computer_loses_and_doubles_nothing(
    tmp_path: Path, small_disk: Disk | None, chance: random.Random, tell: Callable[[str], None]
) -> None:
    chosen = Settings(
        port=free_port(),
        data=str(tmp_path / "data"),
        callback_networks="127.0.0.0/8",
        secrets_key=Fernet.generate_key().decode(),
        log_level="warning",
    )
    with whole(chosen, tmp_path) as deployment, ExitStack() as clients:
        settings = replace(chosen, mongodb_uri=deployment.uri)
        with under_load(deployment, [deployment.url], settings, chance, writes=FAULTS * WRITES_BETWEEN) as story:
            for number in range(FAULTS):
                story.write(WRITES_BETWEEN)
                KINDS[number % len(KINDS)](story, small_disk)
                # One more than may have been under way.
                story.write(CLIENTS + 1, within_seconds=RESUMED_SECONDS)
                story.uri = deployment.uri
                client = clients.enter_context(Mongo(story.uri, tz_aware=True, w="majority"))
                story.database = client[settings.database]
        tell(f"{FAULTS} faults, {story.account}")
