# SPDX-License-Identifier: Apache-2.0
"""Notices in rows: of whom somebody is to be told (`notice`), what was told (`told`), and what is to be sent.

An interaction has the next instant in its row. A notice is an interaction of its own, whose row has its `delivery` as
long as it is on its way. So what is kept of notices lives and ends with the documents.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING, IndexModel, UpdateOne, timeout
from pymongo.errors import BulkWriteError

from app.domain.events import lower_camel
from app.domain.identifiers import new_id
from app.storage.documents.batching import Batcher
from app.storage.documents.rows import NEVER, NOTICE, NOTICE_INDEX, StoredDocument, as_seen, projection, stored_of
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.durable import WRITE_SECONDS, Database, durable
from app.storage.mongod.failures import TOO_LARGE, as_tmf_errors, outbox_full, write_error_codes

TOLD = "told"
"""The member of a row with the keys of what was told of it."""

MOST_TOLD = 200
"""Keys that are kept; older ones are of promises that have long moved on."""

DELIVERY = "delivery"
_DUE = f"{DELIVERY}.due"
_TURN = f"{DELIVERY}.turn"
_CLAIM = f"{DELIVERY}.claim"
DELIVERY_INDEX = IndexModel([(_DUE, ASCENDING)], name="delivery", sparse=True)


class ToldRow(NamedTuple):
    """An interaction of which somebody is to be told, when that is, and what was told before."""

    stored: StoredDocument
    notice: datetime
    told: frozenset[str]


Update = Mapping[str, Any]
Write = tuple[Update, Update]
"""The filter on a row as it was seen, and its update."""


@dataclass(frozen=True)
class Delivery:
    """A notice on its way: `id` is its interaction, `about` that which it is about, `key` that of the notice.

    It is looked at when it is `due`; whoever sends it, puts that off before, and counts the `turn` (a fencing token).
    `attempts` have failed, since the `first` one.
    """

    id: str
    about: str
    key: str
    due: datetime
    turn: int = 1
    attempts: int = 0
    first: datetime | None = None


def on_its_way(delivery: Delivery) -> Mapping[str, Any]:
    """What the row of a new notice has beside its document: that it is on its way."""
    return {DELIVERY: _members(delivery)}


async def prepare_notices(database: Database, resources: Iterable[str]) -> None:
    """Create the indexes on the instants, in the collections of the resources of which promises are made."""
    for resource in resources:
        await durable(database, lower_camel(resource)).create_indexes([NOTICE_INDEX, DELIVERY_INDEX])


class NoticeRows:
    """The rows of a resource of which promises are made, and of its notices."""

    def __init__(self, database: Database, resource: str) -> None:
        self._resource = resource
        self._rows = durable(database, lower_camel(resource))
        self._writing: Batcher[Write, bool] = Batcher(self._write_each)

    async def due(self, now: datetime, limit: int) -> list[ToldRow]:
        """At most `limit` interactions of which somebody is to be told by `now`, the longest due first."""
        with as_tmf_errors():
            rows = self._rows.find(
                {NOTICE: {"$lte": now}},
                {**projection(None), NOTICE: 1, TOLD: 1},
                sort=[(NOTICE, ASCENDING)],
                limit=limit,
            )
            return [ToldRow(stored_of(row), row[NOTICE], frozenset(row.get(TOLD, ()))) async for row in rows]

    def record_notices(self, work: UnitOfWork, seen: ToldRow, keys: Collection[str], then: datetime | None) -> None:
        """Add to `work` that the notices with these keys are made, and when to look again; it raises
        `ConcurrentModification` where the row is no longer as it was seen, also because somebody else made some."""
        update: dict[str, Any] = {"$set": {NOTICE: then}} if then else {"$unset": {NOTICE: True}}
        if keys:
            update["$push"] = {TOLD: {"$each": sorted(keys), "$slice": -MOST_TOLD}}
        criteria = {"_id": seen.stored.id, "revision": seen.stored.revision, NOTICE: seen.notice}
        work.update(self._resource, criteria, update)

    async def deliveries(self, now: datetime, limit: int) -> list[Delivery]:
        """At most `limit` notices on their way that are due by `now`, the longest due first."""
        with as_tmf_errors():
            rows = self._rows.find({_DUE: {"$lte": now}}, {DELIVERY: 1}, sort=[(_DUE, ASCENDING)], limit=limit)
            return [_delivery(row) async for row in rows]

    async def claim(self, seen: Sequence[Delivery], until: datetime) -> list[Delivery]:
        """Put off notices that are going to be sent, and return those that nobody else was first to claim."""
        token = new_id()
        updates = [
            UpdateOne({"_id": each.id, _TURN: each.turn}, {"$set": {_DUE: until, _CLAIM: token}, "$inc": {_TURN: 1}})
            for each in seen
        ]
        with as_tmf_errors():
            written = await self._rows.bulk_write(updates, ordered=False)
            claimed = [replace(each, due=until, turn=each.turn + 1) for each in seen]
            if written.matched_count == len(seen):
                return claimed
            rows = self._rows.find({"_id": {"$in": [each.id for each in seen]}, _CLAIM: token}, {"_id": 1})
            ours = {row["_id"] async for row in rows}
        return [each for each in claimed if each.id in ours]

    def put_off(self, notice: StoredDocument, update: Update, seen: Delivery, after: Delivery) -> Write:
        """The `update` of a notice that waits to be sent again, over what was `seen` of its delivery."""
        members = {DELIVERY: _members(replace(after, turn=seen.turn + 1))}
        return {**as_seen(notice), _TURN: seen.turn}, {**update, "$set": {**update["$set"], **members}}

    def end(self, notice: StoredDocument, update: Update) -> Write:
        """The `update` of a notice that is no longer on its way."""
        return as_seen(notice), {**update, "$unset": {**update.get("$unset", {}), DELIVERY: True}}

    async def write(self, write: Write) -> bool:
        """Write alone, in one round trip with others who write now; whether the notice was as it was seen."""
        return await self._writing(write)

    async def _write_each(self, writes: Sequence[Write]) -> list[bool | Exception]:
        # Of many updates MongoDB tells which failed, not which matched no row: these fail as upserts.
        updates = [UpdateOne(criteria, {**update, **NEVER}, upsert=True) for criteria, update in writes]
        with as_tmf_errors(), timeout(WRITE_SECONDS):
            try:
                await self._rows.bulk_write(updates, ordered=False)
            except BulkWriteError as failure:
                failed = write_error_codes(failure)
                return [
                    outbox_full() if failed.get(index) in TOO_LARGE else index not in failed
                    for index in range(len(writes))
                ]
        return [True] * len(writes)

    def add(self, work: UnitOfWork, write: Write) -> None:
        """Add to `work` what is written."""
        work.update(self._resource, *write)

    async def wait(self, seen: Delivery, due: datetime) -> None:
        """Have a notice wait until it is due, unless another process has claimed it."""
        with as_tmf_errors():
            await self._rows.update_one({"_id": seen.id, _TURN: seen.turn}, {"$set": {_DUE: due}, "$inc": {_TURN: 1}})


def _members(delivery: Delivery) -> dict[str, Any]:
    first = {"first": delivery.first} if delivery.first else {}
    return {
        "about": delivery.about,
        "key": delivery.key,
        "due": delivery.due,
        "turn": delivery.turn,
        "attempts": delivery.attempts,
        **first,
    }


def _delivery(row: Mapping[str, Any]) -> Delivery:
    members = row[DELIVERY]
    return Delivery(
        row["_id"],
        members["about"],
        members["key"],
        members["due"],
        members["turn"],
        members["attempts"],
        members.get("first"),
    )
