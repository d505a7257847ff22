# SPDX-License-Identifier: Apache-2.0
"""Aliases: ids of documents that were merged into others (eTOM 1.3.4), each with the id of its survivor."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.identifiers import new_id
from app.storage.documents.referential_integrity import Target
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "alias"
EDITIONS = "aliasEdition"
"""The collection with the edition of all aliases, which each write of one changes."""
INDEXES = (
    IndexModel([("survivor", ASCENDING), ("resource", ASCENDING)]),
    IndexModel([("id", ASCENDING)]),
    IndexModel([("at", ASCENDING)]),
)


AT_ONCE = 1000
"""Ids in one query."""


class Alias(NamedTuple):
    """The `id` of a document of a `resource` that was merged into the `survivor`, by the flow `merge`."""

    resource: str
    id: str
    survivor: str
    merge: str
    at: datetime


class Edition(NamedTuple):
    """What tells one state of all aliases from another: the latest write, and the latest that took some back."""

    latest: str
    undone: str


class Aliases:
    """The collection `alias`: `{_id: "Individual/<id>", resource, id, survivor, merge, at}`.

    `survivor` is one that lives: where it is merged in turn, its aliases are led on in the same transaction. Of one
    that was erased, a tombstone is left: `survivor` is empty, and the id stays taken.
    """

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)
        self._editions = durable(database, EDITIONS)

    async def prepare(self) -> None:
        """Create the indexes, and the edition, which no transaction has to create then."""
        await self._rows.create_indexes(list(INDEXES))
        await self._editions.update_one({"_id": COLLECTION}, {"$setOnInsert": {"edition": ""}}, upsert=True)

    async def find(self, target: Target) -> Alias | None:
        """The alias that a target is; None for what is none, and for a tombstone."""
        with as_tmf_errors():
            row = await self._rows.find_one({"_id": {"$eq": _key(target)}, "survivor": {"$ne": ""}})
        return _alias(row) if row else None

    async def among(self, resource: str, ids: set[str]) -> list[Alias]:
        """The aliases and tombstones among some ids of a resource."""
        return await self.among_targets([(resource, id) for id in ids])

    async def among_targets(
        self, targets: Collection[Target], session: AsyncClientSession | None = None
    ) -> list[Alias]:
        """The aliases and tombstones among some targets."""
        keys = sorted(map(_key, targets))
        found: list[Alias] = []
        with as_tmf_errors():
            for begin in range(0, len(keys), AT_ONCE):
                some = {"_id": {"$in": keys[begin : begin + AT_ONCE]}}
                found += [_alias(row) async for row in self._rows.find(some, session=session)]
        return found

    async def united_ids(self, ids: Collection[str], session: AsyncClientSession | None = None) -> set[str]:
        """The ids, with those that mean the same by now: their survivors, and all that was merged into these."""
        if not ids:
            return set()
        own = {"id": {"$in": sorted(ids)}, "survivor": {"$ne": ""}}
        with as_tmf_errors():
            ends = {*ids, *[row["survivor"] async for row in self._rows.find(own, session=session)]} - {""}
            merged = self._rows.find({"survivor": {"$in": sorted(ends)}}, session=session)
            return {*ids, *ends, *[row["id"] async for row in merged]}

    async def edition(self) -> Edition:
        """What tells the present state of all aliases from others."""
        with as_tmf_errors():
            row = await self._editions.find_one({"_id": COLLECTION}) or {}
        return Edition(row.get("edition", ""), row.get("undone", ""))

    async def count(self) -> int:
        """How many aliases there are."""
        with as_tmf_errors():
            return await self._rows.count_documents({})

    async def each(self, since: datetime | None = None) -> AsyncIterator[Alias]:
        """All aliases, oldest first; only those since that instant, if it is given."""
        dated: dict[str, Any] = {"at": {"$gte": since}} if since else {}
        with as_tmf_errors():
            async for row in self._rows.find(dated, sort=[("at", ASCENDING), ("_id", ASCENDING)]):
                yield _alias(row)

    async def of(self, survivor: Target) -> list[Alias]:
        """The aliases of a survivor, oldest first."""
        resource, id = survivor
        with as_tmf_errors():
            rows = await self._rows.find({"resource": resource, "survivor": id}, sort=[("at", ASCENDING)]).to_list()
        return [_alias(row) for row in rows]

    async def of_any(self, resources: Collection[str], survivors: Collection[str]) -> list[Target]:
        """The aliases of documents of these resources with one of the ids."""
        criteria = {"resource": {"$in": sorted(resources)}, "survivor": {"$in": sorted(survivors)}}
        with as_tmf_errors():
            return [(row["resource"], row["id"]) async for row in self._rows.find(criteria)]

    async def bury(self, targets: Collection[Target], session: AsyncClientSession) -> None:
        """Make aliases tombstones, which lead nowhere, in the transaction of `session`."""
        keys = {"_id": {"$in": [_key(target) for target in targets]}}
        await self._rows.update_many(keys, {"$set": {"survivor": "", "merge": ""}}, session=session)
        await self._renew_edition(session, undone=True)

    async def add(self, alias: Alias, session: AsyncClientSession) -> None:
        """Insert an alias in the transaction of `session`, and lead those of the merged document on."""
        led = {"resource": alias.resource, "survivor": alias.id}
        await self._rows.update_many(led, {"$set": {"survivor": alias.survivor}}, session=session)
        await self._rows.insert_one({"_id": _key((alias.resource, alias.id)), **alias._asdict()}, session=session)
        await self._renew_edition(session)

    async def lead(self, resource: str, ids: Collection[str], survivor: str, session: AsyncClientSession) -> None:
        """Lead aliases of a resource to another survivor, in the transaction of `session`."""
        keys = {"_id": {"$in": [_key((resource, id)) for id in ids]}}
        await self._rows.update_many(keys, {"$set": {"survivor": survivor}}, session=session)
        await self._renew_edition(session, undone=True)

    async def remove(self, target: Target, session: AsyncClientSession) -> None:
        """Delete an alias in the transaction of `session`."""
        await self._rows.delete_one({"_id": {"$eq": _key(target)}}, session=session)
        await self._renew_edition(session, undone=True)

    async def fence(self, session: AsyncClientSession) -> None:
        """Let no merge be committed, or undone, beside the transaction of `session`, which reads aliases: one of both
        is begun anew."""
        await self._editions.update_one({"_id": COLLECTION}, {"$inc": {"fence": 1}}, upsert=True, session=session)

    async def _renew_edition(self, session: AsyncClientSession, *, undone: bool = False) -> None:
        edition = {"$set": dict.fromkeys(("edition", "undone") if undone else ("edition",), new_id())}
        await self._editions.update_one({"_id": COLLECTION}, edition, upsert=True, session=session)


def _key(target: Target) -> str:
    return "/".join(target)


def _alias(row: StoredRow) -> Alias:
    return Alias(*(row[name] for name in Alias._fields))
