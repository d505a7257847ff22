# SPDX-License-Identifier: Apache-2.0
"""The engine: create, get, find, patch and delete, for any resource in any version."""

from collections.abc import Awaitable, Callable, Collection, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from app.access.principal import Principal
from app.domain import dates
from app.domain.identifiers import Revision, new_id
from app.domain.json_text import FEW_OBJECTS, objects, refuse_crowded, refuse_unkeepable
from app.domain.json_values import differing
from app.domain.origin import UNKNOWN, Origin
from app.domain.patching import apply_patch, refuse_fixed
from app.domain.restriction import DELETE, UPDATE
from app.errors import Gone, InvalidField, MergeConflict, TmfError
from app.resources.bulk import Bulk, New, Outcome, views
from app.resources.contents.contents import Contents, Incoming
from app.resources.create import created_change, draft, validated_body
from app.resources.delete_guards import Guard, HoldGuard
from app.resources.history import History
from app.resources.lists.pages import ListPage, ListQuery, find_page
from app.resources.lists.renderings import Renderings
from app.resources.merged_ids import MergedIds
from app.resources.references import Reference, References, dangling_error, targets
from app.resources.relationships import NewRelated, Relationships
from app.resources.resource import Document, Draft, Resource, Visible
from app.resources.uniqueness import Uniqueness
from app.storage.documents.receipts import Key, Receipt, Receipts
from app.storage.documents.referential_integrity import DanglingReference, Target
from app.storage.documents.repository import Repository
from app.storage.documents.rows import NO_KEYS, Change, StoredDocument
from app.storage.mongod.driver import Session


def validated_result(resource: Resource, shown: Document, patch: Any, media_type: str) -> Document:
    """The validated view after a patch of the view `shown`; unchanged members are identical (`is`) to those of `shown`.

    Raises the error of the patch, or of its result.
    """
    if isinstance(patch, dict):
        patch = resource.view.normalise(patch)
    after = resource.view.normalise(apply_patch(shown, patch, media_type), shown)
    fresh = differing(shown, after)
    refuse_unkeepable(fresh)
    if objects(fresh) > FEW_OBJECTS:
        refuse_crowded(after)
    try:
        resource.whole.check_change(shown, after)
        new_view = resource.refresh_view_instants(after, fresh)
    except InvalidField as wrong:
        raise _with_fixed(resource, shown, after, wrong) from None
    refuse_fixed(shown, new_view, resource.rules.fixed)
    return new_view


def _with_fixed(resource: Resource, shown: Document, after: Document, wrong: InvalidField) -> InvalidField:
    """The error `wrong`, with the attributes added that no patch may change and this one does."""
    try:
        refuse_fixed(dates.with_text_dates(shown), dates.with_text_dates(after), resource.rules.fixed)
    except InvalidField as fixed:
        return InvalidField(f"{fixed.message}; {wrong.message}")
    return wrong


def apply_update(resource: Resource, before: Document, shown: Document, new_view: Document, at: datetime) -> Document:
    """The document with the view `new_view`, where that of `before` was `shown`; a change of state is dated `at`.

    Raises `InvalidField`, `IllegalTransition` or `ClosedResource` where rules or lifecycle forbid the change.
    """
    document = resource.update_stored(before, shown, new_view)
    resource.lifecycle.advance(before, document, at)
    if resource.amendable:
        resource.refuse_amendment(before, shown, new_view)
    resource.rules.untouch(before, document)
    if resource.defaults:
        resource.defaults.untouch(before, document)
    resource.rules.check(document)
    if resource.tracking:
        resource.tracking.advance(before, document, at)
    return document


Got = TypeVar("Got")


class ResourceView(NamedTuple):
    """The view of a resource, and the revision (`edition`) that it shows.

    `repeated` when it is the stored answer to an earlier create, `deleted` when that resource is deleted since.
    """

    edition: Revision
    view: Document
    repeated: bool = False
    deleted: bool = False


class _Update(NamedTuple):
    """The `document` that a stored one becomes, the change that announces it, and the new targets of references."""

    stored: StoredDocument
    document: Document
    announced: Change
    leading_to: frozenset[Target]


Absent = Callable[[str, Principal | None], Awaitable[Gone | None]]
Restricting = Callable[[Principal], "Engine | None"]
Precondition = Callable[[Revision], None]
"""A precondition of a client on the present revision before a write; raises when it does not hold."""


