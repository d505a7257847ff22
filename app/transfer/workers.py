# SPDX-License-Identifier: Apache-2.0
"""Worker processes of an import, which end with their parent."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from app.system.worker_pool import WorkerPool
from app.transfer.batch import Creator, End, Portion

Starts = Callable[[], Awaitable[Creator]]
"""Makes the creator within a worker; it is pickled, by its name and arguments."""

LOST = "A worker of the import ended; the same command goes on from the last batch"


class Workers:
    """The creator in several processes, in each of which `starts` makes one. Use as a context manager."""

    def __init__(self, number: int, starts: Starts) -> None:
        self._pool = WorkerPool(number, LOST, _begin, starts)
        self.at_once = self._pool.at_once

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.__exit__(kind, error, at)

    async def ends(self, portion: Portion) -> list[End]:
        """See `Creator`."""
        return await self._pool.call(_work, portion)


class _Worker:
    """The state of a worker process: its event loop and its creator."""

    loop: asyncio.AbstractEventLoop
    creator: Creator


def _begin(starts: Starts) -> None:
    _Worker.loop = asyncio.new_event_loop()
    _Worker.creator = _Worker.loop.run_until_complete(_start(starts))


async def _start(starts: Starts) -> Creator:
    return await starts()


def _work(portion: Portion) -> list[End]:
    return _Worker.loop.run_until_complete(_Worker.creator.ends(portion))
