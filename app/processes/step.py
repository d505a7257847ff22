# SPDX-License-Identifier: Apache-2.0
"""A step: what a task sees of its flow, and the writes by which it acts, which are one with the step of the task."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from app.domain.origin import Origin
from app.domain.query.predicates import Path
from app.domain.retention import RetentionSchedule
from app.errors import BadGateway, Conflict, NotFound
from app.processes.form import values_of
from app.processes.policies import CheckPolicy, Policies
from app.resources.archive.archive import Archive
from app.resources.archive.register import RegisteredBundle
from app.resources.create import created_change
from app.resources.delete_guards import describe_holds
from app.resources.merged_references import MergedReferences
from app.resources.relationships import Relationships, Write
from app.resources.resource import Document, Resource
from app.storage.documents.aliases import Aliases
from app.storage.documents.legal_holds import LegalHolds
from app.storage.documents.mentions import Mentions
from app.storage.documents.merge_journal import MergeJournal
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import Refuse, Repository
from app.storage.documents.rows import StoredDocument
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.erasure import Erasure
from app.storage.identity.suspicions import Suspicions
from app.storage.mongod.driver import Session
from app.storage.processes.runs import Runs

if TYPE_CHECKING:
    from app.processes.checks import CheckResult, Checks

_EFFECTS = UUID("7f0c1b52-6d0e-5b0f-9a57-2f4f8a2f9c11")
"""The name space of the ids of what tasks create, which follow from flow, task and a key: a repeat creates nothing."""
PATIENCE = 3
"""Failed attempts of a task after which a check that does not answer counts as unanswered."""
MOST_DEPENDENTS = 50_000
"""Documents that name one other document and are read at most."""


@dataclass(frozen=True)
class Collection:
    """A resource, in the shape that is stored, and its documents."""

    resource: Resource
    documents: Repository
    relationships: Relationships | None = None


@dataclass(frozen=True)
class Services:
    """What tasks may use: the `collections` by the names of resources, the `policies`, and checks of partners."""

    collections: Mapping[str, Collection]
    policies: Policies
    checks: "Checks"
    legal_holds: LegalHolds
    archive: Archive | None
    erasure: Callable[[], Erasure]
    schedule: RetentionSchedule
    remove_flow: Callable[[UnitOfWork, str, datetime, Origin, Refuse], Awaitable[list[Target]]]
    can_begin: Callable[[str, str], Awaitable[bool]]
    aliases: Aliases
    mentions: Mentions
    journal: MergeJournal
    merged: MergedReferences
    suspicions: Suspicions
    runs: Runs


@dataclass(frozen=True)
class Step:
    """One attempt at a task of a flow, at the instant `now`. What it writes is kept when the task's outcome is."""

    flow: StoredDocument
    task: StoredDocument
    tasks: Mapping[str, StoredDocument]
    now: datetime
    work: UnitOfWork
    services: Services
    failures: int = 0
    answered_by: str = ""
    begun: list["NewFlow"] = field(default_factory=list)
    related: list[Document] = field(default_factory=list)

    @property
    def policies(self) -> Policies:
        return self.services.policies

    @property
    def inputs(self) -> Mapping[str, Any]:
        """What the flow was told, by name."""
        return values_of(self.flow.document)

    @property
    def answers(self) -> Mapping[str, Any]:
        """What somebody answered to this task, and what came of it before, by name."""
        return values_of(self.task.document)

    def results(self, task: str) -> Mapping[str, Any]:
        """What came of another task of the flow, by name."""
        return values_of(self.tasks[task].document) if task in self.tasks else {}

    def is_completed(self, task: str) -> bool:
        """Whether another task of the flow is done."""
        return task in self.tasks and self.tasks[task].document["state"] == "completed"

    @property
    def is_late(self) -> bool:
        """Whether the time for the task has passed."""
        limit = self.task.document.get("requestedCompletionDate")
        return limit is not None and limit <= self.now

    @property
    def origin(self) -> Origin:
        """Who writes: the process."""
        return process_origin(self.flow)

    def subject_id(self, role: str) -> str:
        """The id of what the flow is about in this role."""
        return next(str(each["id"]) for each in self.flow.document["relatedEntity"] if each.get("role") == role)

    def subject_resource(self, role: str) -> str:
        """The resource of what the flow is about in this role."""
        related = self.flow.document["relatedEntity"]
        return next(str(each["@referredType"]) for each in related if each.get("role") == role)

    async def find(self, resource: str, id: str) -> StoredDocument | None:
        """The document with this id."""
        try:
            return await self.services.collections[resource].documents.get(id)
        except NotFound:
            return None

    async def naming(self, resource: str, path: Path, id: str) -> list[StoredDocument]:
        """The documents of a resource that have this id at a path of the stored document.

        Raises `Conflict` when there are more than a step can read: none may be left out unseen.
        """
        found = await self.services.collections[resource].documents.naming(path, id, MOST_DEPENDENTS + 1)
        if len(found) > MOST_DEPENDENTS:
            raise Conflict(f"There are more than {MOST_DEPENDENTS} {resource} that name {id}; a step reads no more")
        return found

    async def bundle_of(self, resource: str, id: str) -> RegisteredBundle | None:
        """The bundle that a document is in; None when it is not archived."""
        archive = self.services.archive
        return await archive.register.bundle_of(resource, id) if archive else None

    async def bundles_of(self, party: str) -> list[RegisteredBundle]:
        """The bundles of a party that is, or was, a customer, also of what was merged into it."""
        archive = self.services.archive
        return await archive.register.bundles_of_party(party) if archive else []

    async def same_identity(self, resource: str, document: Mapping[str, Any]) -> StoredDocument | None:
        """The document that has a unique identifier of this one already; None where there is none."""
        documents = self.services.collections[resource].documents
        for key in documents.derived.unique.keys(document):
            if (id := await documents.holder(key)) and (found := await self.find(resource, id)):
                return found
        return None

    def is_over(self, resource: str, stored: StoredDocument) -> bool:
        """Whether a document is in a final state."""
        return self.services.collections[resource].resource.lifecycle.is_over(stored.document)

    async def ask(self, checks: Sequence[CheckPolicy], body: Document) -> "list[CheckResult]":
        """What partner systems answer to `body`. One that does not answer is asked again later, a few times.

        Raises `BadGateway` when it should be asked again.
        """
        results = await self.services.checks.ask(checks, body, self.origin)
        unanswered = [each.text for each in results if each.permitted is None]
        if unanswered and self.failures < PATIENCE:
            raise BadGateway("; ".join(unanswered))
        return results

    def update(self, resource: str, seen: StoredDocument, members: Mapping[str, Any], *, at_once: bool = False) -> None:
        """Write `members` over those of what was `seen`; None removes one. A process may move the state on.

        With `at_once` before what is added to the work later; else after that, with all updates.

        Raises `IllegalTransition`.
        """
        at = self.services.collections[resource]
        after = {name: value for name, value in {**seen.document, **members}.items() if value is not None}
        at.resource.lifecycle.advance(seen.document, after, self.now, by_process=True)
        at.resource.rules.check(after)
        change = at.resource.change(seen.revision + 1, seen.document, after, self.now, self.origin)
        if change is not None:
            at.resource.rules.touch(after, self.now)
            if at.relationships and at.relationships.differ(seen.document, after):
                self.write_related(resource, [Write(seen.id, seen, after)])
            elif at_once:
                self.work.add(partial(at.documents.replace_within, seen, after, change))
            else:
                self.work.replace(at.documents, seen, after, change)

    def create(self, resource: str, view: Document, key: str) -> str:
        """Create a document of this view, in the stored shape; returns its id, which follows from `key`.

        Raises `BadRequest` for what no client could create.
        """
        at = self.services.collections[resource]
        at.resource.new.check(view)
        draft = at.resource.draft(at.resource.attributes.with_instants(view))
        at.resource.lifecycle.begin(draft.document, self.now)
        at.resource.rules.complete(draft.document, self.now)
        at.resource.rules.touch(draft.document, self.now)
        id = self.id_of(key)
        if at.relationships and at.relationships.are_in(draft.document):
            self.write_related(resource, [Write(id, None, draft.document)])
        else:
            announced = created_change(at.resource, draft.document, self.now, self.origin)
            self.work.insert(at.documents, id, draft.document, announced)
        return id

    def write_related(self, resource: str, writes: Sequence[Write]) -> None:
        """Write documents together, with all other ends of their relationships. The write raises
        `RelationshipConflict`."""
        relationships = self.services.collections[resource].relationships
        assert relationships is not None, "nothing else is related"
        self.work.add(partial(relationships.write_all, writes, self.now, self.origin))

    def remove(self, resource: str, seen: StoredDocument, *, linked: bool = True) -> None:
        """Delete what was `seen`, and take it out of what is related to it, unless its relationships are written
        apart. The write raises `Conflict` while it is under a legal hold."""
        at = self.services.collections[resource]
        deletion = at.resource.deletion(seen, self.now, self.origin)
        self.work.remove(at.documents, seen, deletion, partial(self._refuse_held, resource, seen))
        if linked and at.relationships and at.relationships.are_in(seen.document):
            self.work.add(partial(at.relationships.unlink, seen, self.now, self.origin))

    async def remove_flow(self, resource: str, flow: StoredDocument) -> list[Target]:
        """Delete another flow, which has ended, with its tasks, as `remove` does; returns what is deleted."""
        refuse = partial(self._refuse_held, resource, flow)
        return await self.services.remove_flow(self.work, flow.id, self.now, self.origin, refuse)

    async def _refuse_held(self, resource: str, seen: StoredDocument, session: Session) -> None:
        if held := await self.services.legal_holds.holds_on_document(resource, seen.id, seen.document, session):
            raise Conflict(f"{resource} {seen.id} is held by {describe_holds(held)}; it stays until that is released")

    def id_of(self, key: str) -> str:
        """The id of what this task creates under this key."""
        return str(uuid5(_EFFECTS, f"{self.flow.id}/{self.task.document['taskFlowSpecification']}/{key}"))

    async def begin(self, process: str, inputs: Mapping[str, Any]) -> None:
        """Begin a flow of another process for the same subject, unless one is live."""
        if await self.services.can_begin(process, self.subject_id("customer")):
            self.begun.append(NewFlow(self.id_of(process), process, inputs, self.now))

    def begin_about(self, process: str, about: Document, inputs: Mapping[str, Any]) -> str:
        """Begin a flow of another process about something else, of which one may be live; returns its id, which no
        flow has that the task began before."""
        id = self.id_of(f"{process}/{self.now.isoformat()}")
        self.begun.append(NewFlow(id, process, inputs, self.now, [about]))
        return id

    def relate(self, role: str, resource: str, id: str) -> None:
        """Let the flow be about a resource, too, in this role."""
        self.related.append(related_entity(self.services.collections[resource].resource, id, role))

    def after(self, duration: timedelta) -> datetime:
        """The instant so long after now."""
        return self.now + duration


def process_origin(flow: StoredDocument) -> Origin:
    """The origin of what a flow changes: its process; the flow is the correlation id."""
    return Origin(correlation_id=flow.id, actor=f"process {flow.document['processFlowSpecification']}")


def related_entity(resource: Resource, id: str, role: str) -> Document:
    """The reference from a flow to what it is about in this role."""
    href = resource.addresses.to_stored(resource.href(id))
    return {"id": id, "href": href, "role": role, "@referredType": resource.name}


@dataclass(frozen=True)
class NewFlow:
    """A flow that a step begins, about the same unless it says `about` what."""

    id: str
    process: str
    inputs: Mapping[str, Any]
    due: datetime
    about: Sequence[Document] = ()
