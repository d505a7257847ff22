# SPDX-License-Identifier: Apache-2.0
"""The engines of flows and tasks for a principal that is bound to a party: its own, and what a process lets it do."""

from collections.abc import Collection
from datetime import datetime

from app.access.principal import Principal
from app.errors import Forbidden
from app.processes.definition import Process
from app.processes.flow_engine import FlowEngine
from app.processes.flow_request import requested_task
from app.processes.flows import Flow
from app.processes.form import values_of
from app.processes.owner import REQUESTER, owners_of, related_party
from app.processes.task_flow_engine import TaskFlowEngine
from app.resources.engine import ResourceView
from app.resources.lists.pages import ListPage, ListQuery, find_page
from app.resources.resource import Document
from app.resources.restricted_engine import RestrictedEngine
from app.resources.restricted_resource import RestrictedNestedResource
from app.storage.documents.filters import children_filter, every

ANSWER = "characteristic"


class RestrictedFlowEngine(RestrictedEngine, FlowEngine):
    """The operations on flows, within the restriction of a principal."""

    _principal: Principal

    def _admit_process(self, process: Process, shown: Document) -> None:
        """See `FlowEngine`; a party begins what is for it."""
        parties = self._principal.parties
        if parties is None:
            return
        if not process.is_for_party(values_of(shown)):
            raise Forbidden(f"The party that the access token is bound to may not begin {process.name} so")
        _refuse_others(shown, parties)

    async def _may_be_named(self, flow: str) -> bool:
        """See `FlowEngine`."""
        return bool(await self._collections[self.resource.name].visible(self._principal, {flow}))


class RestrictedTaskFlowEngine(RestrictedEngine, TaskFlowEngine):
    """The operations on the tasks of flows, within the restriction of a principal.

    A flow that it does not see has no tasks for it.
    """

    resource: RestrictedNestedResource

    async def get(self, id: str, attributes: Collection[str] | None = None) -> ResourceView:
        """See `Engine`."""
        return await super().get(self._key(id), attributes)

    async def get_as_of(self, id: str, at: datetime) -> ResourceView:
        """See `Engine`."""
        return await super().get_as_of(self._key(id), at)

    async def find(self, query: ListQuery) -> ListPage:
        """See `Engine`. Raises `NotFound` where the principal sees no such flow."""
        assert self._parent_id is not None, "clients name the flow"
        await self._require_parent(self._parent_id)
        within = [children_filter(self._parent_id), *([self._scope] if self._scope else [])]
        return await find_page(self.resource, self._documents, query, self._renderings, every(within))

    async def _flow(self) -> Flow:
        assert self._parent_id is not None, "clients name the flow"
        await self._require_parent(self._parent_id)
        return await super()._flow()

    async def _require_parent(self, id: str) -> None:
        if not await self._collections[self.resource.parent].visible(self._principal, {id}):
            raise self._no_parent()

    def _admit_request(self, process: Process, flow: Flow, shown: Document) -> Document:
        """See `TaskFlowEngine`; a party asks for what is for it, and may answer that."""
        parties = self._principal.parties
        if parties is None:
            return shown
        mine = [each for each in owners_of(flow.document) if each["id"] in parties]
        task = process.by_name.get(requested_task(shown))
        for_party = process.is_for_party(values_of(flow.document)) and (task is None or task.for_party)
        if not mine or not for_party:
            raise Forbidden(f"The party that the access token is bound to may not ask for that in this {process.name}")
        _refuse_others(shown, parties)
        return {**shown, "relatedParty": [related_party(mine[0]["id"], REQUESTER, mine[0]["@referredType"])]}

    def _admit_answer(self, process: Process, before: Document, after: Document) -> None:
        """See `TaskFlowEngine`; a party answers what is for it to answer, and changes nothing else."""
        if self._restriction.owned is None:
            return
        task = process.by_name[before["taskFlowSpecification"]]
        others = {name for name in {*before, *after} if before.get(name) != after.get(name)} - {ANSWER}
        if others or not task.for_party:
            told = f"{', '.join(sorted(others))} stay" if others else f"the task {task.name} is not for it to answer"
            raise Forbidden(f"The party that the access token is bound to only answers what is asked of it: {told}")


def _refuse_others(shown: Document, parties: Collection[str]) -> None:
    """Raise `Forbidden` for a request that names other parties, who could see what it begins."""
    if any(each["id"] not in parties for each in shown.get("relatedParty", ())):
        raise Forbidden("/relatedParty may name no other party than that which the access token is bound to")
