# SPDX-License-Identifier: Apache-2.0
"""Worker processes of a command, which end with it, and leave signals to it."""

import asyncio
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Any, Self, TypeVar

from app.errors import StartError
from app.system.die_with_parent import die_with_parent

Result = TypeVar("Result")


class WorkerPool:
    """Processes, in each of which `start` is called first, with these arguments. Use as a context manager."""

    def __init__(self, number: int, lost: str, start: Callable[..., None], *arguments: Any) -> None:
        """`lost` is what is said when a worker ended by itself."""
        # One more than the processes, so that none waits for its next call.
        self.at_once = number + 1
        self._lost = lost
        begin = start, *arguments
        self._pool = ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=_begin, initargs=begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    async def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """What a function returns in one of the processes. Raises `StartError` when that ended."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *arguments)
        except BrokenProcessPool:
            self._give_up_sending()
            raise StartError(self._lost) from None

    def _give_up_sending(self) -> None:
        """Close the pipe to dead processes: early releases of Python 3.11 would wait for ever to write the rest to it.

        See https://github.com/python/cpython/issues/94777.
        """
        self._pool._call_queue._reader.close()  # type: ignore[attr-defined]


def _begin(start: Callable[..., None], *arguments: Any) -> None:
    starter = parent_process()
    if starter is None or starter.pid is None or not die_with_parent(starter.pid):
        os._exit(1)  # The parent was killed while this process started.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # The parent handles SIGINT, and lets this process finish.
    start(*arguments)
