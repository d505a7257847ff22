"""The documents of one resource: each write goes with the change that it announces, in one atomic step."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import timeout
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain.cursor import Position
from app.errors import Conflict, NotFound, shortened
from app.storage.counting import Counting, Total
from app.storage.durable import BULK_SECONDS, WRITE_SECONDS, Database
from app.storage.failures import taken, told_to_the_client
from app.storage.filters import Filter, identified, is_search
from app.storage.order import BY_ID, Order
from app.storage.parts import Part, Reader, projection

Document = dict[str, Any]
Change = Mapping[str, Any]


DEPARTED = "departed"
"""The collection where changes wait for the relay that no document carries: those of deleted ones, and reports."""


class Stale(Exception):
    """Somebody else wrote the document after it was read."""


@dataclass(frozen=True)
class Stored:
    """A document as it is kept: in the stored (v5) shape, without `id` and `href`; `changed` is its last write."""

    id: str
    revision: int
    document: Document
    changed: datetime


@dataclass(frozen=True)
class Page:
    """Part of a list, how many documents the whole list has (None when unknown), and whether more follow the part."""

    items: list[Stored]
    total: Total | None
    more: bool


class Repository:
    """The collection of one resource."""

    def __init__(self, database: Database, resource: str, query_timeout_ms: int) -> None:
        self.resource = resource
        self._database = database
        self._collection = database[collection_of(resource)]
        self._lists = Reader(self._collection, query_timeout_ms)
        self._timeout = query_timeout_ms

    async def insert(self, id: str, document: Document, change: Change) -> Stored:
        """Keep a new document together with its change. Raises `Conflict` when the id is taken."""
        with told_to_the_client(), timeout(WRITE_SECONDS):
            return await self.insert_within(id, document, change, None)

    async def insert_within(
        self, id: str, document: Document, change: Change, session: AsyncClientSession | None
    ) -> Stored:
        """As `insert`, in the transaction of `session`; whoever runs that tells failures to the client."""
        try:
            await self._collection.insert_one(_envelope(id, document, change), session=session)
        except DuplicateKeyError:
            raise Conflict(f"{self.resource} {id} exists already") from None
        return Stored(id, 1, document, change["at"])

    async def insert_many(self, rows: Sequence[tuple[str, Document, Change]]) -> set[str]:
        """Keep many new documents, each with its change, in one round trip; answers the ids that were taken already.

        Whatever it raises, some may have been kept.
        """
        with told_to_the_client(), timeout(BULK_SECONDS):
            try:
                await self._collection.insert_many([_envelope(*row) for row in rows], ordered=False)
            except BulkWriteError as failure:
                return {rows[index][0] for index in taken(failure)}
        return set()

    async def get(self, id: str, attributes: Collection[str] | None = None) -> Stored:
        """The document with this id; of its first-level attributes only `attributes`, if given. Raises `NotFound`."""
        with told_to_the_client():
            found = await self._collection.find_one({"_id": {"$eq": id}}, projection(attributes))
        if found is None:
            raise NotFound(f"There is no {self.resource} with the id '{shortened(id)}'")
        return _stored(found)

    async def replace(self, seen: Stored, document: Document, change: Change) -> Stored:
        """Write `document` over what was `seen`, with its change. Raises `Stale` if it has moved on since."""
        update = {
            "$set": {"document": document, "revision": change["revision"], "changed": change["at"]},
            "$push": {"pending": change},
        }
        with told_to_the_client(), timeout(WRITE_SECONDS):
            written = await self._collection.update_one(_as(seen), update)
        if not written.matched_count:
            raise Stale
        return Stored(seen.id, change["revision"], document, change["at"])

    async def remove(self, seen: Stored, change: Change) -> None:
        """Delete what was `seen`; its undelivered changes and this one move to `departed`. Raises `Stale`."""

        async def move(session: AsyncClientSession) -> None:
            gone = await self._collection.find_one_and_delete(_as(seen), {"pending": 1}, session=session)
            if gone is None:
                raise Stale
            # A row is there already when an earlier document of this id is gone, too, and not announced yet.
            await self._database[DEPARTED].update_one(
                {"_id": f"{self.resource}/{seen.id}", "resource": self.resource, "id": seen.id},
                {"$push": {"pending": {"$each": [*gone.get("pending", ()), change]}}},
                upsert=True,
                session=session,
            )

        with told_to_the_client(), timeout(WRITE_SECONDS):
            async with self._database.client.start_session() as session:
                await session.with_transaction(move)

    async def find(
        self,
        criteria: Filter,
        offset: int,
        limit: int,
        *,
        order: Order = BY_ID,
        behind: Position | None = None,
        attributes: Collection[str] | None = None,
        counting: Counting = Counting.EXACT,
    ) -> Page:
        """The documents that match, in `order`, from `offset` on, at most `limit`; and how many match.

        With `behind`, that is the place of the document in front of `offset`. Of the first-level attributes those that
        the order needs and `attributes` are read, all if that is None. Raises `Unavailable` when it takes too long.
        """
        part = Part(offset, limit, order, behind, attributes)
        with told_to_the_client(searching=is_search(criteria)):
            found = await self._lists.read(criteria, part, counting)
        return Page([_stored(row) for row in found.rows], found.total, found.more)

    async def beginnings(self, ids: Collection[str]) -> dict[str, tuple[Document, datetime]]:
        """The documents of those of `ids` that there are, each with the instant of its creation."""
        with told_to_the_client():
            fields = {"document": 1, "created": 1}
            found = await self._collection.find(identified(ids), fields, max_time_ms=self._timeout).to_list()
        return {row["_id"]: (row["document"], row["created"]) for row in found}

    async def existing(self, ids: set[str]) -> set[str]:
        """Those of `ids` that documents have."""
        with told_to_the_client():
            found = await self._collection.find(identified(ids), {"_id": 1}, max_time_ms=self._timeout).to_list()
        return {row["_id"] for row in found}


def collection_of(resource: str) -> str:
    """The name of the collection of a resource: `PartyInteraction` is kept in `partyInteraction`."""
    return resource[:1].lower() + resource[1:]


def _envelope(id: str, document: Document, change: Change) -> Document:
    at: datetime = change["at"]
    return {"_id": id, "revision": 1, "created": at, "changed": at, "document": document, "pending": [change]}


def _as(seen: Stored) -> Filter:
    """The document while it is as it was `seen`. Its successor under the same id counts revisions from 1 again."""
    return {"_id": {"$eq": seen.id}, "revision": seen.revision, "changed": seen.changed}


def _stored(found: Mapping[str, Any]) -> Stored:
    return Stored(found["_id"], found["revision"], found.get("document", {}), found["changed"])
