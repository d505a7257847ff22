# SPDX-License-Identifier: Apache-2.0
"""The engine of flows (TMF701 processFlow): a create begins a process, and a flow is deleted only when it has ended."""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import partial
from typing import Any

from app.access.principal import Principal
from app.domain import dates
from app.domain.identifiers import new_id
from app.domain.origin import UNKNOWN, Origin
from app.domain.restriction import DELETE
from app.domain.scopes import covers
from app.domain.violations import Violation, refusal
from app.errors import Conflict, Forbidden, NotSupported, shorten
from app.processes.customer_finder import ARCHIVE_SCOPE, CUSTOMER_SCOPE, CustomerFinder, FoundCustomer
from app.processes.definition import Process
from app.processes.flow_request import identification_in, refuse_wrong, subject_references, with_customer
from app.processes.flows import ENDED, Flows
from app.processes.owner import with_owner
from app.processes.parties import CUSTOMER
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

    def __init__(
        self, resource: Resource, *parts: Any, flows: Flows, customers: CustomerFinder, database: Database
    ) -> None:
        """`parts` are those of any `Engine`; `customers` finds those whom a request identifies."""
        super().__init__(resource, *parts)
        self._flows = flows
        self._customers = customers
        self._database = database
        self._principal: Principal | None = None

    def for_principal(self, principal: Principal) -> Engine:
        """See `Engine`; it finds those customers that the principal may see."""
        engine = super().for_principal(principal)
        if engine is self:
            engine = copy(self)
            engine._principal = principal
        return engine

    async def create(self, body: Document, origin: Origin = UNKNOWN, key: Key | None = None) -> ResourceView:
        """See `Engine`; begins a flow. Raises `Conflict` naming the one that is live for the same subject."""
        if key and (first := await self._receipts.find(key)):
            return await self._replay(first)
        shown = validated_body(self.resource, body)
        process = self._process(shown)
        self._admit_process(process, shown)
        refuse_wrong(process, shown)
        if identification := identification_in(process, shown):
            shown = with_customer(process, shown, await self._identify(identification))
        subject = subject_references(process, shown)
        archived = [
            each for each in subject if process.subject_may_be_archived and await self._flows.is_archived(each.target)
        ]
        references = [*self._references.new_references(shown), *(each for each in subject if each not in archived)]
        await self._refuse_foreign(references)
        at, id, work = dates.now(), new_id(), UnitOfWork(self._database)
        new = with_owner(draft(self.resource, shown, at).document, await self._owner(subject))
        document, _ = self._flows.begin(work, process, id, new, at, origin, targets=targets(references))
        self._refuse_outside(id, document)
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
            self._admit(DELETE, flow.stored)
            demanded(self._edition(flow.stored))
            if flow.run is not None or flow.document["state"] not in ENDED:
                raise Conflict(f"The flow is {flow.document['state']}; cancel it first, by its task `cancel`")
            work = UnitOfWork(self._database)
            refuse = partial(self._held.refuse_while_alive, self.resource.name, flow.stored) if self._held else None
            self._flows.remove(work, flow, dates.now(), origin, refuse)
            await work.commit()

        await self._documents.in_turn(id, attempt)

    def _bulk(self) -> Bulk:
        raise NotSupported("Flows are begun one by one, by POST, as each of them does something")

    def _admit_process(self, process: Process, shown: Document) -> None:
        """Raise `Forbidden` for a process that the principal may not begin so; here it may begin any."""

    async def _may_be_named(self, flow: str) -> bool:
        """Whether the principal may be told of a flow; here of any."""
        return True

    async def _owner(self, subject: Sequence[Reference]) -> Document | None:
        """The party of the customer that a flow is about."""
        customers = [each.id for each in subject if each.resource == CUSTOMER]
        return await self._customers.party_of(customers[0]) if customers else None

    async def _commit(self, work: UnitOfWork, stored: StoredDocument, key: Key | None) -> Document | None:
        if key is None:
            await work.commit()
            return None
        return await self._receipts.keep(key, stored._asdict(), work.write_within)

    async def _identify(self, identification: Mapping[str, Any]) -> str:
        """The id of the customer with an identification. Raises `Forbidden`, `BadRequest` and `Conflict`.

        Only customers that the principal may see are found, and told of.
        """
        self._refuse_without(CUSTOMER_SCOPE)
        found = [each for each in await self._customers.find(identification) if self._may_find(each)]
        if not found:
            told = "are those of no party that is, or was, a customer"
            raise refusal([Violation("/characteristic", told, rule="subject")])
        if len(found) > 1:
            archived_too = self._has(ARCHIVE_SCOPE)
            named = [shorten(each.id) for each in found if archived_too or not each.archived]
            others = [f"{len(found) - len(named)} that you may not see"] if len(named) < len(found) else []
            told = f"{len(found)} customers have this identification; name one in relatedEntity"
            raise Conflict(f"{told}: {', '.join([*named, *others])}")
        return found[0].id

    def _may_find(self, customer: FoundCustomer) -> bool:
        """Whether the principal may know of a customer; one that is bound to parties, of theirs."""
        parties = self._principal.parties if self._principal else None
        return parties is None or not parties.isdisjoint(customer.parties)

    def _has(self, scope: str) -> bool:
        return self._principal is None or covers(self._principal.scopes, scope)

    def _refuse_without(self, scope: str) -> None:
        if not self._has(scope):
            raise Forbidden(f"To tell a customer by an identification needs the scope {scope}; name its id", scope)

    async def _conflict(self, process: Process, live: LiveFlow) -> Conflict:
        first = await self._flows.runs.live(live.live)
        first = first if first and await self._may_be_named(first) else None
        told = f"{self.resource.href(first)} is" if first else "another one is, or was a moment ago,"
        return Conflict(f"{told} the flow of {process.name} for it; there may be one at a time")

    def _process(self, shown: Mapping[str, Any]) -> Process:
        name = shown["processFlowSpecification"]
        process = self._flows.processes.get(name)
        if process is None:
            known = ", ".join(self._flows.processes.names)
            told = f"names '{shorten(name, 60)}', which is no process of this server; there are {known}"
            raise refusal([Violation("/processFlowSpecification", told, rule="process")])
        if process.by_server:
            told = f"names {process.name}, which the server begins itself; answer the tasks of its flows"
            raise refusal([Violation("/processFlowSpecification", told, rule="process")])
        return process
