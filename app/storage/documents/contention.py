# SPDX-License-Identifier: Apache-2.0
"""Contention for one row: who changes it waits in a fair queue of this process, and retries against other processes."""

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
"""Callers that wait for one key at most: each keeps what it is about to write."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.004, 0.064
"""Seconds of the back-off's bounds: a write takes some milliseconds, and whoever pauses longer falls behind."""

Got = TypeVar("Got")
_Queue = deque[asyncio.Future[None]]


class Contention:
    """Optimistic writes of rows, one at a time for each key: nobody loses to somebody of this process.

    Those of other processes are met by reading anew and trying again after a pause that is drawn (exponential back-off
    with jitter). Nobody waits longer than `seconds` in all. A key that nobody contends for costs a look into a mapping.
    """

    def __init__(self, *, seconds: float = WRITE_SECONDS, most: int = MOST_WAITING) -> None:
        self._seconds = seconds
        self._most = most
        self._queues: dict[str, _Queue] = {}

    async def run(self, key: str, attempt: Callable[[], Awaitable[Got]]) -> Got:
        """What `attempt` comes to when it is its turn, called again for as long as it raises `ConcurrentModification`.

        Raises `Unavailable` when the time is over, and `OverCapacity` when too many wait already.
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
                    # It is drawn, so that those who collided do not meet again.
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
            else:  # The turn came just when the caller gave up.
                self._leave(key)
            if isinstance(end, TimeoutError):
                raise _contention_error() from None
            raise

    def _leave(self, key: str) -> None:
        """Let the next one in; who gave up stays in the queue until its task notices."""
        queue = self._queues[key]
        following = next((turn for turn in queue if not turn.done()), None) if queue else None
        if following is None:
            del self._queues[key]
        else:
            queue.remove(following)
            following.set_result(None)


def _contention_error() -> Unavailable:
    return Unavailable("Too many changed the same resource at once for this request to have its turn; try again", RETRY)
