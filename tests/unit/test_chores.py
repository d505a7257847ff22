# SPDX-License-Identifier: Apache-2.0
"""Chores: done again and again, once at a time, and what goes wrong with them stops nothing else."""

import asyncio

from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from app.events.relay.relay import Interval, PeriodicTask

FOREVER = 600


class Work:
    """Work that lasts until it is told to end, and then raises `error`, if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun = 0
        self.end = asyncio.Event()
        self._error = error

    async def do(self) -> None:
        """Do it."""
        self.begun += 1
        await self.end.wait()
        if self._error:
            raise self._error


async def breathe() -> None:
    """Let what can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_something_is_due_at_once_and_then_after_a_while() -> None:
    often, seldom = Interval(0), Interval(FOREVER)
    assert [often.due(), often.due(), seldom.due(), seldom.due()] == [True, True, True, False]


def test_a_chore_is_done_once_at_a_time() -> None:
    async def story() -> list[int]:
        work = Work()
        chore, begun = PeriodicTask(work.do, 0), []
        for _ in range(3):
            chore.tend()
            await breathe()
            begun.append(work.begun)
        work.end.set()
        await breathe()
        chore.tend()
        await breathe()
        return [*begun, work.begun]

    assert asyncio.run(story()) == [1, 1, 1, 2]


def test_a_chore_that_is_not_due_waits() -> None:
    async def story() -> int:
        work = Work()
        work.end.set()
        chore = PeriodicTask(work.do, FOREVER)
        for _ in range(3):
            chore.tend()
            await breathe()
        return work.begun

    assert asyncio.run(story()) == 1


def test_a_chore_that_fails_is_logged_and_done_again() -> None:
    async def story(error: Exception) -> int:
        work = Work(error)
        work.end.set()
        chore = PeriodicTask(work.do, 0)
        for _ in range(2):
            chore.tend()
            await breathe()
        return work.begun

    with capture_logs() as logs:
        assert [asyncio.run(story(error)) for error in (AutoReconnect("gone"), ValueError("odd"))] == [2, 2]
    assert [each["log_level"] for each in logs] == ["warning", "warning", "error", "error"]


def test_a_chore_can_be_broken_off() -> None:
    async def story() -> int:
        work = Work()
        chore = PeriodicTask(work.do, FOREVER)
        await chore.stop()
        chore.tend()
        await breathe()
        await chore.stop()
        return len(asyncio.all_tasks())

    assert asyncio.run(story()) == 1
