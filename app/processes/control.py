# SPDX-License-Identifier: Apache-2.0
"""Administration of flows by an operator: list what waits, show, cancel, try again."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from app.domain import dates
from app.domain.identifiers import Revision
from app.domain.origin import Origin
from app.domain.query.predicates import Condition, Every, Operator
from app.domain.query.sorting import parse_sort
from app.processes.flow_engine import FlowEngine
from app.processes.flows import ACTIVE, HOLD, OVERDUE, REASON, RETRY
from app.processes.form import values_of
from app.processes.task_flow_engine import TaskFlowEngine
from app.resources.lists.pages import ListQuery
from app.storage.documents.counting import Counting

Document = dict[str, Any]

OPERATOR = Origin(actor="liaison process")
"""Who changes a flow by the command line, for the event log."""
CANCEL = "cancel"
"""The optional task by which a flow is cancelled."""
PAGE = 100


class ProcessControl:
    """The flows of a server. What is changed, a running server goes on with at once.

    Methods with an id raise `NotFound`, and the errors that a client gets for the same.
    """

    def __init__(self, flows: FlowEngine, tasks: TaskFlowEngine) -> None:
        self._flows, self._tasks = flows, tasks

    async def waiting(self, **chosen: str) -> AsyncIterator[dict[str, Any]]:
        """A row for each task in hand, of the flows that fit what is `chosen`, oldest first: why it waits, since when.

        Without a `state`, of flows that have not ended. A flow without such a task has a row of its own.
        """
        async for flow in self._find(**chosen):
            tasks = [each for each in await self._tasks_of(flow) if each["state"] in (ACTIVE, HOLD)]
            for row in map(_task_row, tasks) if tasks else [{"overdue": False}]:
                yield {**_flow_row(flow), **row}

    async def show(self, id: str) -> dict[str, Any]:
        """The flow, and its tasks in their order, the optional ones last, as JSON values."""
        flow = _plain((await self._flows.get(id)).view)
        return {"processFlow": flow, "taskFlow": await self._tasks_of(flow)}

    async def cancel(self, id: str, reason: str) -> str:
        """Begin the task that cancels the flow; returns its id."""
        body = {"taskFlowSpecification": CANCEL, "characteristic": [{"name": "reason", "value": reason}]}
        begun = await self._within(id).create(body, OPERATOR)
        return str(begun.view["id"])

    async def retry(self, id: str, task: str) -> None:
        """Have a task that is on hold tried again."""
        answer = {"characteristic": [{"name": RETRY, "value": True}]}
        await self._within(id).patch(task, answer, "application/merge-patch+json", _any_edition, OPERATOR)

    def _within(self, id: str) -> TaskFlowEngine:
        scoped = self._tasks.within(id)
        assert isinstance(scoped, TaskFlowEngine), "an engine within a parent is one of its own kind"
        return scoped

    async def _tasks_of(self, flow: Document) -> list[Document]:
        page = await self._within(flow["id"]).find(ListQuery(Every(), 0, PAGE, counting=Counting.NONE))
        order = {each["id"]: at for at, each in enumerate(flow["taskFlow"])}
        return sorted(map(_plain, page.items), key=lambda task: order.get(task["id"], len(order)))

    async def _find(self, state: str = "", process: str = "", customer: str = "") -> AsyncIterator[Document]:
        where = Every(tuple(_conditions(state, process, customer)))
        offset, cursor, more = 0, None, True
        while more:
            sort = parse_sort("processFlowDate")
            page = await self._flows.find(ListQuery(where, offset, PAGE, sort, cursor, Counting.NONE))
            for item in page.items:
                yield _plain(item)
            offset, cursor, more = offset + len(page.items), page.onward, page.more


def _conditions(state: str, process: str, customer: str) -> Iterator[Condition]:
    yield Condition(("state",), Operator.EQ, (state,) if state else (ACTIVE, HOLD))
    if process:
        yield Condition(("processFlowSpecification",), Operator.EQ, (process,))
    if customer:
        yield Condition(("relatedEntity", "id"), Operator.EQ, (customer,))


def _flow_row(flow: Mapping[str, Any]) -> dict[str, Any]:
    about = [each["id"] for each in flow.get("relatedEntity", ()) if each.get("role") == "customer"]
    customer = {"customer": about[0]} if about else {}
    return {"id": flow["id"], "process": flow["processFlowSpecification"], "state": flow["state"], **customer}


def _task_row(task: Mapping[str, Any]) -> dict[str, Any]:
    noted = values_of(task)
    late = OVERDUE in noted or dates.instant(task["requestedCompletionDate"]) <= dates.now()
    return {
        "task": task["id"],
        "waits": task["state"],
        "since": task["startDate"],
        "overdue": late,
        **({"reason": noted[REASON]} if REASON in noted else {}),
    }


def _plain(view: Document) -> Document:
    plain: Document = dates.with_text_dates(view)
    return plain


def _any_edition(_: Revision) -> None:
    """Whichever the edition is, it is changed."""
