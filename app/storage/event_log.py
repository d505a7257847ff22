"""The event log: every event once, numbered without gaps, in the order that listeners see."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from app.domain import dates
from app.storage import chain
from app.storage.durable import Database, Entry, durable

COLLECTION = "event"
ATTEMPTS = 20
PAUSE_SECONDS = 0.02
STRIDE = 1000
DUPLICATE_KEY = 11000

INDEXES = (
    IndexModel([("eventId", ASCENDING)], unique=True),
    IndexModel([("resource", ASCENDING), ("resourceId", ASCENDING), ("_id", ASCENDING)]),
)


class BrokenChain(Exception):
    """The entry `sequence` of the log is not what was written; the message says what is wrong with it."""

    def __init__(self, sequence: int, reason: str) -> None:
        super().__init__(f"The event log is broken at entry {sequence}: {reason}")
        self.sequence = sequence


class Contended(Exception):
    """Other writers took every number that was tried. What was appended stays; appending again goes on from there."""


class EventLog:
    """The collection `event`. It must not be sharded: one shard orders it."""

    def __init__(self, database: Database) -> None:
        self._events = durable(database, COLLECTION)

    async def prepare(self) -> None:
        """Create the collection's indexes. Must have run once before anything is appended."""
        await self._events.create_indexes(list(INDEXES))

    async def tail(self) -> tuple[int, str]:
        """Number and hash of the last entry; (0, `chain.ORIGIN`) when the log is empty."""
        last = await self._events.find_one({}, {"hash": True}, sort=[("_id", DESCENDING)])
        return (last["_id"], last["hash"]) if last else (0, chain.ORIGIN)

    async def append(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """Append those of `entries` that are not in the log yet, in their order; answers what was appended.

        When it returns, every one of `entries` is in the log to stay. Raises `Contended`.

        Two writers can neither double, reorder nor leave a gap. Both plan to take the numbers after the tail that
        they saw; numbers and event ids are unique, and an insert stops at its first duplicate. So a number is taken
        only by one who holds the number before it or read its hash, and whoever comes second plans anew, without
        what has been logged meanwhile. An event is skipped only when it is in the log to stay (read concern
        majority), thus an event never overtakes an earlier one of the same list.
        """
        appended: list[dict[str, Any]] = []
        for attempt in range(ATTEMPTS):
            fresh = await self._unlogged(entries)
            if not fresh:
                return appended
            inserted = await self._insert(fresh)
            appended += inserted
            if len(inserted) == len(fresh):
                return appended
            await asyncio.sleep(PAUSE_SECONDS * attempt)
        raise Contended(f"{len(entries)} events could not be appended in {ATTEMPTS} attempts; another writer is busy")

    async def after(self, sequence: int, limit: int) -> list[dict[str, Any]]:
        """At most `limit` entries that follow the entry `sequence`, in order."""
        following = self._events.find({"_id": {"$gt": sequence}}, sort=[("_id", ASCENDING)], limit=limit)
        return await following.to_list()

    async def verify(self, start: int = 1) -> AsyncIterator[int]:
        """Check every entry from `start` on; yields the number reached, every `STRIDE` entries and at the end.

        Raises `BrokenChain` at the first entry that is missing or was changed. That the newest entries were cut off
        shows only against a tail noted elsewhere.
        """
        sequence, previous = await self._before(start)
        async for entry in self._events.find({"_id": {"$gte": start}}, sort=[("_id", ASCENDING)]):
            sequence += 1
            reason = chain.fault(entry, sequence=sequence, previous=previous)
            if reason:
                raise BrokenChain(sequence, reason)
            previous = entry["hash"]
            if sequence % STRIDE == 0:
                yield sequence
        yield sequence

    async def _before(self, start: int) -> tuple[int, str]:
        if start <= 1:
            return 0, chain.ORIGIN
        entry = await self._events.find_one({"_id": start - 1}, {"hash": True})
        if entry is None:
            raise BrokenChain(start - 1, "it is missing")
        return start - 1, entry["hash"]

    async def _unlogged(self, entries: Sequence[Entry]) -> list[Entry]:
        ids = [entry["eventId"] for entry in entries]
        known = {found["eventId"] async for found in self._events.find({"eventId": {"$in": ids}}, {"eventId": True})}
        unlogged: dict[str, Entry] = {}
        for entry in entries:
            if entry["eventId"] not in known:
                unlogged.setdefault(entry["eventId"], entry)
        return list(unlogged.values())

    async def _insert(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        sequence, previous = await self.tail()
        planned = list(chain.linked(entries, sequence=sequence, previous=previous, logged_at=dates.now()))
        try:
            await self._events.insert_many(planned, ordered=True)
        except BulkWriteError as error:
            if not _only_duplicate(error):
                raise
            return planned[: error.details["nInserted"]]
        return planned


def _only_duplicate(error: BulkWriteError) -> bool:
    failures = [failure["code"] for failure in error.details["writeErrors"]]
    return failures == [DUPLICATE_KEY] and not error.details["writeConcernErrors"]
