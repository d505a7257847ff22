# SPDX-License-Identifier: Apache-2.0
"""The repository of a resource: each write has the change that it announces in it, atomically (outbox pattern)."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from bson.raw_bson import RawBSONDocument
from pymongo import timeout
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain.events import lower_camel
from app.domain.query.cursor import Position
from app.domain.query.predicates import Path
from app.errors import Conflict, NotFound, OutboxFull, Unavailable
from app.storage.documents.batching import Alteration, Batcher, BulkOperations, ConcurrentModification, TakenIdentifier
from app.storage.documents.bounds import is_overgrown, too_large_to_change
from app.storage.documents.contention import Contention
from app.storage.documents.counting import Counting, Total
from app.storage.documents.filters import Filter, any_of, children_filter, every, field, is_search
from app.storage.documents.kept_totals import KeptTotals
from app.storage.documents.order import BY_ID, Order
from app.storage.documents.page_query import PageQuery, PageReader
from app.storage.documents.referential_integrity import NewRow, Outcome, ReferentialIntegrity, Target
from app.storage.documents.rows import (
    NO_KEYS,
    OMISSION,
    PLAIN,
    STATE,
    UNIQUE,
    Change,
    DerivedMembers,
    Document,
    Item,
    StoredDocument,
    alteration,
    as_seen,
    id_filter,
    list_item,
    new_row,
    projection,
    stored_of,
    without_payload,
)
from app.storage.mongod.durable import BULK_SECONDS, WRITE_SECONDS, Database
from app.storage.mongod.failures import as_tmf_errors, outbox_full, write_error_codes
from app.storage.mongod.transactions import transact

TOMBSTONES = "departed"
"""The collection of tombstones: changes of deleted documents, and reported events, wait there for the relay."""

NONE: frozenset[Target] = frozenset()
"""The targets of a document without references."""


class NewDocument(NamedTuple):
    """A document that is to be inserted, with its change, and what its row has `beside`."""

    id: str
    document: Document
    change: Change
    beside: Mapping[str, Any] | None = None


Refuse = Callable[[AsyncClientSession], Awaitable[None]]

Got = TypeVar("Got")


@dataclass(frozen=True)
class Page:
    """A page of a list, the total of the list (None when unknown), and whether more documents follow."""

    items: list[Item]
    total: Total | None
    more: bool


class Repository:
    """The collection of one resource, whose rows have beside their documents what is `derived` from them."""

    def __init__(
        self,
        database: Database,
        resource: str,
        query_timeout_ms: int,
        derived: DerivedMembers = PLAIN,
        parent: str = "",
    ) -> None:
        """`parent` names the resource within which these are; their ids are keys then (`app.domain.nested_keys`)."""
        self.resource = resource
        self._database = database
        self._collection = database[lower_camel(resource)]
        self._lists = PageReader(self._collection, query_timeout_ms, KeptTotals(database, resource))
        self._timeout = query_timeout_ms
        self.derived = derived
        self._many = BulkOperations(self._collection, resource, query_timeout_ms, parent)
        self._getting = Batcher(self._get_each)
        self._inserting = Batcher(self._insert_each)
        self._altering = Batcher(self._alter_each, regrouped=True)
        self._contention = Contention()
        self._referring = ReferentialIntegrity(database, resource, self._many)
        self._inserting_referring: Batcher[NewRow, None] = Batcher(self._referring.insert)

    async def insert(
        self,
        id: str,
        document: Document,
        change: Change,
        targets: Set[Target] = NONE,
        shared: Set[str] = NO_KEYS,
    ) -> StoredDocument:
        """Insert a document together with its change. Raises `Conflict` when the id is taken, and `TakenIdentifier`.

        Raises `DanglingReference` unless all `targets` of its references exist at that moment. Of its unique
        identifiers, the `shared` ones do not count.
        """
        row = new_row(id, document, change, self.derived, shared)
        await (self._inserting_referring(NewRow(row, targets)) if targets else self._inserting(row))
        return StoredDocument(id, 1, document, change["at"])

    async def insert_within(
        self,
        id: str,
        document: Document,
        change: Change,
        targets: Set[Target],
        session: AsyncClientSession,
        shared: Set[str] = NO_KEYS,
    ) -> None:
        """As `insert`, in the transaction of `session`; raises failures as the driver does, for whoever runs it."""
        if targets:
            await self._referring.hold(targets, session)
        try:
            await self._collection.insert_one(new_row(id, document, change, self.derived, shared), session=session)
        except DuplicateKeyError as failure:
            raise self._many.taken_identifiers(failure).get(0) or self._many.id_conflict(id) from None

    async def insert_many_within(
        self, news: Sequence[NewDocument], targets: Set[Target], session: AsyncClientSession
    ) -> None:
        """As `insert_within`, for many; raises the first error, also the `Conflict` for an id that is taken."""
        if targets:
            await self._referring.hold(targets, session)
        rows = [new_row(each.id, each.document, each.change, self.derived, beside=each.beside) for each in news]
        try:
            await self._collection.insert_many(rows, session=session)
        except BulkWriteError as failure:
            taken = self._many.taken_identifiers(failure)
            for index in write_error_codes(failure):
                raise taken.get(index) or self._many.id_conflict(rows[index]["_id"]) from None
            raise

    async def insert_many(self, rows: Sequence[RawBSONDocument]) -> list[Conflict | Unavailable | None]:
        """Insert the rows of many new documents (`new_row`) in one round trip; None for each that is inserted.

        When it raises, some may have been inserted.
        """
        with as_tmf_errors(), timeout(BULK_SECONDS):
            return await self._many.insert(rows)

    async def insert_referring(self, rows: Sequence[NewRow]) -> list[Outcome]:
        """As `insert_many`, for documents with references: all valid ones are inserted in one transaction."""
        return await self._referring.insert(rows, BULK_SECONDS)

    async def get(self, id: str, attributes: Collection[str] | None = None) -> StoredDocument:
        """The document with this id; of its first-level attributes only `attributes`, if given. Raises `NotFound`."""
        if attributes is None:
            return await self._getting(id)
        with as_tmf_errors():
            row = await self._collection.find_one({"_id": {"$eq": id}}, projection(attributes))
        if row is None:
            raise self._many.missing(id)
        return stored_of(row)

    def missing(self, id: str) -> NotFound:
        """The error (404) for an id that no document has."""
        return self._many.missing(id)

    async def replace(
        self,
        seen: StoredDocument,
        document: Document,
        change: Change,
        targets: Set[Target] = NONE,
        shared: Set[str] = NO_KEYS,
    ) -> StoredDocument:
        """Write `document` over what was `seen`, with its change (optimistic concurrency).

        Raises `ConcurrentModification` when it was changed since, `DanglingReference` unless all new `targets` exist at
        that moment, `TakenIdentifier`, `PayloadTooLarge`, and `OutboxFull`.
        """
        try:
            await self._alter(seen, alteration(seen.document, document, change, self.derived, shared), targets)
        except OutboxFull:
            if not is_overgrown(seen.document):
                raise
            alone = alteration(seen.document, document, without_payload(change), self.derived, shared)
            await self._alter_alone(seen, alone, targets)
        return StoredDocument(seen.id, change["revision"], document, change["at"])

    def needs_check(self, seen: StoredDocument, document: Document) -> bool:
        """Whether `document` may be written over what was `seen` by `replace` or `replace_within` alone, as they check
        what others wrote meanwhile."""
        return False

    async def check_returning(self, rows: Sequence[RawBSONDocument], session: AsyncClientSession) -> None:
        """Raise the `Conflict` for rows that are to come back as they were, in the transaction of `session`, but do not
        go with what was written meanwhile."""

    def update_of(self, seen: StoredDocument, document: Document, change: Change) -> Mapping[str, Any]:
        """The update by which the row of what was `seen` has `document`, and the change. Raises `PayloadTooLarge`."""
        return alteration(seen.document, document, change, self.derived)

    async def replace_within(
        self,
        seen: StoredDocument,
        document: Document,
        change: Change,
        session: AsyncClientSession,
        targets: Set[Target] = NONE,
        shared: Set[str] = NO_KEYS,
    ) -> None:
        """As `replace`, in the transaction of `session`."""
        update = alteration(seen.document, document, change, self.derived, shared)
        if targets:
            await self._referring.hold(targets, session)
        try:
            written = await self._collection.update_one(as_seen(seen), update, session=session)
        except DuplicateKeyError as failure:
            raise self._many.taken_identifiers(failure)[0] from None
        if not written.matched_count:
            raise ConcurrentModification

    def in_turn(self, id: str, attempt: Callable[[], Awaitable[Got]]) -> Awaitable[Got]:
        """The result of `attempt`, which reads and changes the document with this id, when its turn comes.

        It is called again while it raises `ConcurrentModification`. Raises `Unavailable` when that takes too long.
        """
        return self._contention.run(id, attempt)

    async def remove(self, seen: StoredDocument, change: Change, refuse: Refuse | None = None) -> None:
        """Delete the document that was `seen`; its pending changes and this one move to its tombstone.

        `refuse` raises the reason against it, if any, in the same transaction, so no new reference comes in between.
        Raises `ConcurrentModification`, and `OutboxFull` while all these changes exceed a row.
        """
        try:
            await transact(self._database, partial(self.remove_within, seen, change, refuse))
        except OutboxFull:
            if not is_overgrown(seen.document):
                raise
            await transact(self._database, partial(self.remove_within, seen, without_payload(change), refuse))

    async def find_within(self, id: str, session: AsyncClientSession) -> StoredDocument | None:
        """The document with this id in the transaction of `session`; None when there is none."""
        row = await self._collection.find_one({"_id": {"$eq": id}}, projection(None), session=session)
        return stored_of(row) if row else None

    async def naming(
        self,
        path: Path,
        id: str,
        most: int = 0,
        attributes: Collection[str] | None = None,
        session: AsyncClientSession | None = None,
    ) -> list[StoredDocument]:
        """The documents that have this id at `path`, a path of the stored document; at most `most`, unless that is 0.

        Of their first-level attributes only `attributes`, if given.
        """
        cursor = self._collection.find({field(path): {"$eq": id}}, projection(attributes), limit=most, session=session)
        return [stored_of(row) for row in await cursor.to_list()]

    async def naming_any(
        self, paths: Sequence[Path], ids: Collection[str], session: AsyncClientSession | None = None
    ) -> list[StoredDocument]:
        """The documents that have one of these ids at one of the `paths` of the stored document."""
        found = self._collection.find(
            any_of([{field(path): {"$in": list(ids)}} for path in paths]), projection(None), session=session
        )
        # Within a transaction, failures are for whoever runs that.
        with as_tmf_errors() if session is None else nullcontext():
            return [stored_of(row) for row in await found.to_list()]

    async def with_ids(self, ids: Collection[str], session: AsyncClientSession | None = None) -> list[StoredDocument]:
        """The documents with these ids that exist."""
        found = self._collection.find(id_filter(ids), projection(None), session=session)
        with as_tmf_errors() if session is None else nullcontext():
            return [stored_of(row) for row in await found.to_list()]

    async def within(self, parent_id: str) -> list[StoredDocument]:
        """All documents within the parent with this id, in the order of their keys."""
        with as_tmf_errors():
            rows = await self._collection.find(
                children_filter(parent_id), projection(None), sort=[("_id", 1)]
            ).to_list()
        return [stored_of(row) for row in rows]

    async def first_within(self, parent_id: str, session: AsyncClientSession) -> str | None:
        """The key of a document within the parent with this id; None where there is none."""
        row = await self._collection.find_one(children_filter(parent_id), {"_id": True}, session=session)
        return None if row is None else str(row["_id"])

    async def holder(self, key: str) -> str | None:
        """The id of the document with this key of a unique identifier; None where there is none (any more)."""
        with as_tmf_errors():
            row = await self._collection.find_one({UNIQUE: {"$eq": key}}, {"_id": True}, max_time_ms=self._timeout)
        return None if row is None else str(row["_id"])

    async def is_stated(self) -> bool:
        """Whether every row has its state beside the document (`STATE`); reads one entry of an index."""
        with as_tmf_errors():
            lacking = await self._collection.find_one({STATE: None}, {"_id": True}, max_time_ms=self._timeout)
        return lacking is None

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
        most_bytes: int | None = None,
    ) -> Page:
        """A page of the documents that match `criteria`: in `order`, from `offset` on, at most `limit`; with the total.

        `behind` is the position of the document before `offset`, if known. First-level `attributes`, and those that
        the order needs, are read; None for all. The page may end at `most_bytes`. Raises `Unavailable` when it takes
        too long.
        """
        part = PageQuery(offset, limit, order, behind, attributes, most_bytes)
        with as_tmf_errors(searching=is_search(criteria)):
            page = await self._lists.read(criteria, part, counting)
        return Page([list_item(row) for row in page.rows], page.total, page.more)

    async def beginnings(self, ids: Collection[str]) -> dict[str, tuple[Document, datetime]]:
        """The documents with these `ids` that exist, by id, each with the instant of its creation."""
        with as_tmf_errors():
            fields = {"document": 1, "created": 1}
            rows = await self._collection.find(id_filter(ids), fields, max_time_ms=self._timeout).to_list()
        return {row["_id"]: (row["document"], row["created"]) for row in rows}

    async def existing(self, ids: set[str], within: Filter | None = None) -> set[str]:
        """Those of `ids` with which documents exist, of those that match `within`, if given."""
        criteria = every([id_filter(ids), within]) if within else id_filter(ids)
        with as_tmf_errors():
            found = await self._collection.find(criteria, {"_id": 1}, max_time_ms=self._timeout).to_list()
        return {row["_id"] for row in found}

    def _alter(self, seen: StoredDocument, update: Mapping[str, Any], targets: Set[Target]) -> Awaitable[None]:
        return self._referring.alter((seen, update), targets) if targets else self._altering((seen, update))

    async def _alter_alone(self, seen: StoredDocument, update: Mapping[str, Any], targets: Set[Target]) -> None:
        """Update a row without pending changes. Raises `OutboxFull` when it has any."""
        with as_tmf_errors():
            waits = await self._collection.find_one({**as_seen(seen), "pending": {"$exists": True}}, {"_id": True})
        if waits:
            raise outbox_full()
        try:
            await self._alter(seen, update, targets)
        except OutboxFull:
            raise too_large_to_change() from None

    async def remove_within(
        self, seen: StoredDocument, change: Change, refuse: Refuse | None, session: AsyncClientSession
    ) -> None:
        """As `remove`, in the transaction of `session`."""
        gone = await self._collection.find_one_and_delete(as_seen(seen), {"pending": 1}, session=session)
        if gone is None:
            raise ConcurrentModification
        if refuse:
            await refuse(session)
        waiting = gone.get("pending", ())
        if waiting and OMISSION in change:
            raise outbox_full()
        # The tombstone exists when an earlier document of this id was deleted, too, and is not announced yet.
        await self._database[TOMBSTONES].update_one(
            {"_id": f"{self.resource}/{seen.id}", "resource": self.resource, "id": seen.id},
            {"$push": {"pending": {"$each": [*waiting, change]}}},
            upsert=True,
            session=session,
        )

    async def _get_each(self, ids: Sequence[str]) -> list[StoredDocument | NotFound]:
        with as_tmf_errors():
            return await self._many.get(ids)

    async def _insert_each(self, rows: Sequence[RawBSONDocument]) -> list[Conflict | Unavailable | None]:
        with as_tmf_errors(), timeout(WRITE_SECONDS):
            return await self._many.insert(rows)

    async def _alter_each(
        self, alterations: Sequence[Alteration]
    ) -> list[ConcurrentModification | TakenIdentifier | Unavailable | None]:
        with as_tmf_errors(), timeout(WRITE_SECONDS):
            return await self._many.alter(alterations)
