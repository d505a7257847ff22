# SPDX-License-Identifier: Apache-2.0
"""What leaves for a bundle and comes back: rows as they are stored, payloads of the event log, and pointers to bundles.

A pointer, in the collection `archived`, stands for an id in a bundle: `{_id: "Customer/<id>", bundle, at}`, with
`logged: true` until no payload of the log tells of that id any more.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bson import encode
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from app.domain import dates
from app.domain.events import lower_camel
from app.domain.query.predicates import Path
from app.storage.documents.batching import TakenIdentifier
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import TOMBSTONES
from app.storage.documents.rows import STATE, UNDECODED, UNIQUE, Change
from app.storage.event_log import event_log
from app.storage.event_log.chain import DROPPED, PAYLOAD
from app.storage.event_log.event_log import WHOLE
from app.storage.event_log.retention import received_filter
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors, taken_keys

RawRow = RawBSONDocument
"""A row as it is stored, undecoded."""

COLLECTION = "archived"
AT_ONCE = 500
"""Ids in one query."""


class ArchivedRows:
    """Reads and writes of the archive in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pointers = durable(database, COLLECTION)
        self._log = durable(database, event_log.COLLECTION)
        self._departed = durable(database, TOMBSTONES)

    async def prepare(self) -> None:
        """Create the indexes of the pointers."""
        unswept = IndexModel([("logged", ASCENDING)], partialFilterExpression={"logged": True})
        await self._pointers.create_indexes([IndexModel([("bundle", ASCENDING)]), unswept])

    async def row(self, resource: str, id: str) -> RawBSONDocument | None:
        """The row of a document, undecoded; None when there is none."""
        with as_tmf_errors():
            row: RawBSONDocument | None = await self._raw(resource).find_one({"_id": {"$eq": id}})
        return row

    async def rows_naming(self, resource: str, paths: Iterable[Path], ids: Collection[str]) -> list[RawBSONDocument]:
        """The rows of documents that have one of the ids at one of the paths, in the order of their ids."""
        found: dict[str, RawBSONDocument] = {}
        with as_tmf_errors():
            for path in paths:
                naming = {".".join(("document", *path)): {"$in": sorted(ids)}}
                found |= {row["_id"]: row async for row in self._raw(resource).find(naming)}
        return [found[id] for id in sorted(found)]

    async def payloads(self, targets: Collection[Target]) -> list[RawBSONDocument]:
        """The entries of the log about the targets that have their payload, with nothing but that, in order."""
        log = self._log.with_options(codec_options=UNDECODED)
        fields = dict.fromkeys(["_id", *PAYLOAD], 1)
        found: list[RawBSONDocument] = []
        with as_tmf_errors():
            for about in _about(targets):
                found += await log.find({**about, **WHOLE}, fields).to_list()
        return sorted(found, key=lambda entry: int(entry["_id"]))

    async def drop_payloads(self, targets: Collection[Target], session: AsyncClientSession | None = None) -> int:
        """Drop payloads about the targets that all listeners have received, and return how many entries still have
        theirs."""
        update = {"$unset": dict.fromkeys(PAYLOAD, True), "$set": {DROPPED: dates.now()}}
        received = await received_filter(self._database)
        left = 0
        for about in _about(targets):
            await self._log.update_many({"$and": [{**about, **WHOLE}, received]}, update, session=session)
            left += await self._log.count_documents({**about, **WHOLE}, session=session)
        return left

    async def sweep(self) -> int:
        """Drop what payloads the log still has of archived ids, and return for how many ids nothing is left to drop.

        A deletion is logged after its document left, and listeners may receive it much later.
        """
        swept = 0
        while some := await self._pointers.find({"logged": True}, {"_id": 1}, limit=AT_ONCE).to_list():
            ready = [id for row in some if not await self._waits(id := row["_id"])]
            done = [id for id in ready if not await self.drop_payloads([_target(id)])]
            await self._pointers.update_many({"_id": {"$in": done}}, {"$unset": {"logged": True}})
            swept += len(done)
            if len(done) < len(some):
                break  # The others wait for the relay, or for a listener.
        return swept

    async def _waits(self, id: str) -> bool:
        """Whether changes of a document that left still wait for the log."""
        return await self._departed.find_one({"_id": id}, {"_id": 1}) is not None

    async def count_waiting(self, targets: Collection[Target]) -> int:
        """How many of the targets have left by a deletion that waits for the relay."""
        keys = [_key(target) for target in targets]
        parts = [keys[begin : begin + AT_ONCE] for begin in range(0, len(keys), AT_ONCE)]
        with as_tmf_errors():
            return sum([await self._departed.count_documents({"_id": {"$in": part}}) for part in parts])

    async def return_payloads(self, entries: Sequence[RawBSONDocument], session: AsyncClientSession) -> None:
        """Put payloads back into the entries of the log that have lost them."""
        for begin in range(0, len(entries), AT_ONCE):
            updates = [
                UpdateOne({"_id": entry["_id"], DROPPED: {"$exists": True}}, {"$set": payload, "$unset": {DROPPED: 1}})
                for entry in entries[begin : begin + AT_ONCE]
                if (payload := {name: entry[name] for name in PAYLOAD if name in entry})
            ]
            await self._log.bulk_write(updates, session=session)

    async def point(self, targets: Iterable[Target], bundle: str, at: datetime, session: AsyncClientSession) -> None:
        """Insert pointers from the targets to a bundle."""
        rows = [{"_id": _key(target), "bundle": bundle, "at": at, "logged": True} for target in targets]
        await self._pointers.insert_many(rows, session=session)

    async def forget(self, bundle: str, session: AsyncClientSession) -> None:
        """Delete the pointers to a bundle."""
        await self._pointers.delete_many({"bundle": bundle}, session=session)

    async def pointer(self, target: Target) -> StoredRow | None:
        """The pointer of an archived target, with the id of its `bundle`; None when it is not archived."""
        with as_tmf_errors():
            return await self._pointers.find_one({"_id": {"$eq": _key(target)}})

    async def pointing(self, bundle: str) -> list[Target]:
        """The targets whose pointers lead to a bundle."""
        with as_tmf_errors():
            rows = await self._pointers.find({"bundle": bundle}, {"_id": 1}, sort=[("_id", ASCENDING)]).to_list()
        return [_target(row["_id"]) for row in rows]

    async def insert(
        self, resource: str, rows: Sequence[RawBSONDocument], changes: Sequence[Change], session: AsyncClientSession
    ) -> None:
        """Insert rows as they were, each with the pending change that announces it. Raises `TakenIdentifier`."""
        told = [with_pending(row, change) for row, change in zip(rows, changes, strict=True)]
        try:
            await self._raw(resource).insert_many(told, ordered=True, session=session)
        except BulkWriteError as failure:
            if taken := taken_keys(failure, UNIQUE):
                raise TakenIdentifier.of(resource, next(iter(taken.values()))) from None
            raise

    def _raw(self, resource: str) -> Any:
        return durable(self._database, lower_camel(resource)).with_options(codec_options=UNDECODED)


