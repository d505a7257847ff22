# SPDX-License-Identifier: Apache-2.0
"""Begins the flows in which somebody decides about suspected pairs: one for each pair that is recorded without."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog

from app.domain.origin import Origin
from app.errors import Conflict
from app.processes.definition import Process
from app.processes.flows import ACTIVE, Flows
from app.processes.form import with_values
from app.processes.step import Collection, related_entity
from app.processes.suspected import SUSPECT
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.identity.suspicions import Suspicion, Suspicions, explanation
from app.storage.mongod.durable import Database

log = structlog.get_logger()

TOGETHER = 10
"""Flows in one transaction."""
AT_ONCE = 4
"""Transactions at a time."""


class DuplicateFlows:
    """The flows of a process about pairs.

    Recording a pair and beginning its flow are two transactions, as who records many should not wait for their flows.
    Each flow begins in the transaction that notes so in the row of its pair: none is lost, and there is one.
    """

    def __init__(
        self, database: Database, process: Process, flows: Flows, collections: Mapping[str, Collection]
    ) -> None:
        self._database, self._process, self._flows, self._collections = database, process, flows, collections
        self._suspicions = Suspicions(database)

    async def begin(self, now: datetime) -> int:
        """Begin the flows of the next pairs that have none; returns of how many."""
        waiting = await self._suspicions.unopened(TOGETHER * AT_ONCE)
        portions = [waiting[at : at + TOGETHER] for at in range(0, len(waiting), TOGETHER)]
        return sum(await asyncio.gather(*(self._begin(each, now) for each in portions)))

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
        work.add(partial(self._suspicions.opened, each))
