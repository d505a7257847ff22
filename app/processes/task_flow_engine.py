# SPDX-License-Identifier: Apache-2.0
"""The engine of tasks (TMF701 taskFlow): a patch answers what a task asks, and a create begins an optional one."""

from dataclasses import replace
from typing import Any

from app.domain import dates
from app.domain.origin import UNKNOWN, Origin
from app.domain.restriction import UPDATE
from app.domain.violations import Violation, refusal
from app.errors import Conflict, NotFound, NotSupported, shorten
from app.processes.definition import Process, Task
from app.processes.flow_request import requested_task
from app.processes.flows import ACTIVE, COMPLETED, ENDED, HOLD, RETRY, Flow, Flows
from app.processes.form import Form, values_of
from app.resources.bulk import Bulk
from app.resources.create import draft, validated_body
from app.resources.engine import Precondition, ResourceView, apply_update, validated_result
from app.resources.nested_engine import NestedEngine
from app.resources.nested_resource import NestedResource
from app.resources.resource import Document
from app.storage.documents.receipts import Key
from app.storage.documents.rows import StoredDocument
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.durable import Database
from app.storage.processes.runs import Run

AGAIN = Form({RETRY: {"const": True, "description": "that it is tried again"}})
"""What somebody may answer to a task that has failed."""


class TaskFlowEngine(NestedEngine):
    """The operations on the tasks of flows in one API version."""

    def __init__(self, resource: NestedResource, *parts: Any, flows: Flows, database: Database, **more: Any) -> None:
        """`parts` and `more` are those of any `NestedEngine`."""
        super().__init__(resource, *parts, **more)
        self._flows = flows
        self._database = database

    async def create(self, body: Document, origin: Origin = UNKNOWN, key: Key | None = None) -> ResourceView:
        """See `Engine`; begins an optional task. Raises `Conflict` when it is too late for that."""
        if key and (first := await self._receipts.find(key)):
            return await self._replay(first)
        shown = validated_body(self.resource, body)

        async def attempt() -> ResourceView:
            flow = await self._flow()
            process = self._process(flow)
            asked = self._admit_request(process, flow, shown)
            task = _optional(process, flow, asked)
            answers = asked.get("characteristic", ())
            if answers and (wrong := list(_form(task).violations(answers))):
                raise refusal(wrong)
            at, work = dates.now(), UnitOfWork(self._database)
            document = self._flows.optional_task(process, flow.id, task, draft(self.resource, asked, at).document)
            id = _free_id(flow, task.name)
            stored = StoredDocument(self._key(id), 1, self.resource.with_own_id(self._key(id), document), at)
            self._refuse_outside(stored.id, stored.document)
            self._flows.add_task(work, flow.id, id, document, at, origin)
            self._flows.write(work, flow, process, _due_now(flow), at, origin)
            if key is None:
                await work.commit()
            elif first := await self._receipts.keep(key, stored._asdict(), work.write_within):
                return await self._replay(first)
            return self._to_view(stored)

        return await self._documents.in_turn(self._key(""), attempt)

    async def patch(
        self, id: str, patch: Any, media_type: str, demanded: Precondition, origin: Origin = UNKNOWN
    ) -> ResourceView:
        """See `Engine`; characteristics are the answer to what the task asks, which it then goes on with.

        Raises `BadRequest` for an answer that does not fit its form, and `Conflict` for one that nobody waits for.
        """

        async def attempt() -> ResourceView:
            flow = await self._flow()
            stored = flow.tasks.get(id)
            if stored is None:
                raise self._documents.missing(self._key(id))
            self._admit(UPDATE, stored)
            shown = self._to_view(stored)
            demanded(shown.edition)
            new_view = validated_result(self.resource, shown.view, patch, media_type)
            at = dates.now()
            document = apply_update(self.resource, stored.document, shown.view, new_view, at)
            if document == stored.document:
                return shown
            process, run = self._process(flow), _due_now(flow)
            self._admit_answer(process, stored.document, document)
            await self._refuse_escape(stored, document)
            if flow.state(id) in ENDED:
                raise Conflict(f"The task is {flow.state(id)}: it comes too late to answer or to change it")
            if document.get("characteristic") != stored.document.get("characteristic"):
                document = _apply_answer(process, stored.document, document)
                waits = {name: until for name, until in run.waits.items() if name != id}
                run = replace(run, waits=waits, answered={**run.answered, id: origin.actor or ""})
            flow.changed[id] = document
            if not any(flow.state(name) == HOLD for name in flow.tasks):
                flow.document["state"] = ACTIVE
            work = UnitOfWork(self._database)
            self._flows.write(work, flow, process, run, at, origin)
            await work.commit()
            return self._to_view(StoredDocument(stored.id, stored.revision + 1, document, at))

        return await self._documents.in_turn(self._key(id), attempt)

    def _admit_request(self, process: Process, flow: Flow, shown: Document) -> Document:
        """The request for an optional task of a flow, as the principal may send it; here that is any.

        Raises `Forbidden`.
        """
        return shown

    def _admit_answer(self, process: Process, before: Document, after: Document) -> None:
        """Raise `Forbidden` for a change of a task that the principal may not make; here it may make any."""

    def _bulk(self) -> Bulk:
        raise NotSupported("Tasks come with their flow, and optional ones by POST, as each of them does something")

    async def _flow(self) -> Flow:
        assert self._parent_id is not None, "clients name the flow"
        try:
            return await self._flows.read(self._parent_id)
        except NotFound:
            raise self._no_parent() from None

    def _process(self, flow: Flow) -> Process:
        process = self._flows.processes.get(flow.document["processFlowSpecification"])
        if process is None:
            raise Conflict(f"This server does not know the process {flow.document['processFlowSpecification']}")
        return process


