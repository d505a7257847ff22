# SPDX-License-Identifier: Apache-2.0
"""The runner of flows: looks for what is due, several flows side by side, and puts off what could not be written."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from app.domain import dates
from app.errors import RelationshipConflict, TmfError
from app.processes.flows import Flow, Flows
from app.processes.step import Services
from app.processes.turn import Retries, Turn
from app.storage.documents.batching import ConcurrentModification, TakenIdentifier
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.event_log.leading import hand_over, lead
from app.storage.event_log.lease import Lease
from app.storage.mongod.durable import Database
from app.storage.processes.runs import LiveFlow, Run

log = structlog.get_logger()

LEASE = "processes"
LEASE_SECONDS = 4.0
AT_ONCE = 16
"""Flows that are performed at a time."""
BATCH = 200
MOST_ATTEMPTS = 12
"""Attempts to write a turn, after which the flow is on hold."""

Clock = Callable[[], datetime]
Chore = Callable[[datetime], Awaitable[int]]
"""Does at an instant what is to be done for no single flow; returns how much that was."""


class Runner:
    """Performs the flows of a database. One of all runners leads (`Lease`).

    A second one does no harm: a turn is written only over the run that it began with (`Run.turn`, a fencing token), and
    what it did beyond the database is idempotent by the ids of flow and task.
    """

    def __init__(
        self,
        database: Database,
        flows: Flows,
        services: Services,
        *,
        clock: Clock = dates.now,
        retries: Retries | None = None,
        lease_seconds: float = LEASE_SECONDS,
        chores: Sequence[Chore] = (),
    ) -> None:
        """`chores` are done before each look for what is due."""
        self._database = database
        self._flows = flows
        self._services = services
        self._clock = clock
        self._retries = retries or Retries()
        self._lease = Lease(database, LEASE, seconds=lease_seconds)
        self._chores = chores

    async def run(self, stop: asyncio.Event) -> None:
        """Perform what is due until `stop` is set. Failures of the database are logged, and tried again."""
        await lead(self._lease, self._has_performed, stop, work="the runner of processes")
        await hand_over(self._lease, work="the runner of processes")

    async def perform_due(self) -> int:
        """Perform a turn of each flow that is due, several side by side; returns how many there were to do."""
        done = sum([await chore(self._clock()) for chore in self._chores])
        due = await self._flows.runs.due(self._clock(), BATCH)
        places = asyncio.Semaphore(AT_ONCE)

        async def one(run: Run) -> None:
            async with places:
                await self._perform_while_due(run.flow)

        await asyncio.gather(*(one(run) for run in due))
        return done + len(due)

    async def _has_performed(self) -> bool:
        return bool(await self.perform_due())

    async def _perform_while_due(self, id: str) -> None:
        """Perform turns of a flow until it waits, ends, or the lease has gone."""
        flow = await self._flows.find(id)
        while flow is not None and await self._lease.hold():
            flow = await self._turn(flow)

    async def _turn(self, flow: Flow) -> Flow | None:
        """Perform one turn of a flow; returns the flow after it, if its next turn is due already."""
        run, now = flow.run, self._clock()
        if run is None or run.due is None or run.due > now:
            return None
        try:
            return await self._turn_of(flow, run, now).perform()
        except ConcurrentModification:
            return await self._flows.find(flow.id)  # A person, or another runner, was first: look again.
        except LiveFlow as live:
            await self._put_off(flow, run, now, f"it waits for the end of {live.live}")
        except (TakenIdentifier, RelationshipConflict) as conflict:
            await self._hold(flow, run, now, conflict.message)
        except TmfError as failure:
            await self._put_off(flow, run, now, failure.message)
        return None

    async def _put_off(self, flow: Flow, run: Run, now: datetime, reason: str) -> None:
        """Try a turn again later that could not be written; when the attempts are spent, the flow is on hold."""
        attempts = run.attempts.get("", 0) + 1
        log.warning("a turn of a flow could not be written", flow=run.flow, attempts=attempts, error=reason)
        try:
            if attempts >= MOST_ATTEMPTS:
                return await self._hold(flow, run, now, f"it could not be written {attempts} times: {reason}")
            work = UnitOfWork(self._database)
            put_off = replace(run, attempts={**run.attempts, "": attempts}, due=now + self._retries.pause(attempts))
            self._flows.runs.advance(work, run, put_off)
            await work.commit()
        except ConcurrentModification:
            log.info("a flow was moved on by somebody else", flow=run.flow)

    async def _hold(self, flow: Flow, run: Run, now: datetime, reason: str) -> None:
        """Have a person look at a flow of which a turn cannot be written."""
        try:
            await self._turn_of(Flow(flow.stored, flow.tasks, run), run, now).hold_all(reason)
        except ConcurrentModification:
            log.info("a flow was moved on by somebody else", flow=run.flow)

    def _turn_of(self, flow: Flow, run: Run, now: datetime) -> Turn:
        return Turn(self._database, self._flows, self._services, self._retries, flow, run, now)
