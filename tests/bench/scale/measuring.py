# SPDX-License-Identifier: Apache-2.0
"""Measures how long requests take, one after the other, and what they cost the server and the database."""

import random
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.bench.processes import cpu_seconds, family
from tests.bench.scale.operations import Operation
from tests.bench.scale.talking import Connection

SECONDS = 0.25
"""How long an operation is measured in each turn."""


@dataclass(frozen=True)
class Turn:
    """Requests that were made one after the other: how long each took, and the CPU time of all, in seconds."""

    latencies: Sequence[float]
    server: float
    mongod: float


@dataclass(frozen=True)
class Cost:
    """An operation at one size: latencies that half and all but 1 % of the requests kept, in milliseconds.

    The CPU time of one request is in microseconds.
    """

    requests: int
    p50: float
    p99: float
    server: float
    mongod: float

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> "Cost":
        """What the requests of all turns took together."""
        latencies = sorted(latency for turn in turns for latency in turn.latencies)
        number = len(latencies)
        return cls(
            requests=number,
            p50=statistics.median(latencies) * 1e3,
            p99=latencies[min(number - 1, int(number * 0.99))] * 1e3,
            server=sum(turn.server for turn in turns) / number * 1e6,
            mongod=sum(turn.mongod for turn in turns) / number * 1e6,
        )


@dataclass(frozen=True)
class Bench:
    """A running server at `port`, whose process and those below it are `server`, and its database, `mongod`."""

    port: int
    server: int
    mongod: int

    def turn(self, requests: Sequence[bytes]) -> Turn:
        """Requests chosen at random of these, for `SECONDS`, and one at least."""
        processes = family(self.server)
        with Connection(self.port) as connection:
            server, mongod = cpu_seconds(processes), cpu_seconds([self.mongod])
            latencies = _latencies(connection, requests)
            return Turn(latencies, cpu_seconds(processes) - server, cpu_seconds([self.mongod]) - mongod)


def costs(benches: Sequence[Bench], asked: Sequence[Sequence[Operation]], rounds: int) -> list[Mapping[str, Cost]]:
    """What each operation that a bench is asked costs there, by its name.

    In every round all operations take turns, and the benches with each: what disturbs the machine disturbs all.
    """
    turns: list[dict[str, list[Turn]]] = [{operation.name: [] for operation in operations} for operations in asked]
    known = [{operation.name: operation for operation in operations} for operations in asked]
    names = dict.fromkeys(name for operations in known for name in operations)
    for _ in range(rounds + 1):
        for name in names:
            for bench, operations, found in zip(benches, known, turns, strict=True):
                if name in operations:
                    found[name].append(bench.turn(operations[name].requests))
    return [{name: Cost.of(warm) for name, (_, *warm) in found.items()} for found in turns]


def _latencies(connection: Connection, requests: Sequence[bytes]) -> list[float]:
    found: list[float] = []
    end = time.perf_counter() + SECONDS
    while not found or time.perf_counter() < end:
        request = random.choice(requests)
        started = time.perf_counter()
        connection.exchange(request)
        found.append(time.perf_counter() - started)
    return found