def _due_now(flow: Flow) -> Run:
    """The run of a flow, for the runner to look at now. Raises `Conflict` when it has ended."""
    if flow.run is None:
        raise Conflict(f"The flow is {flow.document['state']}: it comes too late to answer or to change a task")
    return replace(flow.run, due=dates.now())


def _optional(process: Process, flow: Flow, shown: Document) -> Task:
    """The optional task that a client asks for. Raises `BadRequest` and `Conflict`."""
    name = requested_task(shown)
    offered = {task.name: task for task in process.optional}
    if name not in offered:
        listed = ", ".join(offered) or "nothing"
        told = f"names '{shorten(name, 60)}'" if name else "should name an optional task"
        raise refusal(
            [
                Violation(
                    "/taskFlowSpecification", f"{told}; {process.name} offers {listed}", rule="task", lacking=not name
                )
            ]
        )
    if flow.run is None:
        raise Conflict(f"The flow is {flow.document['state']}: it is too late for {name}")
    if not process.is_revocable({each for each in flow.tasks if flow.state(each) == COMPLETED}):
        raise Conflict(f"It is too late for {name}: from {process.irrevocable} on, the flow goes to its end")
    if begun := [each for each in flow.tasks if flow.task(each)["taskFlowSpecification"] == name]:
        open_ones = [each for each in begun if flow.state(each) not in ENDED]
        if open_ones:
            raise Conflict(f"The task {open_ones[0]} is {flow.state(open_ones[0])} already; answer it by PATCH")
    return offered[name]


def _free_id(flow: Flow, name: str) -> str:
    return name if name not in flow.tasks else f"{name}-{len(flow.tasks)}"


def _form(task: Task) -> Form:
    return task.form or Form()


def _apply_answer(process: Process, before: Document, after: Document) -> Document:
    """The document of a task with an answer to it: what the runner noted in it stays, and it is active again."""
    task = process.by_name[before["taskFlowSpecification"]]
    if before["state"] != HOLD:
        told = "asks nobody" if task.form is None else "does not ask now"
        raise Conflict(f"The task {task.name} is {before['state']}, and {told}")
    form, answers = _form(task), after.get("characteristic", [])
    names = {each["name"] for each in answers}
    if RETRY in names and RETRY not in form.properties:
        form = AGAIN
    noted = {name: each for name, each in values_of(before).items() if name not in form.properties}
    wrong = list(form.violations(answers, frozenset(noted)))
    wrong += [
        Violation(f"/characteristic/{index}/value", "is what came of the task, and stays", rule="noted")
        for index, each in enumerate(answers)
        if each["name"] in noted and each["value"] != noted[each["name"]]
    ]
    if wrong:
        raise refusal(wrong)
    kept = [each for each in before.get("characteristic", []) if each["name"] in noted and each["name"] not in names]
    return {**after, "characteristic": [*kept, *answers], "state": ACTIVE}
