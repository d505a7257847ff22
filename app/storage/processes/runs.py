# SPDX-License-Identifier: Apache-2.0
"""Runs: what the runner keeps of each flow that has not ended, in the row of the flow and outside of its document."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from app.domain.events import lower_camel
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

RUN = "run"
"""The member of a row with the run; a flow that has ended has none."""

_ONLY_RUNNING = {"run.turn": {"$exists": True}}
INDEXES = (
    IndexModel([("run.due", ASCENDING)], name="due", partialFilterExpression={"run.due": {"$exists": True}}),
    IndexModel([("run.live", ASCENDING)], name="live", unique=True, partialFilterExpression=_ONLY_RUNNING),
)


@dataclass(frozen=True)
class Run:
    """How far a flow is: `turn` counts its writes (a fencing token), `attempts` the failures in a row of each task.

    `live` names the process and what it is about: no two flows of one process are live for one customer. It is `due`
    when the runner should look at it; None while it waits for somebody. Tasks that have `waits` go on at an instant.
    Of tasks that were answered, `answered` has who did so last.
    """

    flow: str
    live: str
    turn: int = 1
    attempts: Mapping[str, int] = field(default_factory=dict)
    waits: Mapping[str, datetime] = field(default_factory=dict)
    due: datetime | None = None
    answered: Mapping[str, str] = field(default_factory=dict)


class Runs:
    """The runs in the collection of `resource`."""

    def __init__(self, database: Database, resource: str) -> None:
        self._resource = resource
        self._rows = durable(database, lower_camel(resource))

    async def prepare(self) -> None:
        """Create the indexes: on what is due, and on what is live."""
        await self._rows.create_indexes(list(INDEXES))

    async def due(self, now: datetime, limit: int) -> list[Run]:
        """At most `limit` runs that are due by `now`, the longest due first."""
        rows = self._rows.find({"run.due": {"$lte": now}}, {RUN: True}, sort=[("run.due", ASCENDING)], limit=limit)
        return [_run(row) async for row in rows]

    async def of(self, flow: str) -> Run | None:
        """The run of a flow; None when it has ended, or was never begun."""
        with as_tmf_errors():
            row = await self._rows.find_one({"_id": flow, RUN: {"$exists": True}}, {RUN: True})
        return None if row is None else _run(row)

    async def live(self, live: str) -> str | None:
        """The id of the flow that is live under this name."""
        with as_tmf_errors():
            row = await self._rows.find_one({"run.live": live, **_ONLY_RUNNING}, {"_id": True})
        return None if row is None else str(row["_id"])

    async def begin(self, run: Run, session: AsyncClientSession) -> None:
        """Note the run of a flow that the transaction of `session` inserts. Raises `LiveFlow` where one is live."""
        try:
            await self._rows.update_one({"_id": run.flow}, {"$set": {RUN: _members(run)}}, session=session)
        except DuplicateKeyError:
            raise LiveFlow(run.live) from None

    def advance(self, work: UnitOfWork, seen: Run, after: Run | None) -> None:
        """Add to `work` the run `after` a turn over what was `seen`; None when the flow has ended.

        It raises `ConcurrentModification` when another runner, or a person, was first: nothing of the turn is written.
        """
        update: dict[str, Any] = {"$unset": {RUN: True}}
        if after is not None:
            update = {"$set": {RUN: {**_members(after), "turn": seen.turn + 1}}}
        work.update(self._resource, {"_id": seen.flow, "run.turn": seen.turn}, update)

    async def wake(
        self, flows: Collection[str], tasks: Collection[str], at: datetime, session: AsyncClientSession | None = None
    ) -> None:
        """Let flows look again at those of the tasks that wait or are on hold; a turn that is under way begins anew."""
        criteria = {"_id": {"$in": sorted(flows)}, **_ONLY_RUNNING}
        waits = {f"run.waits.{task}": at for task in tasks}
        update = {"$set": {"run.due": at, **waits}, "$inc": {"run.turn": 1}}
        await self._rows.update_many(criteria, update, session=session)

    async def waiting(self, now: datetime) -> Sequence[int]:
        """How many runs there are, and how many of them are due by `now`."""
        return [
            await self._rows.count_documents({**_ONLY_RUNNING}),
            await self._rows.count_documents({"run.due": {"$lte": now}}),
        ]


class LiveFlow(Exception):
    """A flow of the process is live for the same customer, under the name `live`."""

    def __init__(self, live: str) -> None:
        super().__init__(live)
        self.live = live


def _members(run: Run) -> dict[str, Any]:
    due = {} if run.due is None else {"due": run.due}
    answered = {"answered": dict(run.answered)} if run.answered else {}
    waits, attempts = dict(run.waits), dict(run.attempts)
    return {"turn": run.turn, "live": run.live, "attempts": attempts, "waits": waits, **due, **answered}


def _run(row: Any) -> Run:
    run = row[RUN]
    waits, answered = run["waits"], run.get("answered", {})
    return Run(row["_id"], run["live"], run["turn"], run["attempts"], waits, run.get("due"), answered)
