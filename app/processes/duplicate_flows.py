# SPDX-License-Identifier: Apache-2.0
"""The flows in which somebody decides about suspected pairs: one begins for each pair that is recorded without."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from app.domain.origin import Origin
from app.errors import Conflict
from app.processes.definition import Process
from app.processes.flows import ACTIVE, Flows
from app.processes.form import with_values
from app.processes.step import Collection, related_entity
from app.processes.suspicion import SUSPECT, TASKS
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.identity.suspicions import Suspicion, Suspicions, explanation
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact

log = structlog.get_logger()

TOGETHER = 10
"""Flows in one transaction."""
AT_ONCE = 4
"""Transactions at a time."""
LOOKED_AT = 500
PAUSE = timedelta(seconds=2)
"""How many open pairs are looked at whether their parties are there, and how long afterwards the next ones."""


class DuplicateFlows:
    """The flows of a process about pairs: chores of the runner begin them, and end those that have no purpose any more.

    Recording a pair and beginning its flow are two transactions, as who records many should not wait for their flows.
    Each flow begins in the transaction that notes so in the row of its pair: none is lost, and there is one.
    """

    def __init__(
        self, database: Database, process: Process, flows: Flows, collections: Mapping[str, Collection]
    ) -> None:
        self._database, self._process, self._flows, self._collections = database, process, flows, collections
        self._suspicions = Suspicions(database)
        self._looked, self._last = datetime.min.replace(tzinfo=UTC), ""

    async def begin(self, now: datetime) -> int:
        """Begin the flows of the next pairs that have none; returns of how many."""
        waiting = await self._suspicions.without_flow(TOGETHER * AT_ONCE)
        portions = [waiting[at : at + TOGETHER] for at in range(0, len(waiting), TOGETHER)]
        return sum(await asyncio.gather(*(self._begin(each, now) for each in portions)))

    async def end(self, now: datetime) -> int:
        """Let the flows look again whose parties are gone, of the next open pairs; returns of how many.

        Whoever deletes a party does not wait for that, nor look for pairs: a party that is in none costs nothing.
        """
        if self._looked <= now < self._looked + PAUSE:
            return 0
        self._looked = now
        pairs = await self._suspicions.open_pairs(self._last, LOOKED_AT)
        self._last = pairs[-1].pair.key if len(pairs) == LOOKED_AT else ""
        there = {
            resource: await self._collections[resource].documents.existing(
                {id for each in pairs if each.pair.resource == resource for id in each.pair.ids}
            )
            for resource in {each.pair.resource for each in pairs}
        }
        gone = [each.flow for each in pairs if not there[each.pair.resource].issuperset(each.pair.ids)]
        if gone:
            await transact(self._database, partial(self._flows.runs.wake, gone, TASKS, now))
        return len(gone)

    async def _begin(self, suspicions: Sequence[Suspicion], now: datetime) -> int:
        work = UnitOfWork(self._database)
        for each in suspicions:
            self._add(work, each, now)
        try:
            await work.commit()
        except (ConcurrentModification, Conflict) as failure:
            if len(suspicions) > 1:  # One was settled meanwhile.
                return sum([await self._begin([each], now) for each in suspicions])
            log.info("no flow is begun about a pair", pair=suspicions[0].pair.key, error=str(failure))
            return 0
        return len(suspicions)

    def _add(self, work: UnitOfWork, each: Suspicion, now: datetime) -> None:
        pair = each.pair
        resource = self._collections[pair.resource].resource
        document = {
            "@type": "ProcessFlow",
            "state": ACTIVE,
            "processFlowDate": now,
            "relatedEntity": [related_entity(resource, id, SUSPECT) for id in pair.ids],
            "characteristic": with_values((), explanation(pair)),
        }
        origin = Origin(correlation_id=each.flow, actor=f"process {self._process.name}")
        self._flows.begin(work, self._process, each.flow, document, now, origin)
        work.add(partial(self._suspicions.note_flow, each))
