# SPDX-License-Identifier: Apache-2.0
"""The outbox: changes that wait in the rows that they changed, read in order and cleared when they are logged."""

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
"""By the `_id` of a document, the ids of those of its events that are in the log."""

PATIENCE_SECONDS = 1.0
AT_ONCE = 32
"""How many documents are written to at a time when it is one by one: waiting for a turn does not count as locked."""
LOCKED_SECONDS = 5.0
"""How long a document that was found locked is left alone."""


class Clearing:
    """Writes to many documents of which some may be locked.

    A server that crashes in the midst of a delete leaves a transaction behind, which locks the document until MongoDB
    aborts it, after a minute unless it is told otherwise. No other document may wait for that.
    """

    def __init__(self, locked_seconds: float = LOCKED_SECONDS) -> None:
        """Documents found locked are left alone for `locked_seconds`."""
        self._locked_seconds = locked_seconds
        self._locked: dict[tuple[str, str], float] = {}

    def locked_ids(self, collection: Collection) -> list[str]:
        """The `_id`s of the documents to leave alone now."""
        self._locked = {key: until for key, until in self._locked.items() if until > monotonic()}
        return [id for name, id in self._locked if name == collection.name]

    async def strip(self, collection: Collection, logged: Logged) -> None:
        """Remove from documents the changes that are `logged`; what is locked keeps them, and is in `locked_ids`."""
        await self._write(_strip, collection, logged)

    async def forget(self, collection: Collection, logged: Logged) -> None:
        """Remove rows all of whose changes are `logged`, as `strip` removes changes."""
        await self._write(_forget, collection, logged)

    async def _write(self, way: "Way", collection: Collection, logged: Logged) -> None:
        """All of them together; if that is not possible, one by one."""
        if not await _done(way, collection, logged):
            places = asyncio.Semaphore(AT_ONCE)

            async def one(id: str) -> bool:
                async with places:
                    return await _done(way, collection, {id: logged[id]})

            done = await asyncio.gather(*map(one, logged))
            until = monotonic() + self._locked_seconds
            self._locked |= {(collection.name, id): until for id, well in zip(logged, done, strict=True) if not well}


Way = Callable[[Collection, Sequence[str], Sequence[str]], Awaitable[None]]
"""How documents of a collection, by their `_id`s, are rid of the changes whose events have these ids."""


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
    """One write for all: one for each costs the database five times as much. A second where more was pushed since."""
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
    """The filter on what carries changes, all of which caused `events`: ids are never used again."""
    return {"pending": {"$exists": True, "$not": {"$elemMatch": {"events.id": {"$nin": events}}}}}


INDEX = IndexModel([("pending.at", ASCENDING)], name="pending", partialFilterExpression={"pending": {"$exists": True}})
"""The index that finds pending changes; for every resource collection and `departed`."""

PREDECESSORS = IndexModel([("resource", ASCENDING), ("id", ASCENDING)])
"""The index of `departed` that finds what the former document of an id left."""

ENCODED_AWARE = CodecOptions(RawBSONDocument, tz_aware=True)
"""Leaves documents bytes until somebody looks into them: nearly all only pass through, on their way to the log."""

DECODED: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)
"""Decodes all of a document, with aware date-times."""

LARGEST_READ = 16 * 1024 * 1024
"""Bytes of stored documents after which a batch ends early; each collection has an equal share of them."""


