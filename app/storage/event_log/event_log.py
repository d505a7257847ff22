# SPDX-License-Identifier: Apache-2.0
"""The event log: every event once, numbered from 1 without gaps, in the order of deliveries."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import encode
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from app.domain import dates
from app.storage.event_log import chain
from app.storage.mongod.durable import Database, Entry, durable
from app.storage.outbox.unwritable_entries import UNENCODABLE, with_omissions
from app.storage.sealing.sealed_payloads import SealedPayloads, open_each, open_entries

COLLECTION = "event"
ATTEMPTS = 20
PAUSE_SECONDS = 0.02
PAGE = 500
DUPLICATE_KEY = 11000

WHOLE = {"document": {"$exists": True}}
"""The filter on entries that have their payload."""

INDEXES = (
    IndexModel([("eventId", ASCENDING)], unique=True),
    IndexModel([("resource", ASCENDING), ("resourceId", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("loggedAt", ASCENDING), ("_id", ASCENDING)], name="payloads", partialFilterExpression=WHOLE),
)


class SequenceTaken(Exception):
    """Other writers took every number that was tried. Appended entries stay; the next attempt goes on behind them."""


class EventLog:
    """The collection `event`, append-only. It must not be sharded: a unique index on one shard orders it."""

    def __init__(self, database: Database, payloads: SealedPayloads | None = None) -> None:
        """Sealed payloads are opened by `payloads`, and new ones sealed; without, these stay plain."""
        self._events = durable(database, COLLECTION)
        self._payloads = payloads

    async def prepare(self) -> None:
        """Create the collection's indexes. Must have run once before anything is appended."""
        await self._events.create_indexes(list(INDEXES))

    async def tail(self) -> chain.Mark:
        """The last entry; `chain.START` when the log is empty."""
        last = await self._events.find_one({}, {"hash": True}, sort=[("_id", DESCENDING)])
        return chain.Mark(last["_id"], last["hash"]) if last else chain.START

    async def mark(self, sequence: int) -> chain.Mark | None:
        """The entry `sequence`, None when it is not there; `chain.START` for 0."""
        if sequence == 0:
            return chain.START
        entry = await self._events.find_one({"_id": sequence}, {"hash": True})
        return chain.Mark(sequence, str(entry.get("hash"))) if entry else None

    async def append(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """Append those of `entries` that are not in the log yet, in their order; returns the appended ones.

        When it returns, all `entries` are in the log durably. Raises `SequenceTaken`.

        Two writers can neither duplicate or reorder entries nor leave a gap. Both try the numbers behind the tail that
        they read; numbers and event ids are unique, and an insert stops at its first duplicate. So only a writer that
        wrote or read the entry before takes a number, and the one that comes second tries again without what has
        been logged meanwhile. An event is skipped only if it is in the log durably (read concern majority), so no
        event overtakes an earlier one of the same list.

        An entry that cannot be written, such as one that is too large, is logged without its payload and says so.
        """
        if self._payloads:
            entries = await self._payloads.seal(entries)
        appended: list[dict[str, Any]] = []
        attempt = 0
        while attempt < ATTEMPTS:
            fresh = await self._unlogged_entries(entries)
            if not fresh:
                return appended
            inserted, failure = await self._insert(fresh)
            appended += inserted
            if failure:
                entries = with_omissions(fresh, failure)
                continue
            if len(inserted) == len(fresh):
                return appended
            await asyncio.sleep(PAUSE_SECONDS * attempt)
            attempt += 1
        raise SequenceTaken(
            f"{len(entries)} events could not be appended in {ATTEMPTS} attempts; another writer is busy"
        )

    async def after(self, sequence: int, limit: int) -> list[dict[str, Any]]:
        """At most `limit` entries that follow the entry `sequence`, in order."""
        following = self._events.find({"_id": {"$gt": sequence}}, sort=[("_id", ASCENDING)], limit=limit)
        return await open_entries(await following.to_list(), self._payloads)

    async def first_whole(self, *, beyond: int, since: datetime | None = None) -> Entry | None:
        """Number and `loggedAt` of the first entry after the number `beyond` whose payload was not dropped.

        With `since`, it was logged then or later. None when there is none.
        """
        criteria: dict[str, Any] = {"_id": {"$gt": beyond}, **WHOLE}
        if since is not None:
            criteria["loggedAt"] = {"$gte": since}
        return await self._events.find_one(criteria, {"loggedAt": True}, sort=[("_id", ASCENDING)])

    def walk(self, sequence: int) -> AsyncIterator[dict[str, Any]]:
        """All entries behind the entry `sequence`, in order and in bounded memory; as long as the caller may take."""
        return open_each(self.walk_stored(sequence), self._payloads)

    async def walk_stored(self, sequence: int) -> AsyncIterator[dict[str, Any]]:
        """As `walk`, the entries as they are stored, as which they are hashed: with sealed payloads.

        The caller may take any time: entries are read in pages, and no cursor stays open beyond a page.
        """
        full = True
        while full:
            page = self._events.find({"_id": {"$gt": sequence}}, sort=[("_id", ASCENDING)], limit=PAGE, batch_size=PAGE)
            read = 0
            async for entry in page:
                yield entry
                sequence, read = entry["_id"], read + 1
            full = read == PAGE

    def about(self, resource: str, id: str) -> AsyncIterator[dict[str, Any]]:
        """All entries about one resource, also about a deleted one, in order."""
        criteria = {"resource": resource, "resourceId": id}
        return open_each(aiter(self._events.find(criteria, sort=[("_id", ASCENDING)])), self._payloads)

    async def _unlogged_entries(self, entries: Sequence[Entry]) -> list[Entry]:
        ids = [entry["eventId"] for entry in entries]
        logged_ids = {each["eventId"] async for each in self._events.find({"eventId": {"$in": ids}}, {"eventId": True})}
        unlogged: dict[str, Entry] = {}
        for entry in entries:
            if entry["eventId"] not in logged_ids:
                unlogged.setdefault(entry["eventId"], entry)
        return list(unlogged.values())

    async def _insert(self, entries: Sequence[Entry]) -> tuple[list[dict[str, Any]], Exception | None]:
        """The inserted entries, and the failure if some entry cannot be written."""
        sequence, previous = await self.tail()
        planned = list(chain.link(entries, sequence=sequence, previous=previous, logged_at=dates.now()))
        try:
            await self._events.insert_many(planned, ordered=True)
        except BulkWriteError as error:
            return planned[: error.details["nInserted"]], None if _only_duplicate(error) else error
        except UNENCODABLE as error:
            return [], error
        return planned, None


def _only_duplicate(error: BulkWriteError) -> bool:
    failures = [failure["code"] for failure in error.details["writeErrors"]]
    return failures == [DUPLICATE_KEY] and not error.details["writeConcernErrors"]


def bson_size(document: Mapping[str, Any]) -> int:
    """The bytes of a document as BSON."""
    return len(encode(document))
