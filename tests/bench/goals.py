# SPDX-License-Identifier: Apache-2.0
"""What was set out to be reached, and whether a run reached it."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.event_cost.writing import OFF, ON
from tests.bench.figures import Spread, cpu_of_server, ratio
from tests.bench.operations import CREATE, GET, LIST, OPERATIONS, PATCH
from tests.bench.results import Results

AHEAD = {
    "fastapi": {CREATE: 1.25, GET: 1.2, PATCH: 1.25, LIST: 1.7},
    "eve": {CREATE: 5.0, GET: 2.0, PATCH: 5.0, LIST: 2.0},
}
"""Requests per second of Liaison, as a multiple of another server's."""
CPU = 1.4
"""CPU of Liaison's server processes per request at most, as a multiple of the leanest handler's."""
KEPT_BESIDE_EVENTS = 0.85
"""Creates per second with events on at least, as a share of those with events off."""
START_SECONDS = 2.0
IDLE_MEGABYTES = 120.0


@dataclass(frozen=True)
class Goal:
    """Something to be reached; `found` is compared by its median, which must be `asked` at least, or at most."""

    text: str
    asked: float
    found: Spread
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.found.median <= self.asked if self.at_most else self.found.median >= self.asked


def goals(results: Results) -> list[Goal]:
    """All of them."""
    return [*_requests(results), _events(results), *_footprint(results)]


def _requests(results: Results) -> Iterator[Goal]:
    for connections, samples in results.comparison.items():
        for rival, asked in AHEAD.items():
            for operation, least in asked.items():
                found = ratio(samples, "liaison", rival, operation)
                yield Goal(f"{connections} connections, {operation}: requests per second against {rival}", least, found)
        for operation in OPERATIONS:
            found = ratio(samples, "liaison", "lean", operation, cpu_of_server)
            told = f"{connections} connections, {operation}: CPU per request against the leanest handler"
            yield Goal(told, CPU, found, at_most=True)


def _events(results: Results) -> Goal:
    found = ratio(results.writing, ON, OFF, CREATE)
    return Goal("create: requests per second with events on against off", KEPT_BESIDE_EVENTS, found)


def _footprint(results: Results) -> Iterator[Goal]:
    footprint = results.footprint
    largest = max(footprint.idle.values())
    yield Goal("seconds from start to ready", START_SECONDS, footprint.start, at_most=True)
    yield Goal("megabytes of the largest idle process", IDLE_MEGABYTES, Spread.of([largest]), at_most=True)
