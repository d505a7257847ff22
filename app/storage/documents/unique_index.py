# SPDX-License-Identifier: Apache-2.0
"""The index of unique identifiers, and their keys in rows that were written before an identifier was in force."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from app.domain.events import lower_camel
from app.domain.unique_identifiers import UniqueIdentifiers
from app.errors import StartError
from app.storage.documents.rows import UNIQUE, Document, document_paths
from app.storage.mongod.durable import Collection, Database, durable
from app.storage.mongod.failures import as_tmf_errors, summary, taken_keys

INDEX = IndexModel([(UNIQUE, ASCENDING)], unique=True, sparse=True)
"""No two rows share a key; rows without keys are not in it."""

COLLECTION = "uniqueIdentifier"
"""What is known of the keys: `{_id: resource, digest}` when all rows have them, and a row for each collision."""

BATCH = 500
"""Rows that are read at a time."""

Counts = Callable[[str, str, Document], Awaitable[bool]]
"""Whether the identifier of a key counts, of a resource and a document."""


class Collision(NamedTuple):
    """A document of a resource that has, beside the `first` one, the identifier with this `key`."""

    resource: str
    id: str
    key: str
    first: str

    @property
    def identifier(self) -> str:
        """The name of the identifier."""
        return self.key.partition(":")[0]


class UniqueIndex:
    """The keys of all resources that have unique `identifiers`."""

    def __init__(self, database: Database, identifiers: Mapping[str, UniqueIdentifiers], counts: Counts) -> None:
        self._database = database
        self._identifiers = identifiers
        self._counts = counts
        self._known = durable(database, COLLECTION)

    async def prepare(self) -> None:
        """Build the indexes: before anybody writes, as nothing is unique without. Raises `StartError`."""
        for resource in self._identifiers:
            try:
                await self._rows(resource).create_indexes([INDEX])
            except OperationFailure as failure:
                told = "switch its identifiers off by LIAISON_UNIQUE, or leave the collection unsharded"
                raise StartError(f"no unique index of {resource} can be built: {summary(failure)}; {told}") from failure

    async def complete(self) -> int:
        """Give each row the keys of the identifiers in force now, and return how many documents collide.

        It may be run again at any time; where nothing was switched since, it reads one row for each resource. A row
        that collides goes without the key, and is noted.
        """
        return sum([await self._complete(resource, of) for resource, of in self._identifiers.items()])

    async def collisions(self) -> AsyncIterator[Collision]:
        """The documents that were noted, and collide still."""
        with as_tmf_errors():
            noted = await self._known.find({"key": {"$exists": True}}, sort=[("_id", ASCENDING)]).to_list()
        for row in noted:
            resource, id, key = row["resource"], row["id"], row["key"]
            if (of := self._identifiers.get(resource)) is None:
                continue
            stored = await self._rows(resource).find_one({"_id": {"$eq": id}}, {"document": 1})
            first = await self._rows(resource).find_one({UNIQUE: {"$eq": key}}, {"_id": 1})
            if stored and first and first["_id"] != id and key in of.keys(stored["document"]):
                yield Collision(resource, id, key, first["_id"])

    def _rows(self, resource: str) -> Collection:
        return durable(self._database, lower_camel(resource))

    async def _complete(self, resource: str, of: UniqueIdentifiers) -> int:
        known = await self._known.find_one({"_id": resource})
        if known and known["digest"] == of.digest:
            return 0
        await self._known.delete_many({"resource": resource})
        rows, paths = self._rows(resource), document_paths(of.attributes)
        collided, last = 0, ""
        while True:
            fields = dict.fromkeys((UNIQUE, "revision", "changed", *paths), 1)
            batch = await rows.find({"_id": {"$gt": last}}, fields, sort=[("_id", ASCENDING)], limit=BATCH).to_list()
            if not batch:
                break
            for row in batch:
                collided += await self._complete_row(resource, of, row)
            last = batch[-1]["_id"]
        await self._known.replace_one({"_id": resource}, {"digest": of.digest}, upsert=True)
        return collided

    async def _complete_row(self, resource: str, of: UniqueIdentifiers, row: Mapping[str, Any]) -> int:
        """Give a row its keys, unless it was changed since; returns 1 if it goes without one."""
        document = row.get("document", {})
        keys = of.keys(document)
        if keys == row.get(UNIQUE, []):
            return 0
        seen, collides = {name: row[name] for name in ("_id", "revision", "changed")}, 0
        while True:
            update = {"$set": {UNIQUE: keys}} if keys else {"$unset": {UNIQUE: True}}
            try:
                await self._rows(resource).update_one(seen, update)
            except DuplicateKeyError as failure:
                taken = taken_keys(failure, UNIQUE)[0]
                keys = [key for key in keys if key != taken]
                if await self._counts(resource, taken, document):
                    collides = 1
                    noted = {"resource": resource, "id": row["_id"], "key": taken}
                    await self._known.replace_one({"_id": f"{resource}/{row['_id']}/{taken}"}, noted, upsert=True)
            else:
                return collides
