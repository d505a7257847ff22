"""Pending changes: found in the documents that carry them, cleared once their events are in the log."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pymongo import ASCENDING, DeleteOne, IndexModel, UpdateOne

from app.storage.durable import Collection, Database, Stored, durable
from app.storage.repository import DEPARTED, collection_of

Change = Mapping[str, Any]

INDEX = IndexModel([("pending.at", ASCENDING)], name="pending", partialFilterExpression={"pending": {"$exists": True}})
"""The index that finds pending changes; for every resource collection and `departed`."""

PREDECESSORS = IndexModel([("resource", ASCENDING), ("id", ASCENDING)])
"""The index of `departed` that finds what the former document of an id left."""

LARGEST_READ = 16 * 1024 * 1024
"""Bytes of stored documents after which a read of one collection ends early."""


@dataclass(frozen=True)
class Source:
    """A resource whose changes become events: its name (`Individual`) and its API (`party`)."""

    resource: str
    api: str


@dataclass(frozen=True)
class Found:
    """The pending changes of one document, oldest first; `departed` is the `_id` of the row that a deleted one left."""

    source: Source
    id: str
    changes: Sequence[Change]
    departed: str | None = None

    @property
    def event_ids(self) -> list[str]:
        """The ids of all events that these changes cause."""
        return [event["id"] for change in self.changes for event in change["events"]]


class Pending:
    """The pending changes of all `sources`."""

    def __init__(self, database: Database, sources: Iterable[Source]) -> None:
        self._sources = {source.resource: source for source in sources}
        self._collections = {name: durable(database, collection_of(name)) for name in self._sources}
        self._departed = durable(database, DEPARTED)

    async def prepare(self) -> None:
        """Create the index that finds pending changes, in every collection that has them."""
        for collection in (*self._collections.values(), self._departed):
            await collection.create_indexes([INDEX])
        await self._departed.create_indexes([PREDECESSORS])

    async def oldest(self, limit: int) -> list[Found]:
        """Documents with pending changes, the longest waiting first; at most `limit` per collection.

        Within one resource id, what a deleted document left comes before what its successor carries. That is why
        departed rows are read last: a successor that was seen has its predecessor's row still there, or logged.
        """
        found = [each for source in self._sources.values() for each in await self._in(source, limit)]
        return await self._left(found, limit) + found

    async def clear(self, drained: Iterable[Found]) -> None:
        """Remove changes whose events are all in the log; changes that came later stay.

        They are told by event id, never by revision: a successor under the same id counts from 1 again.
        """
        writes: dict[str, list[UpdateOne | DeleteOne]] = defaultdict(list)
        for each in drained:
            if each.departed:
                writes[DEPARTED].append(_forget(each))
            else:
                writes[each.source.resource].append(_without(each))
        for name, operations in writes.items():
            collection = self._departed if name == DEPARTED else self._collections[name]
            await collection.bulk_write(operations, ordered=False)

    async def _in(self, source: Source, limit: int) -> list[Found]:
        rows = _rows(self._collections[source.resource], {"pending": {"$exists": True}}, limit)
        return [Found(source, row["_id"], row["pending"]) async for row in rows]

    async def _left(self, found: Sequence[Found], limit: int) -> list[Found]:
        ours = {"pending": {"$exists": True}, "resource": {"$in": list(self._sources)}}
        rows = [row async for row in _rows(self._departed, ours, limit)]
        if found:
            predecessors = {**ours, "id": {"$in": [each.id for each in found]}}
            rows += [row async for row in _rows(self._departed, predecessors, None)]
        return [
            Found(self._sources[row["resource"]], row["id"], row["pending"], departed=row["_id"])
            for row in {row["_id"]: row for row in rows}.values()
        ]


async def _rows(collection: Collection, condition: Mapping[str, Any], most: int | None) -> AsyncIterator[Stored]:
    """The rows that meet `condition`, the longest waiting first: all, or at most `most` and some `LARGEST_READ`."""
    shown = {"resource": True, "id": True, "pending": True, "size": {"$bsonSize": "$$ROOT"}}
    read = 0
    async with collection.find(condition, shown, sort=[("pending.at", ASCENDING)], limit=most or 0) as rows:
        async for row in rows:
            yield row
            read += row["size"]
            if most and read > LARGEST_READ:
                return


def in_order(found: Iterable[Found]) -> list[tuple[Found, Change]]:
    """Every change with its document, in the order of time, but never before an earlier change of the same document.

    Clocks differ between servers: within one document its own order counts, not the clock.
    """
    by_document: dict[tuple[str, str], list[tuple[Found, Change]]] = defaultdict(list)
    for each in found:
        by_document[each.source.resource, each.id] += [(each, change) for change in each.changes]
    timed = [
        (at, pair)
        for pairs in by_document.values()
        for at, pair in zip(accumulate((change["at"] for _, change in pairs), max), pairs, strict=True)
    ]
    return [pair for _, pair in sorted(timed, key=lambda each: each[0])]


def _without(found: Found) -> UpdateOne:
    drained = {"$in": [{"$first": "$$this.events.id"}, {"$literal": found.event_ids}]}
    remaining = {"$filter": {"input": "$pending", "cond": {"$not": drained}}}
    absent_when_empty = {"$cond": [{"$eq": ["$pending", []]}, "$$REMOVE", "$pending"]}
    return UpdateOne(
        {"_id": found.id, "pending.events.id": {"$in": found.event_ids}},
        [{"$set": {"pending": remaining}}, {"$set": {"pending": absent_when_empty}}],
    )


def _forget(found: Found) -> DeleteOne:
    undrained = {"$elemMatch": {"events.id": {"$nin": found.event_ids}}}
    return DeleteOne({"_id": found.departed, "pending": {"$not": undrained}})
