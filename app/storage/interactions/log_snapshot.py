# SPDX-License-Identifier: Apache-2.0
"""Snapshot reads of documents as they were after one entry of the event log, while writes go on.

A snapshot of the database has the log up to some entry T, and rows that may be ahead of it by their pending changes,
which the log will have behind T. Without these, the rows are the state after T: all that is logged, and nothing more.
What changes later is in the log behind T. So two readings join without gap or overlap.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple

from bson import decode
from bson.raw_bson import RawBSONDocument
from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from app.domain.events import CREATE, lower_camel
from app.errors import Unavailable
from app.storage.archive import archived_rows
from app.storage.documents.repository import TOMBSTONES
from app.storage.documents.rows import Change, document_before, is_deletion, waiting
from app.storage.event_log.chain import START, Mark
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Database, durable
from app.storage.outbox.outbox import DECODED, ENCODED_AWARE

BATCH = 500
"""Documents, or entries of the log, that are read and decoded at a time."""

DELETED, ARCHIVED = "deleted", "archived"
"""Why a document is there no more."""

_TOO_OLD = {239, 246}
"""Codes of the server for a snapshot that it no longer keeps."""
_EXPIRED = (
    "The snapshot is older than MongoDB keeps one (minSnapshotHistoryWindowInSeconds, 300 by default), or there was a "
    "failover; begin again, at a calmer time or with a larger window"
)

Row = Mapping[str, Any]


class LoggedState(NamedTuple):
    """A document with its `revision`, as it was after the entry of the log at which the snapshot ends."""

    id: str
    revision: int
    document: dict[str, Any]


class Departure(NamedTuple):
    """That a document was there no more: the number of the last entry about it, its instant, and the reason."""

    id: str
    sequence: int
    at: datetime
    reason: str


@asynccontextmanager
async def log_snapshot(database: Database) -> AsyncIterator["LogSnapshot"]:
    """A snapshot of this moment, which ends with the block. Raises `Unavailable` once the database keeps it no more."""
    async with database.client.start_session(snapshot=True) as session:
        try:
            last = await durable(database, COLLECTION).find_one(
                {}, {"hash": True}, sort=[("_id", DESCENDING)], session=session
            )
            yield LogSnapshot(database, session, Mark(last["_id"], str(last.get("hash"))) if last else START)
        except OperationFailure as failure:
            if failure.code in _TOO_OLD:
                raise Unavailable(_EXPIRED) from failure
            raise


class LogSnapshot:
    """A snapshot of a database whose log ends with the entry `last`."""

    def __init__(self, database: Database, session: AsyncClientSession, last: Mark) -> None:
        self._database = database
        self._session = session
        self.last = last
        self._log = durable(database, COLLECTION)
        self._departed = self._collection(TOMBSTONES)
        self._archived = durable(database, archived_rows.COLLECTION)

    async def mark(self, sequence: int) -> Mark | None:
        """The entry `sequence`; None where there is none, and the start for 0."""
        if sequence == 0:
            return START
        entry = await self._log.find_one({"_id": sequence}, {"hash": True}, session=self._session)
        return Mark(sequence, str(entry.get("hash"))) if entry else None

    async def length(self, resources: Iterable[str]) -> int:
        """The estimated number of documents of these resources."""
        return sum([await self._rows(each).estimated_document_count() for each in resources])

    async def documents(self, resource: str) -> AsyncGenerator[list[LoggedState], None]:
        """All documents of a resource, in batches, in the order of their ids; at the end those deleted since."""
        rows = self._rows(resource).find(
            {}, sort=[("_id", ASCENDING)], batch_size=BATCH, session=self._session
        )  # fmt: skip
        async for batch in _batches(rows):
            states = await self._states((row["_id"], None, row) for row in batch)
            yield [each for each in states.values() if each]
        departed = self._departed.find({"resource": resource}, batch_size=BATCH, session=self._session)
        async for batch in _batches(departed):
            states = await self._states((row["id"], row, None) for row in batch if _is_tombstone(row))
            yield [each for each in states.values() if each]

    async def changes(self, resource: str, since: int) -> AsyncGenerator[list[LoggedState | Departure], None]:
        """The documents of a resource about which the log has entries behind the number `since`, each once."""
        entries = self._log.find(
            {"_id": {"$gt": since}, "resource": resource},
            {"resourceId": True, "at": True},
            sort=[("_id", ASCENDING)],
            hint=[("_id", ASCENDING)],
            batch_size=BATCH,
            session=self._session,
        )
        async for batch in _batches(entries):
            last = await self._last_entries(resource, {entry["resourceId"] for entry in batch})
            yield await self._changes_of(resource, [each for each in batch if last[each["resourceId"]] == each["_id"]])

    async def _changes_of(self, resource: str, entries: Sequence[Row]) -> list[LoggedState | Departure]:
        ids = [entry["resourceId"] for entry in entries]
        found = self._rows(resource).find({"_id": {"$in": ids}}, session=self._session)
        rows = {row["_id"]: row async for row in found}
        keys = [_key(resource, id) for id in ids]
        gone = self._departed.find({"_id": {"$in": keys}}, session=self._session)
        departed = {row["id"]: row async for row in gone}
        states = await self._states((id, departed.get(id), rows.get(id)) for id in ids)
        missing = [_key(resource, id) for id in ids if states[id] is None]
        pointers = self._archived.find({"_id": {"$in": missing}}, {"_id": True}, session=self._session)
        archived = {row["_id"] async for row in pointers}
        return [
            states[entry["resourceId"]] or _departure(entry, _key(resource, entry["resourceId"]) in archived)
            for entry in entries
        ]

    async def _last_entries(self, resource: str, ids: set[str]) -> dict[str, int]:
        """The number of the last entry about each of these documents."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"resource": resource, "resourceId": {"$in": sorted(ids)}}},
            {"$group": {"_id": "$resourceId", "last": {"$max": "$_id"}}},
        ]
        found = await self._log.aggregate(pipeline, session=self._session)
        return {row["_id"]: row["last"] async for row in found}

    async def _states(
        self, sources: Iterable[tuple[str, RawBSONDocument | None, RawBSONDocument | None]]
    ) -> dict[str, LoggedState | None]:
        """By id, the state after the last entry; None for what was not there. Each of a tombstone and a row."""
        read = [(id, _decode(tombstone), _decode(row)) for id, tombstone, row in sources]
        pending = {id: [*waiting(tombstone or {}), *waiting(row or {})] for id, tombstone, row in read}
        logged = await self._logged_events([each for changes in pending.values() for each in changes])
        return {id: _state(id, row, _first_unlogged(pending[id], logged)) for id, _, row in read}

    async def _logged_events(self, changes: Sequence[Change]) -> set[str]:
        """Those events of pending changes that the log has already."""
        if not changes:
            return set()
        ids = [event["id"] for change in changes for event in change["events"]]
        found = self._log.find({"eventId": {"$in": ids}}, {"eventId": True}, session=self._session)
        return {entry["eventId"] async for entry in found}

    def _rows(self, resource: str) -> AsyncCollection[RawBSONDocument]:
        return self._collection(lower_camel(resource))

    def _collection(self, name: str) -> AsyncCollection[RawBSONDocument]:
        return durable(self._database, name).with_options(codec_options=ENCODED_AWARE)


