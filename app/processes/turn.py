# SPDX-License-Identifier: Apache-2.0
"""A turn of a flow: its tasks in hand are performed, and what they come to is written with what they write."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from app.errors import TmfError
from app.processes.definition import Ask, Complete, Outcome, Process, Refuse, Task, Wait
from app.processes.flows import ACTIVE, CANCELLED, COMPLETED, ENDED, HOLD, NEW, OVERDUE, REASON, RETRY, Flow, Flows
from app.processes.form import values_of
from app.processes.step import Services, Step, process_origin
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary
from app.storage.processes.runs import Run

log = structlog.get_logger()


@dataclass(frozen=True)
class Retries:
    """When a failed task is tried again: after `first`, and each time twice as long, up to `longest`."""

    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(minutes=10)

    def pause(self, attempts: int) -> timedelta:
        """The pause after so many failures in a row."""
        doublings: int = 2 ** min(attempts - 1, 20)
        return min(self.first * doublings, self.longest)


class Turn:
    """One turn of a flow: what is new begins, what is active is performed, and all of it is written at once."""

    def __init__(
        self,
        database: Database,
        flows: Flows,
        services: Services,
        retries: Retries,
        flow: Flow,
        run: Run,
        now: datetime,
    ) -> None:
        self._database, self._flows, self._services, self._retries = database, flows, services, retries
        self._flow, self._run, self._now = flow, run, now
        self._process = self._flows.processes.get(flow.document["processFlowSpecification"])
        self._work = UnitOfWork(self._database)
        self._attempts = {name: times for name, times in run.attempts.items() if name}
        self._waits = {name: until for name, until in run.waits.items() if until > now}

    async def perform(self) -> Flow | None:
        """Perform the turn; returns the flow after it, if its next turn is due already."""
        process = self._process
        if process is None or not self._is_of(process):
            known = "of another release" if process else "that this server does not know"
            await self.hold_all(f"the flow is of a process {known}; it goes on where that is known")
            return None
        if not self._begin(process):
            for name in self._ready(process):
                if self._flow.document["state"] not in ENDED:
                    await self._perform_task(process, name)
            self._begin(process)
        return await self._write(process)

    def _is_of(self, process: Process) -> bool:
        """Whether the flow has the tasks of its process as this release knows it: it must not go on at another one."""
        return [each["id"] for each in self._flow.document.get("taskFlow", ())] == process.names

    def _current(self, process: Process) -> list[str]:
        """The tasks in hand: optional ones, and those of the first group that has not ended."""
        mandatory = set(process.names)
        optional = [name for name in self._flow.open_tasks(list(self._flow.tasks)) if name not in mandatory]
        for group in process.groups:
            if names := self._flow.open_tasks([task.name for task in group]):
                return optional + names
        return optional

    def _begin(self, process: Process) -> list[str]:
        """Begin the new ones of the tasks in hand, and return their names."""
        if self._flow.document["state"] in ENDED:
            return []
        begun = [name for name in self._current(process) if self._flow.state(name) == NEW]
        for name in begun:
            allowance = self._task(process, name).allowance
            limit = self._flow.task(name).get("requestedCompletionDate", self._now + allowance)
            self._flow.set(name, state=ACTIVE, startDate=self._now, requestedCompletionDate=limit)
        return begun

    def _ready(self, process: Process) -> list[str]:
        """The tasks to perform now: the active ones; those on hold whose time has passed become active."""
        ready = []
        for name in self._current(process):
            if name in self._waits:
                continue
            if self._flow.state(name) == ACTIVE:
                ready.append(name)
            elif name in self._run.waits:
                self._flow.set(name, state=ACTIVE)
                self._waits[name] = self._now
        return ready

    def _task(self, process: Process, name: str) -> Task:
        return process.by_name[self._flow.task(name)["taskFlowSpecification"]]

    async def _perform_task(self, process: Process, name: str) -> None:
        task = self._task(process, name)
        step = Step(
            self._flow.stored,
            self._flow.tasks[name],
            self._flow.tasks,
            self._now,
            UnitOfWork(self._database),
            self._services,
            self._run.attempts.get(name, 0),
            self._run.answered.get(name, ""),
        )
        try:
            outcome = _ask_for_missing(process, task, step) or await task.perform(step)
        except ConcurrentModification:
            raise
        except TmfError as failure:
            self._fail(task, name, failure.message)
        except DatabaseError as failure:
            self._fail(task, name, summary(failure))
        except Exception:
            log.exception("a task failed", flow=self._flow.id, task=name)
            self._fail(task, name, "an internal error; the log has the details")
        else:
            self._work.include(step.work)
            if task in process.optional:
                self._wake()
            self._begin_flows(step)
            if step.related:
                related = self._flow.document.get("relatedEntity", [])
                self._flow.document["relatedEntity"] = [*related, *step.related]
            self._apply(name, outcome)

    def _wake(self) -> None:
        """Let active tasks look again before the instant that they wait for: an optional one may have changed that."""
        active = [name for name in self._waits if self._flow.state(name) == ACTIVE]
        for name in active:
            del self._waits[name]

    def _fail(self, task: Task, name: str, reason: str) -> None:
        """Try again later, with nothing written; when the attempts are spent, the task is on hold, with the reason."""
        self._attempts[name] = attempts = self._attempts.get(name, 0) + 1
        if attempts < task.attempts:
            self._waits[name] = self._now + self._retries.pause(attempts)
            return
        self._hold(name, f"{task.name} failed {task.attempts} times: {reason}; answer `{RETRY}: true` to try again")

    def _hold(self, name: str, reason: str) -> None:
        self._attempts.pop(name, None)
        self._flow.note(name, {REASON: reason, RETRY: None})
        self._flow.set(name, state=HOLD)
        self._flow.asking.add(name)

    def _apply(self, name: str, outcome: Outcome) -> None:
        flow = self._flow
        self._attempts.pop(name, None)
        if isinstance(outcome, Complete):
            flow.note(name, {REASON: None, RETRY: None, **outcome.results})
            flow.set(name, state=COMPLETED, completionDate=self._now)
        elif isinstance(outcome, Wait):
            flow.note(name, {REASON: outcome.reason})
            self._waits[name] = outcome.until
        elif isinstance(outcome, Ask):
            self._hold(name, outcome.reason)
            flow.note(name, dict.fromkeys(outcome.lapse))
            if outcome.until is not None:
                flow.set(name, requestedCompletionDate=outcome.until)
                self._waits[name] = outcome.until
        else:
            self._end(name, outcome)

    def _end(self, name: str, outcome: Refuse) -> None:
        """Cancel the flow, and what is left of it; the task that decided so is done."""
        flow = self._flow
        flow.note(name, {REASON: outcome.reason})
        flow.set(name, state=COMPLETED, completionDate=self._now)
        for other in flow.open_tasks(list(flow.tasks)):
            flow.set(other, state=CANCELLED, completionDate=self._now)
        flow.document["state"] = CANCELLED

    def _begin_flows(self, step: Step) -> None:
        for new in step.begun:
            process = self._flows.processes.get(new.process)
            assert process is not None, "a process names one that there is"
            assert process.subject is not None, "what another process begins is about something"
            role = process.subject.role
            subject = [each for each in self._flow.document["relatedEntity"] if each.get("role") == role]
            characteristics = [{"name": name, "value": value} for name, value in new.inputs.items()]
            document = {
                "@type": "ProcessFlow",
                "state": ACTIVE,
                "processFlowDate": self._now,
                "relatedEntity": new.about or subject,
                "relatedParty": self._flow.document.get("relatedParty", []),
                **({"characteristic": characteristics} if characteristics else {}),
            }
            self._flows.begin(self._work, process, new.id, document, self._now, step.origin, due=new.due)

    def _mark_overdue(self) -> datetime | None:
        """Mark what is late, which is an event; returns when the next task will be late."""
        limits = []
        for name in self._flow.open_tasks(list(self._flow.tasks)):
            task = self._flow.task(name)
            limit = task.get("requestedCompletionDate")
            if task["state"] == NEW or limit is None or OVERDUE in values_of(task):
                continue
            if limit <= self._now:
                self._flow.note(name, {OVERDUE: True})
            else:
                limits.append(limit)
        return min(limits, default=None)

    async def _write(self, process: Process) -> Flow | None:
        flow = self._flow
        open_names = flow.open_tasks(process.names)
        ended = flow.document["state"] in ENDED or not open_names
        if ended:
            self._complete()
            run = None
        else:
            late = self._mark_overdue()
            held = [name for name in open_names if flow.state(name) == HOLD]
            flow.document["state"] = HOLD if held else ACTIVE
            run = self._next_run(process, late)
        after = self._flows.write(self._work, flow, process, run, self._now, process_origin(self._flow.stored))
        await self._work.commit()
        return after if run is not None and run.due is not None and run.due <= self._now else None

    def _complete(self) -> None:
        """End the flow, unless it is cancelled; what was optional, and is not done, is cancelled."""
        if self._flow.document["state"] == CANCELLED:
            return
        for name in self._flow.open_tasks(list(self._flow.tasks)):
            self._flow.set(name, state=CANCELLED, completionDate=self._now)
        self._flow.document["state"] = COMPLETED

    def _next_run(self, process: Process, late: datetime | None) -> Run:
        """When to look at the flow again: at once where something can be done, else when the next wait ends."""
        moving = [name for name in self._current(process) if self._flow.state(name) in (NEW, ACTIVE)]
        at_once = any(name not in self._waits for name in moving)
        instants = [*self._waits.values(), *([late] if late else ())]
        due = self._now if at_once else min(instants, default=None)
        return replace(self._run, due=due, attempts=self._attempts, waits=self._waits)

    async def hold_all(self, reason: str) -> None:
        """Put a flow on hold that cannot go on, with the reason in its active tasks."""
        for name in self._flow.open_tasks(list(self._flow.tasks)):
            if self._flow.state(name) == ACTIVE:
                self._hold(name, reason)
        if self._flow.document["state"] == ACTIVE:
            self._flow.document["state"] = HOLD
        self._work = UnitOfWork(self._database)
        held = replace(self._run, due=None, attempts={})
        self._flows.write(self._work, self._flow, None, held, self._now, process_origin(self._flow.stored))
        await self._work.commit()


def _ask_for_missing(process: Process, task: Task, step: Step) -> Ask | None:
    """What an optional task asks, where whoever asked for it did not answer that at once."""
    if task not in process.optional or task.form is None:
        return None
    lacking = [name for name in task.form.required if name not in step.answers]
    return Ask(f"somebody should say: {', '.join(lacking)}") if lacking else None
