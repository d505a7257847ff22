# SPDX-License-Identifier: Apache-2.0
"""Contention for a row: writers of one process queue, fairly; those of several retry with back-off (ADR 0032)."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import TypeVar

from app.errors import OverCapacity, Unavailable
from app.storage.documents.batching import ConcurrentModification
from app.storage.mongod.durable import WRITE_SECONDS
from app.storage.mongod.failures import RETRY

MOST_WAITING = 1000
"""Callers that wait for one key at most, as each holds what it is about to write in memory."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.004, 0.064
"""The bounds of the back-off in seconds: a write takes some milliseconds, and a longer pause loses to other writers."""

Got = TypeVar("Got")
_Queue = deque[asyncio.Future[None]]


class Contention:
    """Runs optimistic writes of rows one at a time for each key, so that no two of this process conflict.

    After a conflict with another process a write is tried again, with exponential back-off and jitter. No caller waits
    longer than `seconds` in all. A key without contention costs one look into a dictionary.
    """

    def __init__(self, *, seconds: float = WRITE_SECONDS, most: int = MOST_WAITING) -> None:
        self._seconds = seconds
        self._most = most
        self._queues: dict[str, _Queue] = {}

    async def run(self, key: str, attempt: Callable[[], Awaitable[Got]]) -> Got:
        """The result of `attempt`, called when its turn comes, and again while it raises `ConcurrentModification`.

        Raises `Unavailable` when the time is over, and `OverCapacity` when too many callers wait already.
        """
        deadline = monotonic() + self._seconds
        if (queue := self._queues.get(key)) is None:
            self._queues[key] = deque()
        else:
            await self._wait(key, queue)
        longest = SHORTEST_PAUSE
        try:
            while True:
                try:
                    return await attempt()
                except ConcurrentModification:
                    # Jitter: writers that collided should not collide again.
                    pause = random.uniform(0, longest)
                    longest = min(2 * longest, LONGEST_PAUSE)
                if monotonic() + pause > deadline:
                    raise _contention_error()
                await asyncio.sleep(pause)
        finally:
            self._leave(key)

    async def _wait(self, key: str, queue: _Queue) -> None:
        if len(queue) >= self._most:
            raise OverCapacity("Too many want to change the same resource at once; try again", RETRY)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(self._seconds):
                await turn
        except BaseException as end:
            if turn.cancelled():
                queue.remove(turn)
            else:  # The turn came in the moment in which the caller gave up.
                self._leave(key)
            if isinstance(end, TimeoutError):
                raise _contention_error() from None
            raise

    def _leave(self, key: str) -> None:
        """Let the next caller have its turn; callers that gave up stay in the queue until their tasks run."""
        queue = self._queues[key]
        following = next((turn for turn in queue if not turn.done()), None) if queue else None
        if following is None:
            del self._queues[key]
        else:
            queue.remove(following)
            following.set_result(None)


def _contention_error() -> Unavailable:
    return Unavailable("Too many changed the same resource at once for this request to have its turn; try again", RETRY)
