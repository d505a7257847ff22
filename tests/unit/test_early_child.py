# SPDX-License-Identifier: Apache-2.0
"""A child that is started before its environment is known does what it can, and goes on once it is told."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.system.early_child import EarlyChild
from tests.waiting import eventually, gone

PROGRAM = """
import os, pathlib, sys
journal = pathlib.Path(sys.argv[1])
def note(word):
    with journal.open("a") as file:
        print(word, os.getpid(), file=file)
if sys.argv[2:] == ["early"]:
    note("loads")
    from app.system.early_child import await_environment
    await_environment()
note(os.environ["TOLD"])
"""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    (tmp_path / "journal").touch()
    return tmp_path / "journal"


@pytest.fixture
def child(journal: Path) -> Iterator[EarlyChild]:
    made = EarlyChild("child", [sys.executable, "-c", PROGRAM, str(journal)], ["early"])
    yield made
    made.stop()


def words(journal: Path, count: int) -> list[str]:
    """The first so many words of the journal, in which each stands before the id of the process that wrote it."""
    eventually(lambda: len(journal.read_text().splitlines()) >= count, f"it notes {count} things")
    return [line.split()[0] for line in journal.read_text().splitlines()]


def pids(journal: Path) -> list[int]:
    return [int(line.split()[1]) for line in journal.read_text().splitlines()]


def test_it_loads_at_once_and_goes_on_with_its_environment(child: EarlyChild, journal: Path) -> None:
    assert words(journal, 1) == ["loads"]
    started = child.start({**os.environ, "TOLD": "now"})
    assert words(journal, 2) == ["loads", "now"]
    assert len(set(pids(journal))) == 1
    eventually(started.ended, "it ends")
    assert started.exit_code == 0


def test_one_that_has_ended_is_started_again_with_its_environment(child: EarlyChild, journal: Path) -> None:
    for told in ("first", "second"):
        started = child.start({**os.environ, "TOLD": told})
        eventually(started.ended, "it ends")
    assert words(journal, 3) == ["loads", "first", "second"]


def test_one_that_is_not_wanted_ends(child: EarlyChild, journal: Path) -> None:
    words(journal, 1)
    child.stop()
    (pid,) = pids(journal)
    assert gone(pid)
    assert words(journal, 1) == ["loads"]
