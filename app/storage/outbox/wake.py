# SPDX-License-Identifier: Apache-2.0
"""Wakes the relay when a change was written, by a change stream of MongoDB, where that can be opened."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from app.storage.documents.referential_integrity import REFERRED
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary
from app.system.tasks import end

log = structlog.get_logger()

AGAIN_SECONDS = 10.0
"""Seconds before a change stream that failed is opened again."""
LONGEST_ANSWER_MILLISECONDS = 5000
"""Milliseconds for which the database waits for a change before it answers without one."""
UNREAD_SECONDS = 2.0
"""Seconds after which a stream that was not read is opened anew, rather than read through."""


class Wake:
    """Wakes callers of `wait` when there are changes in `collections`; sometimes without need, and not after a failure.

    So it is a hint alone: look for changes from time to time as well, and more often while it is not `watching`.
    The stream is read only during `wait`: under load, when changes are found without it, it costs nothing.
    """

    def __init__(self, database: Database, collections: Sequence[str], *, again_seconds: float = AGAIN_SECONDS) -> None:
        self._database = database
        self._pipeline = change_pipeline(collections)
        self._again_seconds = again_seconds
        self._called, self._awaited = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._told = False
        self.watching = False

    def start(self) -> None:
        """Open the stream, and again whenever it fails. May be called several times."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="change stream")
            self._task.add_done_callback(_tell_fault)

    async def stop(self) -> None:
        """Close the stream."""
        task, self._task = self._task, None
        if task:
            await end([task])

    def call(self) -> None:
        """Wake the present call of `wait`, or the next one."""
        self._called.set()

    async def wait(self, seconds: float) -> bool:
        """Return at the next `call`, or after `seconds`; whether there was a `call` since the last time."""
        self._awaited.set()
        with suppress(TimeoutError):  # Most waits end by the timeout.
            await asyncio.wait_for(self._called.wait(), seconds)
        self._awaited.clear()
        called = self._called.is_set()
        self._called.clear()
        return called

    async def _watch(self) -> None:
        while True:
            try:
                pause = 0.0 if await self._follow() else self._again_seconds
            except PyMongoError as error:
                self._tell(error)
                pause = self._again_seconds
            finally:
                self.watching = False
            await asyncio.sleep(pause)

    async def _follow(self) -> bool:
        """Read a stream during calls of `wait`; whether it may be read further."""
        stream = await self._database.watch(self._pipeline, max_await_time_ms=LONGEST_ANSWER_MILLISECONDS)
        async with stream:
            self.watching, self._told = True, False
            self.call()  # There may be changes from before the stream was open.
            while stream.alive and await self._listened_to():
                if await stream.try_next():
                    self.call()
            return stream.alive

    async def _listened_to(self) -> bool:
        """Wait for a call of `wait`; whether it came within `UNREAD_SECONDS`."""
        since = monotonic()
        while not self._awaited.is_set():
            await self._awaited.wait()
        return monotonic() - since < UNREAD_SECONDS

    def _tell(self, error: PyMongoError) -> None:
        if not self._told:
            log.warning("no change stream: changes are looked for all the time instead", error=summary(error))
        self._told = True


def _tell_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (fault := task.exception()):
        log.error("the change stream broke off", exc_info=fault)


def change_pipeline(collections: Sequence[str]) -> list[dict[str, Any]]:
    """The pipeline of the change stream: only writes of pending changes, and of each only its collection and id.

    Writes that clear changes, or that hold a target of references, are left out.
    """
    written = {
        "operationType": {"$in": ["insert", "update"]},
        "ns.coll": {"$in": list(collections)},
        "updateDescription.removedFields": {"$ne": "pending"},
        f"updateDescription.updatedFields.{REFERRED}": {"$exists": False},
    }
    return [{"$match": written}, {"$project": {"_id": True}}]
