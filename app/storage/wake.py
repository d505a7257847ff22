"""Tells at once when a change was written: by a change stream, where the database has one for us."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from app.storage.durable import Database

log = structlog.get_logger()

AGAIN_SECONDS = 10.0
"""Pause before a stream that failed is opened again."""
LONGEST_ANSWER_MILLISECONDS = 5000
"""How long the database holds back the answer that there is nothing new."""
CANCEL_AGAIN_SECONDS = 1.0


class Wake:
    """Wakes who waits for changes in `collections`. It may wake in vain, and sleeps while its stream is broken.

    So nothing may depend on it: look for changes from time to time as well, and more often while it is not `watching`.
    """

    def __init__(self, database: Database, collections: Sequence[str], *, again_seconds: float = AGAIN_SECONDS) -> None:
        self._database = database
        self._pipeline = written(collections)
        self._again_seconds = again_seconds
        self._called = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told = False
        self.watching = False

    def start(self) -> None:
        """Open the stream, and again whenever it fails; does nothing when that is done already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="change stream")
            self._task.add_done_callback(_tell_fault)

    async def stop(self) -> None:
        """Close the stream."""
        task, self._task = self._task, None
        while task and not task.done():
            task.cancel()
            # Python 3.11's wait_for, by which the driver sends, loses a cancellation that comes just as it is done.
            await asyncio.wait([task], timeout=CANCEL_AGAIN_SECONDS)

    def call(self) -> None:
        """Wake who waits, or who will wait next."""
        self._called.set()

    async def wait(self, seconds: float) -> bool:
        """Return at the next call, or after `seconds`; whether there was a call since the last time."""
        with suppress(TimeoutError):  # the time being over is how most waits end
            await asyncio.wait_for(self._called.wait(), seconds)
        called = self._called.is_set()
        self._called.clear()
        return called

    async def _watch(self) -> None:
        while True:
            try:
                await self._follow()
            except PyMongoError as error:
                self._tell(error)
            finally:
                self.watching = False
            await asyncio.sleep(self._again_seconds)

    async def _follow(self) -> None:
        stream = await self._database.watch(self._pipeline, max_await_time_ms=LONGEST_ANSWER_MILLISECONDS)
        async with stream:
            self.watching, self._told = True, False
            self.call()  # for what was written before the stream was open
            while stream.alive:
                if await stream.try_next():
                    self.call()

    def _tell(self, error: PyMongoError) -> None:
        if not self._told:
            log.warning("no change stream: changes are looked for all the time instead", error=str(error))
        self._told = True


def _tell_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()):
        log.error("the change stream broke off", exc_info=fault)


def written(collections: Sequence[str]) -> list[dict[str, Any]]:
    """The pipeline that lets only writes of changes pass, not their being cleared, and of each only its place."""
    written = {
        "operationType": {"$in": ["insert", "update"]},
        "ns.coll": {"$in": list(collections)},
        "updateDescription.removedFields": {"$ne": "pending"},
    }
    return [{"$match": written}, {"$project": {"_id": True}}]
