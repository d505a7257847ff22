# SPDX-License-Identifier: Apache-2.0
"""How fast the relay is: changes that wait, until they are in the log and until listeners have been told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import httpx

from app.domain.identifiers import new_id
from tests.bench import customer
from tests.bench.contenders import Contender
from tests.bench.event_cost.deployments import ears, relay, server
from tests.bench.kept import BATCH, Row
from tests.bench.plan import Plan
from tests.bench.rounds import Tell
from tests.bench.running import Machine, running
from tests.waiting import eventually

LISTENERS = (1, 10)
PATIENCE_SECONDS = 600.0


@dataclass(frozen=True)
class Pace:
    """So many events in so many seconds."""

    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


def paces(machine: Machine, plan: Plan, tell: Tell) -> tuple[Pace, dict[int, Pace]]:
    """The pace of draining, and that of delivering by the number of listeners."""
    place = server(machine, plan.workers, "bench_relay")
    with running([place], machine.scratch):
        original = _waiting(place)
        tell(f"drains {plan.drained} changes")
        drained = _drained(place, original, plan.drained, machine)
        delivered = {}
        for number in LISTENERS:
            tell(f"delivers {plan.delivered} events to {number} listeners")
            delivered[number] = _delivered(place, original, plan.delivered, number, machine)
        return drained, delivered


def _drained(place: Contender, original: Row, number: int, machine: Machine) -> Pace:
    """From the first batch in the log, which is not counted, to the last."""
    _announce(place, original, number)
    with relay(place, machine):
        place.kept.settle()
    log = machine.client[place.kept.database]["event"]
    times: list[Mapping[str, Any]] = list(log.aggregate([{"$group": {"_id": "$loggedAt", "events": {"$sum": 1}}}]))
    at: dict[datetime, int] = {row["_id"]: row["events"] for row in times}
    first, last = min(at), max(at)
    return Pace(sum(at.values()) - at[first], (last - first).total_seconds())


def _delivered(place: Contender, original: Row, number: int, listeners: int, machine: Machine) -> Pace:
    """From the first arrival at any of the listeners to the last, while the log is filled, too."""
    with ears(machine) as heard, heard.registered(place, listeners):
        _announce(place, original, number)
        with relay(place, machine):
            eventually(lambda: heard.heard().received >= number * listeners, "all is delivered", PATIENCE_SECONDS)
        found = heard.heard()
    return Pace(found.received - 1, found.last - found.first)


def _waiting(place: Contender) -> Row:
    """A customer whose create is not announced yet, as no relay runs; it is taken out again."""
    id = httpx.post(place.collection, json=customer.body()).raise_for_status().json()["id"]
    row: Row = place.kept.rows.find_one_and_delete({"_id": id})
    return row


def _announce(place: Contender, original: Row, number: int) -> None:
    """Write so many customers like `original`, whose creates are not announced yet."""
    copies = (_copy(original) for _ in range(number))
    while batch := list(islice(copies, BATCH)):
        place.kept.rows.insert_many(batch, ordered=False)


def _copy(original: Row) -> Row:
    pending = [
        {**change, "events": [{**event, "id": new_id()} for event in change["events"]]}
        for change in original["pending"]
    ]
    return {**original, "_id": new_id(), "pending": pending}
