# SPDX-License-Identifier: Apache-2.0
"""The outbox: pending changes in rows and tombstones, read in order, and cleared once they are in the event log."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from time import monotonic
from typing import Any

from bson import CodecOptions, decode
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, IndexModel, timeout
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import NetworkTimeout, OperationFailure

from app.domain.events import STATE, event_type, lower_camel
from app.storage.documents.repository import TOMBSTONES
from app.storage.documents.rows import Change, waiting
from app.storage.mongod.durable import Collection, Database, durable

Logged = Mapping[str, Sequence[str]]
"""The ids of the logged events of each document, by its `_id`."""

PATIENCE_SECONDS = 1.0
AT_ONCE = 32
"""Concurrent writes to single documents at most, so that waiting for the pool does not count as a lock."""
LOCKED_SECONDS = 5.0
"""Seconds that a locked document is skipped."""


class Clearing:
    """Writes to many documents of which some may be locked.

    A server that crashes during a delete leaves a transaction behind, which locks the document until MongoDB aborts it,
    by default after a minute. No other document may wait for that.
    """

    def __init__(self, locked_seconds: float = LOCKED_SECONDS) -> None:
        """Locked documents are skipped for `locked_seconds`."""
        self._locked_seconds = locked_seconds
        self._locked: dict[tuple[str, str], float] = {}

    def locked_ids(self, collection: Collection) -> list[str]:
        """The `_id`s of the documents to skip now."""
        self._locked = {key: until for key, until in self._locked.items() if until > monotonic()}
        return [id for name, id in self._locked if name == collection.name]

    async def strip(self, collection: Collection, logged: Logged) -> None:
        """Remove the `logged` changes from rows; locked rows keep them, and are in `locked_ids` afterwards."""
        await self._write(_strip, collection, logged)

    async def forget(self, collection: Collection, logged: Logged) -> None:
        """Delete tombstones all of whose changes are `logged`; as `strip` for locked ones."""
        await self._write(_forget, collection, logged)

    async def _write(self, way: "Way", collection: Collection, logged: Logged) -> None:
        """Write to all documents in one command; if one is locked, to each by itself."""
        if not await _done(way, collection, logged):
            places = asyncio.Semaphore(AT_ONCE)

            async def one(id: str) -> bool:
                async with places:
                    return await _done(way, collection, {id: logged[id]})

            done = await asyncio.gather(*map(one, logged))
            until = monotonic() + self._locked_seconds
            self._locked |= {(collection.name, id): until for id, well in zip(logged, done, strict=True) if not well}


Way = Callable[[Collection, Sequence[str], Sequence[str]], Awaitable[None]]
"""Removes, from the documents of a collection with these `_id`s, the changes whose events have these ids."""


async def _done(way: Way, collection: Collection, logged: Logged) -> bool:
    try:
        with timeout(PATIENCE_SECONDS):
            await way(collection, list(logged), list(chain.from_iterable(logged.values())))
    except (OperationFailure, NetworkTimeout) as failure:
        if not failure.timeout:
            raise
        return False
    return True


async def _strip(collection: Collection, ids: Sequence[str], events: Sequence[str]) -> None:
    """Remove pending changes by one write for all rows, and a second one where a row has newer changes.

    A write for each row would cost the database five times as much.
    """
    cleared = await collection.update_many({"_id": {"$in": ids}, **_only(events)}, {"$unset": {"pending": True}})
    if cleared.modified_count == len(ids):
        return
    logged = {"$in": [{"$first": "$$this.events.id"}, {"$literal": events}]}
    others = {"$filter": {"input": "$pending", "cond": {"$not": logged}}}
    absent_when_empty = {"$cond": [{"$eq": ["$pending", []]}, "$$REMOVE", "$pending"]}
    await collection.update_many(
        {"_id": {"$in": ids}, "pending.events.id": {"$in": events}},
        [{"$set": {"pending": others}}, {"$set": {"pending": absent_when_empty}}],
    )


async def _forget(collection: Collection, ids: Sequence[str], events: Sequence[str]) -> None:
    await collection.delete_many({"_id": {"$in": ids}, **_only(events)})


def _only(events: Sequence[str]) -> dict[str, Any]:
    """The filter on rows with pending changes all of which caused `events`, whose ids are never used again."""
    return {"pending": {"$exists": True, "$not": {"$elemMatch": {"events.id": {"$nin": events}}}}}


_PENDING: dict[str, Any] = {"pending": {"$exists": True}}
"""The filter on rows with pending changes."""

INDEX = IndexModel([("pending.at", ASCENDING)], name="pending", partialFilterExpression=_PENDING)
"""The index on pending changes; in every collection of resources and in that of tombstones."""

PREDECESSORS = IndexModel([("resource", ASCENDING), ("id", ASCENDING)])
"""The index on tombstones by resource and id."""

ENCODED_AWARE = CodecOptions(RawBSONDocument, tz_aware=True)
"""Decodes documents late (raw BSON), as nearly all are only passed on to the log."""

DECODED: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
"""Decodes documents at once, with aware date-times."""

LARGEST_READ = 16 * 1024 * 1024
"""Bytes of rows in a batch, after which it ends early; shared equally by the collections in which changes wait."""


@dataclass(frozen=True)
class Source:
    """A resource whose changes become events: its name (`Individual`) and its API (`party`).

    `state_change` is the API's word for a change of state in the types of events.

    Unless documents are `kept` in a collection of their own, all changes wait in tombstones.
    """

    resource: str
    api: str
    kept: bool = True
    state_change: str = STATE

    def event_type(self, kind: str) -> str:
        """The type of an event of this `kind`."""
        return event_type(self.resource, kind, self.state_change)


@dataclass(frozen=True)
class OutboxBatch:
    """The pending changes of one document, oldest first, each with the `document` after it.

    `departed` is the `_id` of the tombstone, if the document was deleted.
    """

    source: Source
    id: str
    changes: Sequence[Change]
    departed: str | None = None

    @property
    def event_ids(self) -> list[str]:
        """The ids of all events that these changes cause."""
        return [event["id"] for change in self.changes for event in change["events"]]


class Outbox:
    """The pending changes of all `sources`."""

    def __init__(self, database: Database, sources: Iterable[Source], clearing: Clearing | None = None) -> None:
        self._client = database.client
        self._sources = {source.resource: source for source in sources}
        kept = [source.resource for source in self._sources.values() if source.kept]
        self._collections = {name: durable(database, lower_camel(name)) for name in kept}
        self._departed = durable(database, TOMBSTONES)
        self._clearing = clearing or Clearing()
        self.more = False
        """Whether the last call of `oldest` reached a limit, so that there probably are more pending changes."""

    @property
    def collections(self) -> list[str]:
        """The names of the collections in which changes wait."""
        return [*(collection.name for collection in self._collections.values()), TOMBSTONES]

    async def prepare(self) -> None:
        """Create the indexes on pending changes and tombstones."""
        for collection in (*self._collections.values(), self._departed):
            await collection.create_indexes([INDEX])
        await self._departed.create_indexes([PREDECESSORS])

    async def oldest(self, limit: int) -> list[OutboxBatch]:
        """Documents with pending changes, the longest waiting first.

        At most `limit` per collection, and about `LARGEST_READ` bytes in all: at least one document of each collection
        is read, whatever its size.

        For one id, the tombstone comes before the document that has the id now (successor): a successor whose tombstone
        is not in the same batch waits for the next. So tombstones are read last, and in one session, which a failover
        does not set back: the tombstone of a successor that was read is still there, or logged.
        """
        self.more = False
        async with self._client.start_session() as session:
            busy = [self._sources[name] for name in await self._busy(session)]
            share = LARGEST_READ // (len(busy) + 1)
            batches = [each for source in busy for each in await self._in(source, limit, share, session)]
            locked = self._clearing.locked_ids(self._departed)
            left = await self._tombstone_batches(limit, share, session)
            # Mostly there are no tombstones, so that none can be missing in the batch.
            gone = await self._predecessors(batches, session) if left or locked else set()
        unread = gone - {(each.source.resource, each.id) for each in left}
        return left + [each for each in batches if (each.source.resource, each.id) not in unread]

    async def clear(self, drained: Iterable[OutboxBatch]) -> None:
        """Remove the changes of `drained`, whose events are all in the log; later changes stay.

        Changes are identified by event ids, never by revisions: a successor of the same id counts from 1 again. Locked
        documents keep them, and `oldest` skips those for a while.
        """
        logged: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for each in drained:
            logged[TOMBSTONES if each.departed else each.source.resource][each.departed or each.id] = each.event_ids
        for name, rows in logged.items():
            if name == TOMBSTONES:
                await self._clearing.forget(self._departed, rows)
            else:
                await self._clearing.strip(self._collections[name], rows)

    async def _busy(self, session: AsyncClientSession) -> list[str]:
        """The resources in whose collections changes wait, by one command: most collections have none, most of the
        time, and there may be a hundred of them."""
        if not self._collections:
            return []
        first, *others = self._collections
        unions = [
            {"$unionWith": {"coll": self._collections[name].name, "pipeline": any_pending(name)}} for name in others
        ]
        found = await self._collections[first].aggregate([*any_pending(first), *unions], session=session)
        return [row["resource"] async for row in found]

    async def _in(self, source: Source, limit: int, share: int, session: AsyncClientSession) -> list[OutboxBatch]:
        rows = self._rows(self._collections[source.resource], {}, limit, share, session)
        return [OutboxBatch(source, row["_id"], waiting(row)) async for row in rows]

    async def _tombstone_batches(self, limit: int, share: int, session: AsyncClientSession) -> list[OutboxBatch]:
        ours = {"resource": {"$in": list(self._sources)}}
        return [
            OutboxBatch(self._sources[row["resource"]], row["id"], waiting(row), departed=row["_id"])
            async for row in self._rows(self._departed, ours, limit, share, session)
        ]

    async def _predecessors(self, batches: Sequence[OutboxBatch], session: AsyncClientSession) -> set[tuple[str, str]]:
        """(resource, id) of the `batches` for whose id there is a tombstone."""
        if not batches:
            return set()
        condition = {"resource": {"$in": list(self._sources)}, "id": {"$in": [each.id for each in batches]}}
        rows = self._departed.find(condition, {"resource": True, "id": True}, session=session)
        return {(row["resource"], row["id"]) async for row in rows}

    async def _rows(
        self, collection: Collection, condition: Mapping[str, Any], most: int, share: int, session: AsyncClientSession
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Rows with pending changes that match `condition`, the longest waiting first; bounded in number and bytes."""
        carrying = {**condition, **_PENDING}
        if locked := self._clearing.locked_ids(collection):
            carrying["_id"] = {"$nin": locked}
        shown = {"resource": True, "id": True, "document": True, "pending": True}
        oldest = [("pending.at", ASCENDING)]
        left, bytes_left = most, share
        undecoded = collection.with_options(ENCODED_AWARE)
        async with undecoded.find(carrying, shown, sort=oldest, limit=most, session=session) as rows:
            async for row in rows:
                yield {**row, "pending": [decode(change.raw, DECODED) for change in row["pending"]]}
                left, bytes_left = left - 1, bytes_left - len(row.raw)
                if left == 0 or bytes_left < 0:
                    self.more = True
                    return


def any_pending(resource: str) -> list[dict[str, Any]]:
    """Stages that give a row with the name of the resource where changes wait, and none elsewhere."""
    oldest = {"$sort": {"pending.at": ASCENDING}}  # The index is not considered without.
    return [
        {"$match": _PENDING},
        oldest,
        {"$limit": 1},
        {"$project": {"_id": False, "resource": {"$literal": resource}}},
    ]


def in_order(batches: Iterable[OutboxBatch]) -> list[tuple[OutboxBatch, Change]]:
    """All changes, each with its batch, in the order of time, and those of one document in their own order.

    Clocks of servers differ, so time does not decide within a document.
    """
    by_document: dict[tuple[str, str], list[tuple[OutboxBatch, Change]]] = defaultdict(list)
    for each in batches:
        by_document[each.source.resource, each.id] += [(each, change) for change in each.changes]
    timed = [
        (at, pair)
        for pairs in by_document.values()
        for at, pair in zip(accumulate((change["at"] for _, change in pairs), max), pairs, strict=True)
    ]
    return [pair for _, pair in sorted(timed, key=lambda each: each[0])]
