# SPDX-License-Identifier: Apache-2.0
"""Bulk creates: validated like single ones, written in few round trips, each with an outcome of its own."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.json_values import equal
from app.domain.nulls import without_nulls
from app.domain.origin import Origin
from app.errors import Conflict, DuplicateIdentity, PayloadTooLarge, RelationshipConflict, TmfError, shorten
from app.resources.create import created_change, new_document, validated_body
from app.resources.merged_ids import MergedIds
from app.resources.references import Reference, References, dangling_error, refuse_missing, targets
from app.resources.relationships import NewRelated, Relationships
from app.resources.resource import Document, Resource
from app.resources.uniqueness import Uniqueness
from app.storage.documents.batching import TakenIdentifier
from app.storage.documents.referential_integrity import DanglingReference, NewRow, Target
from app.storage.documents.repository import Repository
from app.storage.documents.rows import new_row
from app.storage.mongod.driver import EncodedRow


@dataclass(frozen=True)
class New:
    """The body of a create, and the `id` that the resource gets unless the body has one.

    With an `id` the create can be retried: a resource of this id that shows the same counts as created by it.
    """

    body: Document
    id: str = field(default_factory=new_id)


@dataclass(frozen=True)
class CreatedResource:
    """The outcome of a create that was written, with the stored document."""

    id: str
    document: Document


@dataclass(frozen=True)
class AlreadyThere:
    """The outcome of a create whose resource existed already, with the same content."""

    id: str


Outcome = CreatedResource | AlreadyThere | TmfError


@dataclass(frozen=True)
class ValidatedBody:
    """A valid body: the view of it, the id of the new resource, and the references that must have a target."""

    shown: Document
    id: str
    references: Sequence[Reference]
    is_own_id: bool


@dataclass(frozen=True)
class _NewDocument:
    """A valid body with the document to write for it."""

    body: ValidatedBody
    document: Document


class Bulk:
    """The bulk creates of one resource in one API version."""

    def __init__(
        self,
        resource: Resource,
        documents: Repository,
        references: References,
        unique: Uniqueness | None = None,
        merged: MergedIds | None = None,
        relationships: Relationships | None = None,
    ) -> None:
        self._resource = resource
        self._merged = merged
        self._relationships = relationships
        self._unique = unique
        self._documents = documents
        self._references = references

    async def create(self, news: Sequence[New], origin: Origin) -> list[Outcome]:
        """Create what is valid of `news`; returns an outcome for each, in their order.

        A reference may lead to an earlier one of `news`.
        """
        at = dates.now()
        bodies = await self._refuse_merged([self._validate(new) for new in news])
        existing = await self._references.existing(
            reference for one in bodies if isinstance(one, ValidatedBody) for reference in one.references
        )
        begun = list(self._new_documents(bodies, existing, at))
        kept = iter(await self._store([one for one in begun if isinstance(one, _NewDocument)], at, origin))
        return [next(kept) if isinstance(one, _NewDocument) else one for one in begun]

    async def _refuse_merged(self, bodies: list[ValidatedBody | TmfError]) -> list[ValidatedBody | TmfError]:
        """The bodies, with the error in the place of those whose id was merged into another."""
        ids = {one.id for one in bodies if isinstance(one, ValidatedBody)}
        taken = await self._merged.taken_ids(ids) if self._merged and ids else {}
        return [taken.get(one.id, one) if isinstance(one, ValidatedBody) else one for one in bodies]

    def _validate(self, new: New) -> ValidatedBody | TmfError:
        try:
            shown = validated_body(self._resource, without_nulls(new.body, self._resource.attributes))
            return self.identify(new, self._references.lead_on(shown))
        except TmfError as refusal:
            return refusal

    def identify(self, new: New, shown: Document) -> ValidatedBody:
        """The checked view `shown` of a body, with the id that it gets. Raises `BadRequest` where it may have none."""
        own = self._resource.chosen_id(shown)
        return ValidatedBody(shown, own or new.id, self._references.new_references(shown), is_own_id=own is not None)

    def document(self, body: ValidatedBody, at: datetime) -> Document:
        """The document of a valid body, created `at` this instant. Raises `InvalidField` where rules forbid it."""
        return new_document(self._resource, body.shown, at)

    def _new_documents(
        self, bodies: Iterable[ValidatedBody | TmfError], existing: set[Target], at: datetime
    ) -> Iterable[_NewDocument | TmfError]:
        for one in bodies:
            try:
                yield one if isinstance(one, TmfError) else self._new_document(one, existing, at)
            except TmfError as refusal:
                yield refusal

    def _new_document(self, body: ValidatedBody, existing: set[Target], at: datetime) -> _NewDocument:
        refuse_missing(body.references, existing)
        new = _NewDocument(body, self.document(body, at))
        existing.add((self._resource.name, body.id))
        return new

    async def _store(self, begun: Sequence[_NewDocument], at: datetime, origin: Origin) -> list[Outcome]:
        first: dict[str, _NewDocument] = {}
        for one in begun:
            first.setdefault(one.body.id, one)
        related = await self._related_documents(first.values()) if self._relationships else {}
        failed = await self._insert([one for id, one in first.items() if id not in related], at, origin)
        failed |= await self._insert_related(related, first, at, origin) if related else {}
        for one in [first[id] for id, outcome in failed.items() if isinstance(outcome, TakenIdentifier)]:
            if refusal := await self._insert_alone(one, related.get(one.body.id), at, origin):
                failed[one.body.id] = refusal
            else:
                del failed[one.body.id]
        taken = {id for id, outcome in failed.items() if _is_id_taken(outcome)}
        late = [one for one in begun if one.body.id in taken or one is not first[one.body.id]]
        stored = await self._documents.beginnings({one.body.id for one in late}) if late else {}
        met = {id(one): self._taken_id_outcome(one.body, stored.get(one.body.id)) for one in late}
        if self._relationships:
            chosen = [id for id, one in first.items() if one.body.is_own_id]
            await self._relationships.settle(list(related), chosen, origin)
        documents = {id: each.document for id, each in related.items()}
        return [
            met.get(id(one))
            or failed.get(one.body.id)
            or CreatedResource(one.body.id, documents.get(one.body.id, one.document))
            for one in begun
        ]

    async def _related_documents(self, begun: Iterable[_NewDocument]) -> dict[str, NewRelated]:
        """Those that have relationships, or whose ids stored documents or others of them name."""
        assert self._relationships is not None, "nothing else is related"
        having = [one for one in begun if self._relationships.are_in(one.document)]
        named = {id for one in having for id in self._relationships.changed_ids({}, one.document)[0]}
        if chosen := {one.body.id for one in begun if one.body.is_own_id}:
            named |= await self._relationships.named_ids(chosen)
        return {
            one.body.id: NewRelated(one.body.id, one.document, one.body.is_own_id, targets(one.body.references))
            for one in begun
            if self._relationships.are_in(one.document) or one.body.id in named
        }

    async def _insert_related(
        self, related: dict[str, NewRelated], first: Mapping[str, _NewDocument], at: datetime, origin: Origin
    ) -> dict[str, TmfError]:
        """As `_insert`, for those with relationships; has in `related` the documents that were written."""
        assert self._relationships is not None, "nothing else is related"
        there = await self._documents.existing({*related})
        refused: dict[str, TmfError] = {id: Conflict(f"{self._resource.name} {id} exists already") for id in there}
        news = [each for id, each in related.items() if id not in there]
        for id, outcome in (await self._relationships.insert_all(news, at, origin) if news else {}).items():
            if isinstance(outcome, dict):
                related[id] = replace(related[id], document=outcome)
            else:
                refused[id] = _refusal(first[id].body, outcome)
        return refused

    async def _insert(self, begun: Sequence[_NewDocument], at: datetime, origin: Origin) -> dict[str, TmfError]:
        """Insert the documents; returns errors by id: `Conflict` where the id is taken.

        Documents with references are inserted last, as they may refer to others of the same call.
        """
        fitting: list[tuple[_NewDocument, EncodedRow]] = []
        refused: dict[str, TmfError] = {}
        for one in begun:
            try:
                announced = created_change(self._resource, one.document, at, origin)
                fitting.append((one, new_row(one.body.id, one.document, announced, self._documents.derived)))
            except PayloadTooLarge as refusal:
                refused[one.body.id] = refusal
        refused |= await self._insert_plain([row for one, row in fitting if not one.body.references])
        return refused | await self._insert_referring([(one.body, row) for one, row in fitting if one.body.references])

    async def _insert_alone(
        self, one: _NewDocument, related: NewRelated | None, at: datetime, origin: Origin
    ) -> TmfError | None:
        """Insert a document with an identifier that another has; returns the error, if it counts."""
        assert self._unique is not None, "nothing else has unique identifiers"
        body, announced = one.body, created_change(self._resource, one.document, at, origin)

        async def write(shared: Set[str]) -> None:
            if self._relationships and related:
                await self._relationships.insert(related, announced, origin, shared)
            else:
                leading_to = targets(body.references)
                await self._documents.insert(body.id, one.document, announced, leading_to, shared)

        try:
            await self._unique.write(one.document, write)
        except DanglingReference as nowhere:
            return dangling_error(body.references, nowhere.existing)
        except TmfError as refusal:
            return refusal
        return None

    async def _insert_plain(self, rows: Sequence[EncodedRow]) -> dict[str, TmfError]:
        outcomes = await self._documents.insert_many(rows) if rows else []
        return {row["_id"]: outcome for row, outcome in zip(rows, outcomes, strict=True) if outcome}

    async def _insert_referring(self, rows: Sequence[tuple[ValidatedBody, EncodedRow]]) -> dict[str, TmfError]:
        new = [NewRow(row, targets(body.references)) for body, row in rows]
        outcomes = await self._documents.insert_referring(new) if new else []
        pairs = zip((body for body, _ in rows), outcomes, strict=True)
        return {body.id: _refusal(body, outcome) for body, outcome in pairs if outcome}

    def _taken_id_outcome(
        self, body: ValidatedBody, stored: tuple[Document, datetime] | None
    ) -> AlreadyThere | Conflict:
        """The outcome of a create whose id is taken by the `stored` document: `AlreadyThere` if that is the same."""
        if stored and (not body.is_own_id or self._is_same(body, *stored)):
            return AlreadyThere(body.id)
        shown_id = shorten(self._resource.shown_id(body.id))
        return Conflict(f"{self._resource.name} {shown_id} exists already, and it is another")

    def _is_same(self, body: ValidatedBody, document: Document, created: datetime) -> bool:
        """Whether the view of `document` is the one that the body, created at that time, would have."""
        resource, other = self._resource, self.document(body, created)
        if self._relationships:
            document = self._relationships.without_added(document, other)
        resource.rules.untouch(document, other)
        if resource.defaults:
            resource.defaults.untouch(document, other)
        return equal(resource.to_view(body.id, other), resource.to_view(body.id, document))


def _is_id_taken(outcome: TmfError) -> bool:
    return isinstance(outcome, Conflict) and not isinstance(outcome, DuplicateIdentity | RelationshipConflict)


def _refusal(body: ValidatedBody, outcome: TmfError | DanglingReference) -> TmfError:
    return dangling_error(body.references, outcome.existing) if isinstance(outcome, DanglingReference) else outcome


def views(resource: Resource, outcomes: Iterable[Outcome]) -> list[Document]:
    """The views of the created resources. Raises the first error among the outcomes."""
    shown = []
    for outcome in outcomes:
        if isinstance(outcome, TmfError):
            raise outcome
        if isinstance(outcome, CreatedResource):
            shown.append(resource.to_view(outcome.id, outcome.document))
    return shown