class Engine:
    """The operations on one resource in one API version."""

    def __init__(
        self,
        resource: Resource,
        documents: Repository,
        references: References,
        receipts: Receipts,
        history: History,
        renderings: Renderings,
        needs: Sequence[Guard] = (),
        held: HoldGuard | None = None,
        unique: Uniqueness | None = None,
        merged: MergedIds | None = None,
        relationships: Relationships | None = None,
    ) -> None:
        self.resource = resource
        self._documents = documents
        self._references = references
        self._receipts = receipts
        self._history = history
        self._needs = needs if held is None else (held, *needs)
        self._held = held
        self._unique = unique
        self._unique_attributes = documents.derived.unique.attributes if unique else NO_KEYS
        self._merged = merged
        self._relationships = relationships
        self._owner_names = held.holds.ownership.attributes(resource.name) if held else frozenset()
        self._renderings = renderings
        self.absence: Absent | None = None
        """Set where there is an archive: gives the error for what is in it."""
        self.contents: Contents | None = None
        """Set where the server keeps the bytes of attachments."""
        self.restrictions: Restricting | None = None
        """Set by whoever serves principals: gives the engine for one that is restricted to a part of the resource."""

    async def absence_error(self, id: str, principal: Principal | None, query: str = "") -> TmfError | None:
        """The error for a read, with this `query`, of an id that is not there as it was merged into another, or is in
        the archive; None where it is neither, or the principal may not know."""
        survivor = await self._merged.survivor(id, principal) if self._merged else None
        if self._merged and survivor and survivor.there:
            return self._merged.moved_error(id, survivor.id, query)
        return await self.absence(survivor.id if survivor else id, principal) if self.absence else None

    async def merged_error(self, id: str, principal: Principal | None) -> MergeConflict | None:
        """The error for a write to an id that is not there as it was merged into another; None where it was not, or the
        principal may not know."""
        survivor = await self._merged.survivor(id, principal) if self._merged else None
        return self._merged.write_error(id, survivor.id) if self._merged and survivor and survivor.there else None

    def for_principal(self, principal: Principal) -> "Engine":
        """The engine for a principal: this one where it may see all. Raises `Forbidden` where it may see nothing."""
        return (self.restrictions and self.restrictions(principal)) or self

    @property
    def place(self) -> str:
        """What tells creates here from creates elsewhere, for the keys by which clients repeat them."""
        return f"{self.resource.version}/{self.resource.name}"

    async def create(self, body: Document, origin: Origin = UNKNOWN, key: Key | None = None) -> ResourceView:
        """Create a resource and return its view (TMF630 part 1, create).

        With a `key` that was used before, the earlier answer is returned. Raises `KeyReused`.
        """
        if key and (first := await self._receipts.find(key)):
            return await self._replay(first)
        taken = self.contents.taken_in(body) if self.contents else None
        new, announced, references, made = self._prepare_create(taken.view if taken else body, origin)
        chosen = self.resource.own_ids and "id" in body
        if self._merged and chosen:
            await self._refuse_merged(new.id)
        if references:
            await self._refuse_foreign(references)
        related = await self._new_related(new, chosen, targets(references)) if self._relationships else None
        if related:
            new = new._replace(document=related.document)
            announced = created_change(self.resource, new.document, announced["at"], origin)
        keep = partial(self._keep, new, announced, references, key, related, origin)
        first = await self._write_with_bytes(taken, new, keep)
        if self._relationships and (related or chosen):
            await self._relationships.settle([new.id] if related else [], [new.id] if chosen else [], origin)
        if first:
            await self._discard(taken, new.id)
            return await self._replay(first)
        if key or related:  # The answer must be the same, byte for byte, as a repeat will get.
            return self._to_view(new)
        view = self.resource.draft_to_view(new.id, made)
        return ResourceView(self._edition(new, view), view)

    async def create_many(self, bodies: Sequence[Document]) -> list[Document]:
        """As `create_each`, for bodies all of which should be valid; returns their views. Raises the first error."""
        return views(self.resource, await self.create_each([New(body) for body in bodies]))

    async def create_each(self, news: Sequence[New], origin: Origin = UNKNOWN) -> list[Outcome]:
        """As `create`, for many at a time in few round trips to the database; each has an outcome of its own.

        An id in a body is kept in every version. Raises `Unavailable` when the outcome is unknown: try again.
        """
        if self.contents and any(map(self.contents.taken_in, (each.body for each in news))):
            return [await self._create_alone(each, self.contents, origin) for each in news]
        return await self._bulk().create(news, origin)

    async def _create_alone(self, new: New, contents: Contents, origin: Origin) -> Outcome:
        """The outcome of one of many creates, with the bytes of its attachments."""
        try:
            taken = contents.taken_in(new.body) or Incoming(new.body)
            id = self.resource.chosen_id(new.body) or new.id
            if there := await self._documents.beginnings({id}):  # Its bytes are there, if it is the same.
                return (await self._bulk().create([New(contents.named_as(taken, there[id][0]), id)], origin))[0]
            write = partial(self._bulk().create, [New(taken.view, id)], origin)
            (outcome,) = await contents.writing(taken, StoredDocument(id, 0, {}, dates.now()), write)
        except TmfError as refusal:
            return refusal
        if isinstance(outcome, TmfError) and outcome.status < 500:
            await contents.discard(taken.keys, id)
        return outcome

    async def get(self, id: str, attributes: Collection[str] | None = None) -> ResourceView:
        """The view of one resource, or of the stored first-level `attributes` of it. Raises `NotFound`."""
        return self._to_view(await self._documents.get(id, attributes))

    async def get_as_of(self, id: str, at: datetime) -> ResourceView:
        """The view of one resource as it was at that instant. Raises `NotFound`, and `Gone` after its deletion."""
        return self._to_view(await self._history.get(id, at))

    async def track_record(self, id: str) -> list[Document]:
        """The changes of one resource, also after its deletion, the first one first. Raises `NotFound`."""
        changes = await self._history.track_record.of(id, self.resource, self._visible)
        if not changes:
            await self.get(id)
        return changes

    async def find(self, query: ListQuery) -> ListPage:
        """The resources of a list (TMF630 part 1, filtering, sorting and paging).

        Without a sort they come in the order of their ids: that of creation, but for ids that clients chose.
        """
        return await find_page(self.resource, self._documents, self._naming_survivors(query), self._renderings)

    async def patch(
        self, id: str, patch: Any, media_type: str, demanded: Precondition, origin: Origin = UNKNOWN
    ) -> ResourceView:
        """Apply `patch`, of this media type, to a resource and return its view (TMF630 part 1, partial update).

        After a concurrent write the patch is applied to the new revision, if the precondition `demanded` holds on it.
        It may be a function, too, from the view to the patch.
        """

        async def attempt() -> ResourceView:
            stored = await self._documents.get(id)
            self._admit(UPDATE, stored)
            shown = self._to_view(stored)
            demanded(shown.edition)
            asked = patch(shown.view) if callable(patch) else patch
            new_view = self._lead_on(shown.view, validated_result(self.resource, shown.view, asked, media_type))
            if taken := self._altered_bytes(stored, shown.view, new_view):
                new_view = taken.view
            references, leading_to = self._new_references(shown.view, new_view)
            if references:
                await self._refuse_foreign(references)
            if self.resource.tracking:
                await self.resource.tracking.ready(stored.document)
            # One instant for all, so that what follows from it can be computed again from the log.
            at = dates.now()
            document = apply_update(self.resource, stored.document, shown.view, new_view, at)
            announced = self.resource.change(stored.revision + 1, stored.document, document, at, origin)
            if announced is None:
                return shown
            await self._refuse_escape(stored, document)
            self.resource.rules.touch(document, announced["at"])
            if self.resource.defaults:
                self.resource.defaults.touch(stored.document, document, announced["at"])
            update = _Update(stored, document, announced, leading_to)
            try:
                new = await self._replace(update, taken, origin)
            except DanglingReference as nowhere:
                raise dangling_error(references, nowhere.existing) from None
            view = self.resource.refresh_view(shown.view, stored.document, document)
            return ResourceView(self._edition(new, view), view)

        return await self._documents.in_turn(id, attempt)

    async def delete(self, id: str, demanded: Precondition, origin: Origin = UNKNOWN) -> None:
        """Delete a resource (TMF630 part 1, delete). Raises `NotFound`, or `Conflict` while it is needed."""

        async def attempt() -> None:
            stored = await self._documents.get(id)
            self._admit(DELETE, stored)
            demanded(self._edition(stored))
            announced = self.resource.deletion(stored, dates.now(), origin)
            refuse = partial(self._refuse_while_needed, stored)
            if self._relationships and self._relationships.are_in(stored.document):
                await self._admit_ends(stored.document, {})
                refuse = partial(self._unlink, stored, announced["at"], origin)
            await self._documents.remove(stored, announced, refuse)
            if self.contents and (keys := self.contents.keys(stored.document)):
                await self.contents.discard(keys, id)

        await self._documents.in_turn(id, attempt)

    def _bulk(self) -> Bulk:
        return Bulk(self.resource, self._documents, self._references, self._unique, self._merged, self._relationships)

    def _dangling_error(self, references: Sequence[Reference], existing: Set[Target]) -> TmfError:
        """What it is to create what refers to something that is not there."""
        return dangling_error(references, existing)

    async def _keep(
        self,
        new: StoredDocument,
        announced: Change,
        references: Sequence[Reference],
        key: Key | None,
        related: NewRelated | None,
        origin: Origin,
    ) -> Receipt | None:
        """Insert a document; with a `key` that was used before, return the receipt of that instead."""
        what = new.id, new.document, announced, targets(references)

        async def attempt(shared: Set[str]) -> Receipt | None:
            if self._relationships and related:
                if key is None:
                    await self._relationships.insert(related, announced, origin, shared)
                    return None
                write = partial(self._relationships.insert_within, related, announced, origin, shared)
                return await self._receipts.keep(key, new._asdict(), write)
            if key is None:
                await self._documents.insert(*what, shared=shared)
                return None
            write = partial(self._documents.insert_within, *what, shared=shared)
            return await self._receipts.keep(key, new._asdict(), write)

        try:
            return await self._write_unique(new.document, attempt)
        except DanglingReference as nowhere:
            raise self._dangling_error(references, nowhere.existing) from None

    async def _replace(self, update: "_Update", taken: Incoming | None, origin: Origin) -> StoredDocument:
        """The document after an update, with the other ends of its relationships, if these change, and its bytes."""
        stored, document = update.stored, update.document
        write = partial(self._documents.replace, *update)
        if self._relationships and self._relationships.differ(stored.document, document):
            await self._admit_ends(stored.document, document)
            write = partial(self._relationships.replace, *update, origin)
        changes_identity = any(stored.document.get(n) != document.get(n) for n in self._unique_attributes)
        keep = partial(self._write_unique, document, write) if changes_identity else write
        return await self._write_with_bytes(taken, stored, keep)

    def _altered_bytes(self, stored: StoredDocument, shown: Document, new_view: Document) -> Incoming | None:
        """What a change does to the bytes of attachments; None where it leaves them."""
        if self.contents and self.contents.changes(shown, new_view):
            return self.contents.take_changes(stored, shown, new_view)
        return None

    async def _write_with_bytes(
        self, taken: Incoming | None, stored: StoredDocument, write: Callable[[], Awaitable[Got]]
    ) -> Got:
        """The result of `write`, which writes the document, with the bytes of its attachments that were `taken`."""
        return await (self.contents.writing(taken, stored, write) if self.contents and taken else write())

    async def _discard(self, taken: Incoming | None, id: str) -> None:
        """Delete bytes that were taken, as an earlier answer has its own."""
        if self.contents and taken:
            await self.contents.discard(taken.keys, id)

    async def _write_unique(self, document: Document, attempt: Callable[[Set[str]], Awaitable[Got]]) -> Got:
        """The result of `attempt`, which writes the document. Raises `Conflict` for what only one may have."""
        if self._unique is None:
            return await attempt(NO_KEYS)
        return await self._unique.write(document, attempt, self._may_be_named)

    async def _replay(self, first: Receipt) -> ResourceView:
        id, created = first["id"], first["changed"]
        # Another resource may have the id by now.
        there = await self._documents.beginnings({id})
        deleted = id not in there or dates.text(there[id][1]) != dates.text(created)
        return self._to_view(StoredDocument(**first))._replace(repeated=True, deleted=deleted)

    def _to_view(self, stored: StoredDocument) -> ResourceView:
        view = self.resource.to_view(stored.id, stored.document)
        return ResourceView(self._edition(stored, view), view)

    def _edition(self, stored: StoredDocument, _view: Document | None = None) -> Revision:
        """The revision of a stored document, whose view is given if there is one."""
        return Revision(stored.revision, stored.changed, self.resource.version)

    def _admit(self, verb: str, stored: StoredDocument) -> None:
        """Raise `NotFound` or `Forbidden` where the principal may not do that; here it may do all."""

    @property
    def _visible(self) -> Visible | None:
        """Whether the principal may see a state of a document; None where it may see any."""
        return None

    def _refuse_outside(self, id: str, document: Document) -> None:
        """Raise `Forbidden` for a new document that the principal could not see; here it sees all."""

    async def _refuse_escape(self, stored: StoredDocument, document: Document) -> None:
        """Raise `Conflict` for a change of a stored document that takes it out of a legal hold."""
        # Looked at here, as most patches leave alone whose a document is.
        if self._held and any(stored.document.get(name) != document.get(name) for name in self._owner_names):
            await self._held.refuse_escape(self.resource.name, stored, document)

    async def _refuse_merged(self, id: str) -> None:
        """Raise `MergeConflict` for the id of a new document that was merged into another."""
        if self._merged and (taken := await self._merged.taken_ids({id})):
            raise taken[id]

    async def _refuse_foreign(self, references: Sequence[Reference]) -> None:
        """Raise for references to what the principal may not see; here it sees all."""

    async def _may_be_named(self, id: str) -> bool:
        """Whether an error may tell of the document with this id; here it may of any."""
        return True

    def _prepare_create(self, body: Document, origin: Origin) -> tuple[StoredDocument, Change, list[Reference], Draft]:
        """The document of a create, the change that announces it, the references that must have targets, and the
        draft."""
        at = dates.now()
        shown = self._references.lead_on(validated_body(self.resource, body), self._own_survivors)
        new = draft(self.resource, shown, at)
        references = self._references.new_references(shown, addressed=new.addressed)
        id = (self.resource.chosen_id(shown) if self.resource.own_ids else None) or new_id()
        announced = created_change(self.resource, new.document, at, origin)
        return StoredDocument(id, 1, new.document, announced["at"]), announced, references, new

    def _lead_on(self, before: Document, after: Document) -> Document:
        """The view `after`, with what it does not share with `before` led from merged ids to their survivors."""
        known = self._references.known
        if known is None or not known.survivors:  # Nothing is called for that: a patch goes a straight way.
            return after
        changed = differing(before, after)
        led = self._references.lead_on(changed, self._own_survivors)
        return after if led is changed else {**after, **led}

    def _naming_survivors(self, query: ListQuery) -> ListQuery:
        """The query, which also finds what names the survivors of merged ids that it asks for."""
        known = self._references.known
        if known is None or not known.survivors:
            return query
        return replace(query, where=known.naming_survivors(query.where, self._own_survivors))

    @property
    def _own_survivors(self) -> Set[str] | None:
        """The ids of survivors to which references may be led without telling the principal too much; here all."""
        return None

    def _new_references(self, before: Document, after: Document) -> tuple[list[Reference], frozenset[Target]]:
        """The references in the view `after` that `before` does not have, and their targets."""
        changed = differing(before, after)
        if not any(isinstance(value, dict | list) for value in changed.values()):
            return [], frozenset()  # References are objects.
        references = self._references.new_references(changed, before)
        return references, targets(references)

    async def _new_related(self, new: StoredDocument, chosen: bool, targets: Set[Target]) -> NewRelated | None:
        """A new document with relationships, also those in which others name its id, if that was `chosen`; None for one
        without."""
        assert self._relationships is not None, "nothing else is related"
        document = new.document
        if chosen:
            document = await self._relationships.with_other_ends(new.id, document)
        if not self._relationships.are_in(document):
            return None
        await self._admit_ends({}, document)
        return NewRelated(new.id, document, chosen, targets)

    async def _admit_ends(self, before: Document, after: Document) -> None:
        """Raise for relationships that are gained or lost with what the principal may not see; here it sees all."""

    async def _unlink(self, stored: StoredDocument, at: datetime, origin: Origin, session: Session) -> None:
        await self._refuse_while_needed(stored, session)
        assert self._relationships is not None, "nothing else is related"
        await self._relationships.unlink(stored, at, origin, session)

    async def _refuse_while_needed(self, stored: StoredDocument, session: Session) -> None:
        for need in self._needs:
            await need.refuse_while_alive(self.resource.name, stored, session)
