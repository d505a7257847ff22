# SPDX-License-Identifier: Apache-2.0
"""Flows: a flow with its tasks and its run, as they are stored, begun and written back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.domain.events import INFORMATION_REQUIRED, lower_camel
from app.domain.identifiers import new_id
from app.domain.nested_keys import nested_key, split_key
from app.domain.origin import Origin
from app.errors import NotFound
from app.processes.definition import Process, Processes, Task
from app.processes.form import with_values
from app.processes.owner import owners_of
from app.processes.step import Collection
from app.resources.archive.archive import Archive
from app.resources.create import created_change
from app.resources.nested_resource import NestedResource
from app.resources.resource import Document, Resource
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import Refuse, Repository
from app.storage.documents.rows import Change, StoredDocument
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.processes.runs import Run, Runs

NEW, ACTIVE, HOLD, CANCELLED, COMPLETED = "new", "active", "hold", "cancelled", "completed"
ENDED = frozenset({CANCELLED, COMPLETED})

REASON, OVERDUE, RETRY = "reason", "overdue", "retry"
"""The characteristics of tasks that the runner itself sets; the last one is what somebody answers to a failed task."""


@dataclass
class Flow:
    """A flow and its tasks, by name, as they were read; `run` is None when it has ended. Changes are collected."""

    stored: StoredDocument
    tasks: dict[str, StoredDocument]
    run: Run | None
    document: Document = field(init=False)
    changed: dict[str, Document] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.document = dict(self.stored.document)

    @property
    def id(self) -> str:
        return self.stored.id

    def task(self, name: str) -> Document:
        """The document of a task, with what has changed."""
        return self.changed.get(name) or self.tasks[name].document

    def state(self, name: str) -> str:
        """The state of a task."""
        return str(self.task(name)["state"])

    def set(self, name: str, **members: Any) -> None:
        """Change members of a task; None removes one."""
        after = {**self.task(name), **members}
        self.changed[name] = {key: value for key, value in after.items() if value is not None}

    def note(self, name: str, values: Mapping[str, Any]) -> None:
        """Set characteristics of a task."""
        self.set(name, characteristic=with_values(self.task(name).get("characteristic", ()), values) or None)

    def open_tasks(self, names: Sequence[str]) -> list[str]:
        """Those of the tasks that have not ended."""
        return [name for name in names if self.state(name) not in ENDED]


class Flows:
    """The flows and tasks of a server, and what the runner keeps of them."""

    def __init__(
        self, flows: Collection, tasks: Collection, runs: Runs, processes: Processes, archive: Archive | None = None
    ) -> None:
        assert isinstance(tasks.resource, NestedResource), "tasks are within flows"
        self.flows, self.runs, self.processes, self._archive = flows, runs, processes, archive
        self._tasks: NestedResource = tasks.resource
        self._task_documents: Repository = tasks.documents
        addresses = flows.resource.addresses
        self._base = addresses.to_stored(flows.resource.url.rpartition("/")[0])

    @property
    def resource(self) -> Resource:
        """The resource of flows."""
        return self.flows.resource

    async def read(self, id: str) -> Flow:
        """A flow with its tasks. Raises `NotFound`.

        The run is read first: what is read of a later turn cannot be written with it.
        """
        run = await self.runs.of(id)
        stored = await self.flows.documents.get(id)
        tasks = await self._task_documents.within(id)
        return Flow(stored, {split_key(each.id)[1]: each for each in tasks}, run)

    async def is_archived(self, target: Target) -> bool:
        """Whether what a flow is to be about is in the archive."""
        return self._archive is not None and await self._archive.register.bundle_of(*target) is not None

    async def find(self, id: str) -> Flow | None:
        """As `read`; None where there is none."""
        try:
            return await self.read(id)
        except NotFound:
            return None

    def begin(
        self,
        work: UnitOfWork,
        process: Process,
        id: str,
        document: Document,
        at: datetime,
        origin: Origin,
        *,
        due: datetime | None = None,
        targets: frozenset[Target] = frozenset(),
    ) -> tuple[Document, Change]:
        """Add to `work` what begins a flow of this document; returns the whole document, and its change."""
        document = {
            **document,
            "processFlowSpecification": process.name,
            "processFlowSpecificationRef": self._reference("ProcessFlowSpecification", process.name, process.name),
            "taskFlow": [self._task_reference(id, name) for name in process.names],
            "_links": self._links(process, id, [], set()),
        }
        change = created_change(self.resource, document, at, origin)
        work.insert(self.flows.documents, id, document, change, targets)
        owners = owners_of(document)
        for task in (task for group in process.groups for task in group):
            new = self._new_task(process, id, task)
            whole = {**new, "relatedParty": owners} if owners and task.for_party else new
            self.add_task(work, id, task.name, whole, at, origin)
        run = Run(id, process.live_name(id, document), due=due or at)
        work.add(lambda session: self.runs.begin(run, session))
        return document, change

    def add_task(
        self,
        work: UnitOfWork,
        id: str,
        task_id: str,
        document: Document,
        at: datetime,
        origin: Origin,
    ) -> None:
        """Add to `work` what creates a task of a flow."""
        key = nested_key(id, task_id)
        whole = self._tasks.with_own_id(key, document)
        work.insert(self._task_documents, key, whole, created_change(self._tasks, whole, at, origin))

    def optional_task(self, process: Process, id: str, task: Task, document: Document) -> Document:
        """The document of an optional task that a client asks for."""
        return {**document, **self._new_task(process, id, task), "isMandatory": False}

    def write(
        self, work: UnitOfWork, flow: Flow, process: Process | None, run: Run | None, at: datetime, origin: Origin
    ) -> Flow:
        """Add to `work` the collected changes of a flow and its tasks, and the run after them (None when it ends).

        Returns the flow as it is when that is written.
        """
        tasks = {**flow.tasks, **self._write_tasks(work, flow, at, origin)}
        if process is not None:
            held = [name for name in flow.tasks if flow.state(name) == HOLD]
            completed = {name for name in flow.tasks if flow.state(name) == COMPLETED}
            flow.document["_links"] = self._links(process, flow.id, held, completed, ended=run is None)
        stored = flow.stored
        self.resource.lifecycle.advance(stored.document, flow.document, at)
        change = self.resource.change(stored.revision + 1, stored.document, flow.document, at, origin)
        if change is not None:
            work.replace(self.flows.documents, stored, flow.document, change)
            stored = StoredDocument(flow.id, stored.revision + 1, flow.document, at)
        assert flow.run is not None, "a flow that has ended is not written"
        self.runs.advance(work, flow.run, run)
        return Flow(stored, tasks, run and replace(run, turn=flow.run.turn + 1))

    def _write_tasks(self, work: UnitOfWork, flow: Flow, at: datetime, origin: Origin) -> dict[str, StoredDocument]:
        written: dict[str, StoredDocument] = {}
        for name, after in flow.changed.items():
            seen = flow.tasks[name]
            self._tasks.lifecycle.advance(seen.document, after, at)
            change = self._tasks.change(seen.revision + 1, seen.document, after, at, origin)
            if change is not None:
                if name in flow.asking:
                    change["events"].append({"id": new_id(), "kind": INFORMATION_REQUIRED, "changed": [], "before": {}})
                work.replace(self._task_documents, seen, after, change)
                written[name] = StoredDocument(seen.id, seen.revision + 1, after, at)
        return written

    def remove(self, work: UnitOfWork, flow: Flow, at: datetime, origin: Origin, refuse: Refuse | None = None) -> None:
        """Add to `work` what deletes a flow that has ended, with its tasks; `refuse` may raise within the write."""
        for seen in flow.tasks.values():
            work.remove(self._task_documents, seen, self._tasks.deletion(seen, at, origin))
        work.remove(self.flows.documents, flow.stored, self.resource.deletion(flow.stored, at, origin), refuse)

    async def remove_ended(
        self, work: UnitOfWork, id: str, at: datetime, origin: Origin, refuse: Refuse
    ) -> list[Target]:
        """As `remove`, of the flow with this id, if it is there and has ended, or has no purpose any more; returns what
        is deleted."""
        flow = await self.find(id)
        process = flow and self.processes.get(flow.document["processFlowSpecification"])
        if flow is None or (flow.run is not None and not (process and process.by_server)):
            return []
        self.remove(work, flow, at, origin, refuse)
        return [(self.resource.name, id), *((self._tasks.name, task.id) for task in flow.tasks.values())]

    async def can_begin(self, process: str, subject_id: str) -> bool:
        """Whether there is a process of this name, and no flow of it is live for the subject."""
        return bool(self.processes.get(process)) and not await self.runs.live(f"{process}/{subject_id}")

    def _new_task(self, process: Process, id: str, task: Task) -> Document:
        following = process.next_names(task.name) if task.name in process.names else []
        next_tasks = [
            {"relationshipType": "nextTask", "taskFlow": self._task_reference(id, name)} for name in following
        ]
        document: Document = {
            "@type": "TaskFlow",
            "taskFlowSpecification": task.name,
            "taskFlowSpecificationRef": self._reference(
                "TaskFlowSpecification", f"{process.name}.{task.name}", task.name
            ),
            "state": NEW,
            "isMandatory": True,
            "completionMethod": task.method,
            "priority": 0,
        }
        return {**document, "taskFlowRelationship": next_tasks} if next_tasks else document

    def _task_reference(self, id: str, name: str) -> Document:
        href = self._tasks.addresses.to_stored(self._tasks.href(nested_key(id, name)))
        return {"id": name, "href": href, "name": name, "@type": "TaskFlowRef", "@referredType": "TaskFlow"}

    def _reference(self, resource: str, id: str, name: str) -> Document:
        href = f"{self._base}/{lower_camel(resource)}/{id}"
        return {"id": id, "href": href, "name": name, "@type": f"{resource}Ref", "@referredType": resource}

    def _links(
        self, process: Process, id: str, held: Sequence[str], completed: set[str], *, ended: bool = False
    ) -> Document:
        """What can be done next: the tasks that wait for an answer, and the optional ones that may be begun."""
        links = [{"name": name, "href": self._task_reference(id, name)["href"]} for name in held]
        if not ended and process.is_revocable(completed):
            collection = self._tasks.addresses.to_stored(self._tasks.address.collection(id))
            links += [{"name": task.name, "href": collection} for task in process.optional]
        return {"nextTasksToBePerformed": links}