class StatedRow(NamedTuple):
    """The id of a document, and since when it is in its state."""

    id: str
    since: datetime


async def rows_in_states(
    database: Database, resource: str, states: Collection[str], changed: str | None
) -> AsyncIterator[StatedRow]:
    """The documents in one of the `states`, in lower case, in the order of their ids.

    `changed` is the attribute that says since when; where there is none, it is the instant of the last change.
    """
    fields = {"changed": 1, **({f"document.{changed}": 1} if changed else {})}
    rows = durable(database, lower_camel(resource)).find(
        {STATE: {"$in": sorted(states)}}, fields, sort=[("_id", ASCENDING)]
    )
    with as_tmf_errors():
        async for row in rows:
            since = row.get("document", {}).get(changed)
            yield StatedRow(row["_id"], since if isinstance(since, datetime) else row["changed"])


def without_pending(row: RawBSONDocument) -> RawBSONDocument:
    """A row without its pending changes."""
    return RawBSONDocument(encode({name: value for name, value in row.items() if name != "pending"}))


def with_pending(row: RawBSONDocument, change: Mapping[str, Any]) -> RawBSONDocument:
    """A row with one pending change."""
    return RawBSONDocument(encode({**dict(row.items()), "pending": [change]}))


def _about(targets: Collection[Target]) -> list[dict[str, Any]]:
    """Filters on the entries of the log about the targets, each with the ids of one resource."""
    ids: dict[str, list[str]] = {}
    for resource, id in sorted(targets):
        ids.setdefault(resource, []).append(id)
    return [
        {"resource": resource, "resourceId": {"$in": some[begin : begin + AT_ONCE]}}
        for resource, some in ids.items()
        for begin in range(0, len(some), AT_ONCE)
    ]


def _key(target: Target) -> str:
    return "/".join(target)


def _target(key: str) -> Target:
    resource, _, id = key.partition("/")
    return resource, id
