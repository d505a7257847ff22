# SPDX-License-Identifier: Apache-2.0
"""Relationships: documents are written with the other ends of their relationships, and no hierarchy has a cycle."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from app.domain import dates
from app.domain.origin import UNKNOWN, Origin
from app.domain.relationships import Relationship
from app.errors import Conflict, PayloadTooLarge, RelationshipConflict, TmfError
from app.resources.create import created_change
from app.resources.related_documents import RelatedDocuments
from app.resources.resource import Document, Resource
from app.storage.documents.referential_integrity import DanglingReference, Target
from app.storage.documents.relationship_lock import RelationshipLock
from app.storage.documents.repository import NONE, NewDocument, Repository
from app.storage.documents.rows import NO_KEYS, Change, StoredDocument
from app.storage.documents.scan import Scan
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import BULK_SECONDS, Database
from app.storage.mongod.transactions import transact

PAGE = 500
"""Documents that are looked at together."""

log = structlog.get_logger()


@dataclass(frozen=True)
class NewRelated:
    """A new document with relationships, or whose id others name; `chosen` if its id is none that the server gave."""

    id: str
    document: Document
    chosen: bool
    targets: Set[Target] = NONE


@dataclass(frozen=True)
class Write:
    """What becomes of a document: of what was `seen`, None if it is new, and what it is `after`, None if it goes."""

    id: str
    seen: StoredDocument | None
    after: Document | None

    @property
    def ends(self) -> tuple[Document, Document]:
        """The documents before and after, without attributes where there is none."""
        return (self.seen.document if self.seen else {}), self.after or {}


class Relationships:
    """The relationships of one resource, which has the shape that is stored; `documents` are its documents."""

    def __init__(
        self, database: Database, resource: Resource, documents: Repository, declared: Sequence[Relationship]
    ) -> None:
        self._database = database
        self._resource = resource
        self._documents = documents
        self._lock = RelationshipLock(database)
        self.declared = declared
        self.attributes = frozenset(end.attribute for each in declared for end in (each.one, each.inverse))

    def are_in(self, document: Mapping[str, object]) -> bool:
        """Whether a document has relationships, with whatever."""
        return any(name in document for name in self.attributes)

    def differ(self, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
        """Whether two versions of a document may have different ones."""
        return any(before.get(name) is not after.get(name) for name in self.attributes)

    def changed_ids(self, before: Document, after: Document) -> tuple[set[str], set[str]]:
        """The ids of other ends that a document gains, and those that it loses."""
        ends = [end for each in self.declared for end, _ in each.directions]
        was = {(end, id) for end in ends for id in end.ids(before)}
        now = {(end, id) for end in ends for id in end.ids(after)}
        return {id for _, id in now - was}, {id for _, id in was - now}

    def without_added(self, document: Document, other: Document) -> Document:
        """The document without what the server added to it for relationships that the `other` one does not have."""
        for each in self.declared:
            for end, _ in each.directions:
                document = end.without_added(document, other)
        return document

    async def named_ids(self, ids: Collection[str]) -> set[str]:
        """Those of some ids, with which there are no documents yet, that documents name."""
        found = await self._documents.naming_any(self._paths, ids)
        return {
            id for each in found for rel in self.declared for end, _ in rel.directions for id in end.ids(each.document)
        }

    async def with_other_ends(self, id: str, document: Document) -> Document:
        """A new document with this id, with the other ends of the relationships in which documents name it already.

        Raises `RelationshipConflict`.
        """
        related = RelatedDocuments(self._resource.name, self._documents, self.declared, {id: document})
        await related.add_others(await self._documents.naming_any(self._paths, {id}))
        return related.document(id)

    async def insert(self, new: NewRelated, change: Change, origin: Origin, shared: Set[str] = NO_KEYS) -> None:
        """As `Repository.insert`, with all other ends. Raises `RelationshipConflict`, too."""
        await self._documents.in_turn(
            new.id, lambda: transact(self._database, partial(self.insert_within, new, change, origin, shared))
        )

    async def insert_within(
        self, new: NewRelated, change: Change, origin: Origin, shared: Set[str], session: Session
    ) -> None:
        """As `insert`, in the transaction of `session`."""
        # What names it by now, and did not when the document was made, is related to it afterwards (`settle`).
        await self._write_others([Write(new.id, None, new.document)], _leaves([new], self), change, origin, session)
        await self._documents.insert_within(new.id, new.document, change, new.targets, session, shared)

    async def insert_all(
        self, news: Sequence[NewRelated], at: datetime, origin: Origin
    ) -> dict[str, Document | TmfError | DanglingReference]:
        """Insert many, in one transaction if nothing stands against any; returns the document of each, or the error."""
        try:
            return dict(await transact(self._database, partial(self._insert_all, news, at, origin), BULK_SECONDS))
        except (Conflict, PayloadTooLarge, DanglingReference):
            return {each.id: await self._insert_alone(each, at, origin) for each in news}

    async def _insert_alone(
        self, new: NewRelated, at: datetime, origin: Origin
    ) -> Document | TmfError | DanglingReference:
        try:
            document = await self.with_other_ends(new.id, new.document) if new.chosen else new.document
            change = created_change(self._resource, document, at, origin)
            await self.insert(NewRelated(new.id, document, new.chosen, new.targets), change, origin)
        except (Conflict, PayloadTooLarge, DanglingReference) as refusal:
            return refusal
        return document

    async def _insert_all(
        self, news: Sequence[NewRelated], at: datetime, origin: Origin, session: Session
    ) -> dict[str, Document]:
        change = {"at": at}
        writes = [Write(each.id, None, each.document) for each in news]
        chosen = {each.id for each in news if each.chosen}
        related = await self._write_others(writes, _leaves(news, self), change, origin, session, chosen)
        own = {(self._resource.name, each.id) for each in news}
        documents = {each.id: related.document(each.id) for each in news}
        await self._documents.insert_many_within(
            [NewDocument(id, each, created_change(self._resource, each, at, origin)) for id, each in documents.items()],
            {target for each in news for target in each.targets} - own,
            session,
        )
        return documents

    async def replace(
        self,
        seen: StoredDocument,
        document: Document,
        change: Change,
        targets: Set[Target],
        origin: Origin,
        shared: Set[str] = NO_KEYS,
    ) -> StoredDocument:
        """As `Repository.replace`, with all other ends. Raises `RelationshipConflict`, too."""

        async def write(session: Session) -> None:
            await self._write_others([Write(seen.id, seen, document)], frozenset(), change, origin, session)
            await self._documents.replace_within(seen, document, change, session, targets, shared)

        await transact(self._database, write)
        if self.changed_ids(seen.document, document)[0]:
            await self.settle({seen.id}, (), origin)
        return StoredDocument(seen.id, change["revision"], document, change["at"])

    async def write_all(self, writes: Sequence[Write], at: datetime, origin: Origin, session: Session) -> None:
        """Write documents, and all other ends, in the transaction of `session`; who deletes one does that itself."""
        new = {each.id for each in writes if each.seen is None}
        related = await self._write_others(writes, frozenset(), {"at": at}, origin, session, new)
        unit = UnitOfWork(self._database)
        for each in writes:
            if each.seen and each.after is not None:
                self._update(unit, each.seen, related.document(each.id), at, origin)
        await unit.write_within(session)
        for each in writes:
            if each.seen is None and each.after is not None:
                document = related.document(each.id)
                change = created_change(self._resource, document, at, origin)
                await self._documents.insert_within(each.id, document, change, NONE, session)

    async def unlink(self, seen: StoredDocument, at: datetime, origin: Origin, session: Session) -> None:
        """Take what is deleted in the transaction of `session` out of the documents that are related to it."""
        await self._write_others([Write(seen.id, seen, None)], frozenset(), {"at": at}, origin, session)

    async def settle(self, ids: Collection[str], chosen: Collection[str], origin: Origin) -> None:
        """Relate documents with these ids to those that were written in the same moment, when neither of two requests
        saw the other; and to those with the `chosen` ids what names them."""
        found = [*await self._documents.with_ids(ids)] if ids else []
        found += await self._documents.naming_any(self._paths, chosen) if chosen else []
        await self._settle(found, origin)

    async def complete(self) -> None:
        """Relate all documents, also those of before there were these relationships; reads them once."""
        name, declared = self._resource.name, repr(self.declared)
        if await self._lock.is_complete(name, declared):
            return
        page: list[StoredDocument] = []
        async for each in Scan(self._database, name).documents():
            page += [each] if self.are_in(each.document) else []
            if len(page) == PAGE:
                await self._settle(page, UNKNOWN)
                page = []
        await self._settle(page, UNKNOWN)
        await self._lock.note_complete(name, declared)

    async def _settle(self, found: Sequence[StoredDocument], origin: Origin) -> None:
        if not found:
            return
        halves = await RelatedDocuments(self._resource.name, self._documents, self.declared, {}).halves(found)
        for id in sorted(halves):
            try:
                conflicts = await transact(self._database, partial(self._complete, id, origin))
            except RelationshipConflict as conflict:
                conflicts = [conflict]
            for each in conflicts:
                told = each.message
                log.warning("a relationship has one end only", resource=self._resource.name, id=id, error=told)

    async def _complete(self, id: str, origin: Origin, session: Session) -> list[RelationshipConflict]:
        await self._lock.take(self._resource.name, session)
        related = RelatedDocuments(self._resource.name, self._documents, self.declared, {}, session)
        conflicts = await related.complete(id)
        await related.refuse_cycles(frozenset())
        await self._update_others(related, dates.now(), origin, session)
        return conflicts

    async def _update_others(self, related: RelatedDocuments, at: datetime, origin: Origin, session: Session) -> None:
        unit = UnitOfWork(self._database)
        for seen, document in related.changed_others:
            self._update(unit, seen, document, at, origin)
        await unit.write_within(session)

    async def _write_others(
        self,
        writes: Sequence[Write],
        leaves: Set[str],
        change: Change,
        origin: Origin,
        session: Session,
        named: Collection[str] = (),
    ) -> RelatedDocuments:
        """Write the other ends of `writes`. Those of them with `named` ids get what others say of them, too."""
        if any(self._needs_lock(each) for each in writes if each.id not in leaves):
            await self._lock.take(self._resource.name, session)
        own = {each.id: each.after for each in writes}
        related = RelatedDocuments(self._resource.name, self._documents, self.declared, own, session)
        await related.add_others(await self._documents.naming_any(self._paths, named, session) if named else [])
        for each in writes:
            await related.follow(each.id, *each.ends)
        await related.refuse_cycles(leaves)
        await self._update_others(related, change["at"], origin, session)
        return related

    def _update(self, unit: UnitOfWork, seen: StoredDocument, document: Document, at: datetime, origin: Origin) -> None:
        resource = self._resource
        change = resource.change(seen.revision + 1, seen.document, document, at, origin)
        if change is None:
            return
        resource.rules.touch(document, at)
        if resource.defaults:
            resource.defaults.touch(seen.document, document, at)
        try:
            unit.replace(self._documents, seen, document, change)
        except PayloadTooLarge as large:
            raise PayloadTooLarge(
                f"{resource.name} {seen.id}, the other end, would be too large: {large.message}"
            ) from None

    def _needs_lock(self, write: Write) -> bool:
        before, after = write.ends
        ends = [end for each in self.declared if each.hierarchy for end, _ in each.directions]
        return any(set(end.ids(after)).difference(end.ids(before)) for end in ends)

    @property
    def _paths(self) -> list[tuple[str, ...]]:
        return [(end.attribute, *end.reference, "id") for each in self.declared for end, _ in each.directions]


def _leaves(news: Sequence[NewRelated], relationships: Relationships) -> frozenset[str]:
    """The new documents that nothing can be below: nobody knows their ids yet, and they name nothing below them."""
    below = [each.inverse for each in relationships.declared]
    return frozenset(each.id for each in news if not each.chosen and not any(end.has(each.document) for end in below))
