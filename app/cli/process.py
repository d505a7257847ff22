# SPDX-License-Identifier: Apache-2.0
"""The command `liaison process`: administration of the flows of processes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import click
import orjson

from app import logs
from app.cli.common import Command, as_start_errors, configured_vault, data_option
from app.cli.tables import table
from app.composition.factory import Liaison
from app.errors import StartError, TmfError
from app.processes.control import ProcessControl
from app.processes.flow_engine import FlowEngine
from app.processes.form import values_of
from app.processes.task_flow_engine import TaskFlowEngine
from app.settings import Settings
from app.storage.mongod.client import connect

Told = TypeVar("Told")

FLOWS = {
    "id": "FLOW",
    "process": "PROCESS",
    "customer": "CUSTOMER",
    "state": "STATE",
    "task": "TASK",
    "waits": "TASK IS",
    "since": "SINCE",
    "overdue": "OVERDUE",
    "reason": "REASON",
}
TASKS = {
    "id": "TASK",
    "state": "STATE",
    "startDate": "BEGUN",
    "requestedCompletionDate": "DUE",
    "completionDate": "ENDED",
    "told": "RESULTS",
}
LONGEST_CELL = 80
MOST_ROWS = 200


@click.group()
def process() -> None:
    """The flows of processes: what waits, for whom, and what to do about it."""


@process.command(name="list", cls=Command)
@click.option("--state", help="Of this state; without it, those that have not ended.")
@click.option("--process", "of", metavar="NAME", help="Of this process.")
@click.option("--customer", metavar="ID", help="About this customer.")
@click.option("--overdue", is_flag=True, help="Only what should have been done by now.")
@click.option("--limit", type=click.IntRange(1), default=MOST_ROWS, show_default=True, help="Rows at most.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@data_option
def list_(
    state: str | None, of: str | None, customer: str | None, overdue: bool, limit: int, as_json: bool, **chosen: Any
) -> None:
    """List flows, the oldest first: the tasks that are in hand, why each waits, since when, and whether it is late."""
    named = {"state": state, "process": of, "customer": customer}
    wanted = {name: value for name, value in named.items() if value}
    rows = _run(chosen, lambda control: _first(control.waiting(**wanted), limit + 1, overdue=overdue))
    if as_json:
        click.echo(_json(rows[:limit]))
    elif rows:
        shown = [{**row, "overdue": "yes" if row["overdue"] else None} for row in rows[:limit]]
        click.echo(table(shown, FLOWS, longest=LONGEST_CELL))
    else:
        click.echo("No such flow")
    if len(rows) > limit:
        click.echo(f"There are more than these {limit}: choose fewer, or name a higher --limit", err=True)


async def _first(rows: AsyncIterator[dict[str, Any]], most: int, *, overdue: bool) -> list[dict[str, Any]]:
    found = []
    async for row in rows:
        if row["overdue"] or not overdue:
            found.append(row)
        if len(found) == most:
            break
    return found


@process.command(cls=Command)
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="As JSON: the processFlow, and its tasks as taskFlow.")
@data_option
def show(id: str, as_json: bool, **chosen: Any) -> None:
    """Show the flow ID: what it is about and was told, and its tasks with their times, reasons and results."""
    shown = _run(chosen, lambda control: control.show(id))
    if as_json:
        click.echo(_json(shown))
        return
    flow = shown["processFlow"]
    about = {each["role"]: f"{each['@referredType']} {each['id']}" for each in flow.get("relatedEntity", ())}
    lines = {"process": flow["processFlowSpecification"], "state": flow["state"], "begun": flow["processFlowDate"]}
    for name, value in {**lines, **about, **values_of(flow)}.items():
        click.echo(f"{name}: {_text(value)}")
    click.echo(table([_task(each) for each in shown["taskFlow"]], TASKS, longest=LONGEST_CELL))


def _task(task: dict[str, Any]) -> dict[str, Any]:
    told = [f"{name}: {_text(value)}" for name, value in values_of(task).items()]
    return {**task, "told": "; ".join(told) or None}


@process.command(cls=Command)
@click.argument("id")
@click.option("--reason", required=True, help="Why, for whoever looks at the flow later.")
@data_option
def cancel(id: str, reason: str, **chosen: Any) -> None:
    """Cancel the flow ID by its task for that, for as long as its process can be revoked."""
    task = _run(chosen, lambda control: control.cancel(id, reason))
    click.echo(f"{id} is to be cancelled, by its task {task}: a running server does that at once")


@process.command(cls=Command)
@click.argument("id")
@click.argument("task")
@data_option
def retry(id: str, task: str, **chosen: Any) -> None:
    """Have TASK of the flow ID, which is on hold, tried again."""
    _run(chosen, lambda control: control.retry(id, task))
    click.echo(f"{task} of {id} is to be tried again: a running server does that at once")


def _run(chosen: dict[str, Any], work: Callable[[ProcessControl], Awaitable[Told]]) -> Told:
    """The result of `work`; a `TmfError` of it ends the command with its message."""
    logs.configure("warning")
    with configured_vault(Settings.read(**chosen)) as ready:
        return asyncio.run(_control_flows(ready, work))


async def _control_flows(settings: Settings, work: Callable[[ProcessControl], Awaitable[Told]]) -> Told:
    async with connect(settings) as client:
        try:
            with as_start_errors():
                return await work(process_control(Liaison(settings, client)))
        except TmfError as refused:
            raise StartError(refused.message) from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def process_control(liaison: Liaison) -> ProcessControl:
    """The flows of a server."""
    engines = [engine for api in liaison.apis for engine in api.engines.values()]
    flows = next(each for each in engines if isinstance(each, FlowEngine))
    tasks = next(each for each in engines if isinstance(each, TaskFlowEngine))
    return ProcessControl(flows, tasks)
