"""Measures how long requests take, one after the other, and what they cost the server and the database."""

import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.processes import cpu_seconds, family
from tests.bench.scale.operations import Operation
from tests.bench.scale.talking import Connection

SECONDS = 0.5
"""How long an operation is measured in each round, and once before all rounds to warm up."""

FEWEST = 5
"""Requests of an operation in a round, however long they take."""


@dataclass(frozen=True)
class Round:
    """One round of an operation: latencies that half and all but 1 % of the requests kept, in milliseconds.

    The CPU time of one request is in microseconds.
    """

    requests: int
    p50: float
    p99: float
    server: float
    mongod: float


@dataclass(frozen=True)
class Cost:
    """An operation at one size: the medians of its rounds, and how many requests they made in all."""

    requests: int
    p50: float
    p99: float
    server: float
    mongod: float

    @classmethod
    def of(cls, rounds: Sequence[Round]) -> "Cost":
        medians = [
            statistics.median(getattr(each, name) for each in rounds) for name in ("p50", "p99", "server", "mongod")
        ]
        return cls(sum(each.requests for each in rounds), *medians)


@dataclass(frozen=True)
class Bench:
    """The running server, whose process and those below it are `server`, and its database, `mongod`."""

    port: int
    server: int
    mongod: int

    def costs(self, operations: Sequence[Operation], rounds: int) -> dict[str, Cost]:
        """What each operation costs, by its name. In every round all of them take turns."""
        measured: dict[str, list[Round]] = {operation.name: [] for operation in operations}
        for _ in range(rounds + 1):
            for operation in operations:
                measured[operation.name].append(self._round(operation))
        return {name: Cost.of(found[1:]) for name, found in measured.items()}

    def _round(self, operation: Operation) -> Round:
        with Connection(self.port) as connection:
            server, mongod = cpu_seconds(family(self.server)), cpu_seconds([self.mongod])
            latencies = _latencies(connection, operation.requests)
            server, mongod = cpu_seconds(family(self.server)) - server, cpu_seconds([self.mongod]) - mongod
        number = len(latencies)
        ordered = sorted(latencies)
        return Round(
            requests=number,
            p50=statistics.median(ordered) * 1e3,
            p99=ordered[min(number - 1, int(number * 0.99))] * 1e3,
            server=server / number * 1e6,
            mongod=mongod / number * 1e6,
        )


def _latencies(connection: Connection, requests: Sequence[bytes]) -> list[float]:
    """Seconds that requests took, chosen at random, for `SECONDS` and `FEWEST` requests at least."""
    found: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(found) < FEWEST or time.perf_counter() < end:
        request = random.choice(requests)
        started = time.perf_counter()
        connection.exchange(request)
        found.append(time.perf_counter() - started)
    return found
