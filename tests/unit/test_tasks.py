# SPDX-License-Identifier: Apache-2.0
"""Ending tasks: all of them, and also those that miss the first time that they are cancelled."""

import asyncio

import pytest

from app.system import tasks

pytestmark = pytest.mark.anyio


async def test_tasks_are_over_when_they_are_ended() -> None:
    running = [asyncio.create_task(asyncio.Event().wait()) for _ in range(3)]
    over = asyncio.create_task(asyncio.sleep(0))
    await over
    await tasks.end([*running, over])

    assert [task.cancelled() for task in (*running, over)] == [True, True, True, False]


async def test_a_task_that_misses_its_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN_SECONDS", 0.01)
    missed = 0

    async def deaf() -> None:
        nonlocal missed
        while missed < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                missed += 1

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await tasks.end([task])

    assert missed == 3
    assert task.done()