@dataclass(frozen=True)
class Source:
    """A resource whose changes become events: its name (`Individual`) and its API (`party`).

    `state_change` is what the API calls a change of state in the types of events.

    Where no documents are `kept` in a collection of its own, all changes wait in `departed`.
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
    """The pending changes of one document, oldest first, each with the `document` that it left.

    `departed` is the `_id` of the row that a deleted one left.
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
        self._share = LARGEST_READ // (len(self._collections) + 1)
        self.more = False
        """Whether the last call of `oldest` came to a limit, so that more is likely to wait."""

    @property
    def collections(self) -> list[str]:
        """The names of the collections that a change is written to."""
        return [*(collection.name for collection in self._collections.values()), TOMBSTONES]

    async def prepare(self) -> None:
        """Create the index that finds pending changes, in every collection that has them."""
        for collection in (*self._collections.values(), self._departed):
            await collection.create_indexes([INDEX])
        await self._departed.create_indexes([PREDECESSORS])

    async def oldest(self, limit: int) -> list[OutboxBatch]:
        """Documents with pending changes, the longest waiting first.

        At most `limit` per collection, and not many more bytes than `LARGEST_READ` in all: one document of each
        collection is read whatever its size.

        Within one resource id, what a deleted document left comes before what its successor carries: a successor
        whose predecessor is not in the same batch waits for the next. That is why departed rows are read last, and in
        one session, which a failover does not set back: a successor that was seen has its predecessor's row still
        there, or logged.
        """
        self.more = False
        async with self._client.start_session() as session:
            batches = [
                each for name in self._collections for each in await self._in(self._sources[name], limit, session)
            ]
            locked = self._clearing.locked_ids(self._departed)
            left = await self._tombstone_batches(limit, session)
            # Mostly nothing was deleted: then none of what departed was left unread.
            gone = await self._predecessors(batches, session) if left or locked else set()
        unread = gone - {(each.source.resource, each.id) for each in left}
        return left + [each for each in batches if (each.source.resource, each.id) not in unread]

    async def clear(self, drained: Iterable[OutboxBatch]) -> None:
        """Remove changes whose events are all in the log; changes that came later stay.

        They are told by event id, never by revision: a successor under the same id counts from 1 again. What is
        locked keeps them, and is not found by `oldest` for a while.
        """
        logged: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for each in drained:
            logged[TOMBSTONES if each.departed else each.source.resource][each.departed or each.id] = each.event_ids
        for name, rows in logged.items():
            if name == TOMBSTONES:
                await self._clearing.forget(self._departed, rows)
            else:
                await self._clearing.strip(self._collections[name], rows)

    async def _in(self, source: Source, limit: int, session: AsyncClientSession) -> list[OutboxBatch]:
        rows = self._rows(self._collections[source.resource], {}, limit, session)
        return [OutboxBatch(source, row["_id"], waiting(row)) async for row in rows]

    async def _tombstone_batches(self, limit: int, session: AsyncClientSession) -> list[OutboxBatch]:
        ours = {"resource": {"$in": list(self._sources)}}
        return [
            OutboxBatch(self._sources[row["resource"]], row["id"], waiting(row), departed=row["_id"])
            async for row in self._rows(self._departed, ours, limit, session)
        ]

    async def _predecessors(self, batches: Sequence[OutboxBatch], session: AsyncClientSession) -> set[tuple[str, str]]:
        """Resource and id of those of `batches` that have a departed row."""
        if not batches:
            return set()
        condition = {"resource": {"$in": list(self._sources)}, "id": {"$in": [each.id for each in batches]}}
        rows = self._departed.find(condition, {"resource": True, "id": True}, session=session)
        return {(row["resource"], row["id"]) async for row in rows}

    async def _rows(
        self, collection: Collection, condition: Mapping[str, Any], most: int, session: AsyncClientSession
    ) -> AsyncIterator[Mapping[str, Any]]:
        """The rows with changes that meet `condition`, the longest waiting first: at most `most` and some bytes."""
        carrying = {**condition, "pending": {"$exists": True}}
        if locked := self._clearing.locked_ids(collection):
            carrying["_id"] = {"$nin": locked}
        shown = {"resource": True, "id": True, "document": True, "pending": True}
        oldest = [("pending.at", ASCENDING)]
        left, bytes_left = most, self._share
        undecoded = collection.with_options(ENCODED_AWARE)
        async with undecoded.find(carrying, shown, sort=oldest, limit=most, session=session) as rows:
            async for row in rows:
                yield {**row, "pending": [decode(change.raw, DECODED) for change in row["pending"]]}
                left, bytes_left = left - 1, bytes_left - len(row.raw)
                if left == 0 or bytes_left < 0:
                    self.more = True
                    return


def in_order(batches: Iterable[OutboxBatch]) -> list[tuple[OutboxBatch, Change]]:
    """Every change with its document, in the order of time, but never before an earlier change of the same document.

    Clocks differ between servers: within one document its own order counts, not the clock.
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
