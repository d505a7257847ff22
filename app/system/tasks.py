# SPDX-License-Identifier: Apache-2.0
"""Ends asyncio tasks, also those that lose a cancellation."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 1.0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel `tasks`; returns once all of them are over."""
    ending = {task for task in tasks if not task.done()}
    while ending:
        for task in ending:
            task.cancel()
        # Python 3.11's wait_for, by which the driver sends, loses a cancellation that comes just as it is done.
        _, ending = await asyncio.wait(ending, timeout=AGAIN_SECONDS)
