# SPDX-License-Identifier: Apache-2.0
"""The engine of flows (TMF701 processFlow): a create begins a process, and a flow is deleted only when it has ended."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import UNKNOWN, Origin
from app.domain.violations import Violation, refusal
from app.errors import Conflict, NotSupported, shorten
from app.processes.definition import Process
from app.processes.flows import ENDED, Flows
from app.resources.bulk import Bulk
from app.resources.create import draft, validated_body
from app.resources.engine import Engine, Precondition, ResourceView
from app.resources.references import Reference, dangling_error, targets
from app.resources.resource import Document, Resource
from app.storage.documents.receipts import Key
from app.storage.documents.referential_integrity import DanglingReference
from app.storage.documents.rows import StoredDocument
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.durable import Database
from app.storage.processes.runs import LiveFlow


class FlowEngine(Engine):
    """The operations on flows in one API version."""

    def __init__(self, resource: Resource, *parts: Any, flows: Flows, database: Database) -> None:
        """`parts` are those of any `Engine`."""
        super().__init__(resource, *parts)
        self._flows = flows
        self._database = database

    async def create(self, body: Document, origin: Origin = UNKNOWN, key: Key | None = None) -> ResourceView:
        """See `Engine`; begins a flow. Raises `Conflict` naming the one that is live for the same subject."""
        if key and (first := await self._receipts.find(key)):
            return await self._replay(first)
        shown = validated_body(self.resource, body)
        process = self._process(shown)
        subject = list(_subject(process, shown))
        self._refuse_wrong(process, shown, subject)
        archived = [
            each for each in subject if process.subject_may_be_archived and await self._flows.is_archived(each.target)
        ]
        references = [*self._references.new_references(shown), *(each for each in subject if each not in archived)]
        at, id, work = dates.now(), new_id(), UnitOfWork(self._database)
        new = draft(self.resource, shown, at)
        document, _ = self._flows.begin(work, process, id, new.document, at, origin, targets=targets(references))
        stored = StoredDocument(id, 1, document, at)
        try:
            first = await self._commit(work, stored, key)
        except DanglingReference as nowhere:
            raise dangling_error(references, nowhere.existing) from None
        except LiveFlow as live:
            raise await self._conflict(process, live) from None
        return await self._replay(first) if first else self._to_view(stored)

    async def delete(self, id: str, demanded: Precondition, origin: Origin = UNKNOWN) -> None:
        """See `Engine`; its tasks go with it. Raises `Conflict` while it runs."""

        async def attempt() -> None:
            flow = await self._flows.read(id)
            demanded(self._edition(flow.stored))
            if flow.run is not None or flow.document["state"] not in ENDED:
                raise Conflict(f"The flow is {flow.document['state']}; cancel it first, by its task `cancel`")
            work = UnitOfWork(self._database)
            self._flows.remove(work, flow, dates.now(), origin)
            await work.commit()

        await self._documents.in_turn(id, attempt)

    def _bulk(self) -> Bulk:
        raise NotSupported("Flows are begun one by one, by POST, as each of them does something")

    async def _commit(self, work: UnitOfWork, stored: StoredDocument, key: Key | None) -> Document | None:
        if key is None:
            await work.commit()
            return None
        return await self._receipts.keep(key, stored._asdict(), work.write_within)

    async def _conflict(self, process: Process, live: LiveFlow) -> Conflict:
        first = await self._flows.runs.live(live.live)
        told = f"{self.resource.href(first)} is" if first else "another one was, a moment ago,"
        return Conflict(f"{told} the flow of {process.name} for it; there may be one at a time")

    def _process(self, shown: Mapping[str, Any]) -> Process:
        name = shown["processFlowSpecification"]
        process = self._flows.processes.get(name)
        if process is None:
            known = ", ".join(self._flows.processes.names)
            told = f"names '{shorten(name, 60)}', which is no process of this server; there are {known}"
            raise refusal([Violation("/processFlowSpecification", told, rule="process")])
        return process

    def _refuse_wrong(self, process: Process, shown: Mapping[str, Any], subject: Sequence[Reference]) -> None:
        violations = list(process.inputs.violations(shown.get("characteristic", ())))
        reference = shown.get("processFlowSpecificationRef", {}).get("id", process.name)
        if reference != process.name:
            told = f"should be '{process.name}', as processFlowSpecification says"
            violations.append(Violation("/processFlowSpecificationRef/id", told, rule="process"))
        if process.subject and len(subject) != 1:
            about = f"{{id, role: {process.subject.role}, @referredType: {' or '.join(process.subject.resources)}}}"
            told = f"should have one {about}; it has {len(subject)}"
            violations.append(Violation("/relatedEntity", told, rule="subject", lacking=not subject))
        if violations:
            raise refusal(violations)


def _subject(process: Process, shown: Mapping[str, Any]) -> Iterator[Reference]:
    """The references to what a flow should be about."""
    if process.subject is None:
        return
    for index, each in enumerate(shown.get("relatedEntity", ())):
        if each["role"] == process.subject.role and each["@referredType"] in process.subject.resources:
            yield Reference(("relatedEntity", index), each["@referredType"], each["id"], each["id"])
