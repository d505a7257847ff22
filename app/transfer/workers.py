# SPDX-License-Identifier: Apache-2.0
"""Worker processes of an import, which end with their parent."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self

from app.errors import StartError
from app.system.die_with_parent import die_with_parent
from app.transfer.batch import Creator, End, Portion

Starts = Callable[[], Awaitable[Creator]]
"""Makes the creator within a worker; it is pickled, by its name and arguments."""


class Workers:
    """The creator in several processes, in each of which `starts` makes one. Use as a context manager."""

    def __init__(self, number: int, starts: Starts) -> None:
        # One more than the processes, so that none waits for its next portion.
        self.at_once = number + 1
        self._pool = ProcessPoolExecutor(
            number, mp_context=get_context("spawn"), initializer=_begin, initargs=(starts,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def ends(self, portion: Portion) -> list[End]:
        """See `Creator`."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, _work, portion)
        except BrokenProcessPool:
            self._give_up_sending()
            raise StartError("A worker of the import ended; the same command goes on from the last batch") from None

    def _give_up_sending(self) -> None:
        """Close the pipe to dead processes: early releases of Python 3.11 would wait for ever to write the rest to it.

        See https://github.com/python/cpython/issues/94777.
        """
        self._pool._call_queue._reader.close()  # type: ignore[attr-defined]


class _Worker:
    """The state of a worker process: its event loop and its creator."""

    loop: asyncio.AbstractEventLoop
    creator: Creator


def _begin(starts: Starts) -> None:
    starter = parent_process()
    if starter is None or starter.pid is None or not die_with_parent(starter.pid):
        os._exit(1)  # The parent was killed while this process started.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # The parent handles SIGINT, and lets this process finish.
    _Worker.loop = asyncio.new_event_loop()
    _Worker.creator = _Worker.loop.run_until_complete(_start(starts))


async def _start(starts: Starts) -> Creator:
    return await starts()


def _work(portion: Portion) -> list[End]:
    return _Worker.loop.run_until_complete(_Worker.creator.ends(portion))