def _first_unlogged(changes: Sequence[Change], logged: set[str]) -> Change | None:
    """The first change of which the log has nothing: all that follow it are not there either."""
    return next((each for each in changes if logged.isdisjoint(event["id"] for event in each["events"])), None)


def _state(id: str, row: Row | None, unlogged: Change | None) -> LoggedState | None:
    """The state of a document before the change that is `unlogged`, or that of its row."""
    if unlogged is None:
        return LoggedState(id, row["revision"], row["document"]) if row else None
    if any(event["kind"] == CREATE for event in unlogged["events"]):
        return None
    if "document" in unlogged:
        return LoggedState(id, unlogged["revision"] - 1, dict(document_before(unlogged)))
    # A document that is too large for an entry of the log waits without its former values: it is read as it is.
    return LoggedState(id, row["revision"], row["document"]) if row and not is_deletion(unlogged) else None


def _departure(entry: Row, is_archived: bool) -> Departure:
    return Departure(entry["resourceId"], entry["_id"], entry["at"], ARCHIVED if is_archived else DELETED)


def _decode(row: RawBSONDocument | None) -> dict[str, Any] | None:
    return decode(row.raw, DECODED) if row is not None else None


def _is_tombstone(row: Row) -> bool:
    """Whether a row among the tombstones is that of a document: announcements wait beside them."""
    return bool(row["_id"] == _key(row["resource"], row["id"]))


def _key(resource: str, id: str) -> str:
    return f"{resource}/{id}"


async def _batches(rows: AsyncIterator[Any]) -> AsyncIterator[list[Any]]:
    batch = []
    async for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
