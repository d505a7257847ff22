"""The documents of one resource: each write goes with the change that it announces, in one atomic step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from app.errors import Conflict, NotFound, shortened
from app.storage.durable import Database
from app.storage.failures import told_to_the_client
from app.storage.filters import Filter, identified

Document = dict[str, Any]
Change = Mapping[str, Any]


DEPARTED = "departed"
"""The collection where the changes of deleted documents wait for the relay."""


class Stale(Exception):
    """Somebody else wrote the document after it was read."""


@dataclass(frozen=True)
class Stored:
    """A document as it is kept: in the stored (v5) shape, without `id` and `href`."""

    id: str
    revision: int
    document: Document


@dataclass(frozen=True)
class Page:
    """Part of a list, and how many documents the whole list has."""

    items: list[Stored]
    total: int


class Repository:
    """The collection of one resource."""

    def __init__(self, database: Database, resource: str, query_timeout_ms: int) -> None:
        self.resource = resource
        self._database = database
        self._collection = database[collection_of(resource)]
        self._timeout = query_timeout_ms

    async def insert(self, id: str, document: Document, change: Change) -> Stored:
        """Keep a new document together with its change. Raises `Conflict` when the id is taken."""
        with told_to_the_client():
            try:
                await self._collection.insert_one(_envelope(id, document, change))
            except DuplicateKeyError:
                raise Conflict(f"{self.resource} {id} exists already") from None
        return Stored(id, 1, document)

    async def insert_many(self, rows: list[tuple[str, Document, Change]]) -> None:
        """Keep many new documents, each with its change, in one round trip."""
        with told_to_the_client():
            await self._collection.insert_many([_envelope(*row) for row in rows], ordered=False)

    async def get(self, id: str) -> Stored:
        """The document with this id. Raises `NotFound`."""
        with told_to_the_client():
            found = await self._collection.find_one({"_id": {"$eq": id}}, {"revision": 1, "document": 1})
        if found is None:
            raise NotFound(f"There is no {self.resource} with the id '{shortened(id)}'")
        return _stored(found)

    async def replace(self, seen: Stored, document: Document, change: Change) -> Stored:
        """Write `document` over what was `seen`, with its change. Raises `Stale` if it has moved on since."""
        update = {
            "$set": {"document": document, "revision": change["revision"], "changed": change["at"]},
            "$push": {"pending": change},
        }
        with told_to_the_client():
            written = await self._collection.update_one({"_id": {"$eq": seen.id}, "revision": seen.revision}, update)
        if not written.matched_count:
            raise Stale
        return Stored(seen.id, change["revision"], document)

    async def remove(self, seen: Stored, change: Change) -> None:
        """Delete what was `seen`; its undelivered changes and this one move to `departed`. Raises `Stale`."""

        async def move(session: AsyncClientSession) -> None:
            criteria = {"_id": {"$eq": seen.id}, "revision": seen.revision}
            gone = await self._collection.find_one_and_delete(criteria, {"pending": 1}, session=session)
            if gone is None:
                raise Stale
            # A row is there already when an earlier document of this id is gone, too, and not announced yet.
            await self._database[DEPARTED].update_one(
                {"_id": f"{self.resource}/{seen.id}", "resource": self.resource, "id": seen.id},
                {"$push": {"pending": {"$each": [*gone.get("pending", ()), change]}}},
                upsert=True,
                session=session,
            )

        with told_to_the_client():
            async with self._database.client.start_session() as session:
                await session.with_transaction(move)

    async def find(self, criteria: Filter, offset: int, limit: int) -> Page:
        """The documents that match, in order of their ids, from `offset` on, at most `limit`; and how many match.

        A page that ends the list tells the total by itself; the total of an unfiltered list comes from the
        collection's own count.
        """
        with told_to_the_client():
            items = await self._items(criteria, offset, limit)
            ends_here = len(items) < limit and (items or offset == 0)
            total = offset + len(items) if ends_here else await self._count(criteria)
        return Page(items, total)

    async def existing(self, ids: set[str]) -> set[str]:
        """Those of `ids` that documents have."""
        with told_to_the_client():
            found = await self._collection.find(identified(ids), {"_id": 1}, max_time_ms=self._timeout).to_list()
        return {row["_id"] for row in found}

    async def _items(self, criteria: Filter, offset: int, limit: int) -> list[Stored]:
        if limit == 0:
            return []
        cursor = self._collection.find(
            criteria,
            {"revision": 1, "document": 1},
            sort=[("_id", 1)],
            skip=offset,
            limit=limit,
            batch_size=limit + 1,
            max_time_ms=self._timeout,
        )
        return [_stored(found) for found in await cursor.to_list()]

    async def _count(self, criteria: Filter) -> int:
        if not criteria:
            return await self._collection.estimated_document_count(maxTimeMS=self._timeout)
        return await self._collection.count_documents(criteria, maxTimeMS=self._timeout)


def collection_of(resource: str) -> str:
    """The name of the collection of a resource: `PartyInteraction` is kept in `partyInteraction`."""
    return resource[:1].lower() + resource[1:]


def _envelope(id: str, document: Document, change: Change) -> Document:
    at: datetime = change["at"]
    return {"_id": id, "revision": 1, "created": at, "changed": at, "document": document, "pending": [change]}


def _stored(found: Mapping[str, Any]) -> Stored:
    return Stored(found["_id"], found["revision"], found["document"])
