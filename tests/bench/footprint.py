# SPDX-License-Identifier: Apache-2.0
"""What Liaison holds and how soon it answers: memory of each process, idle and under load, and the time to start."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from tests.bench.contenders import Contender, liaison
from tests.bench.figures import Spread
from tests.bench.load import drive
from tests.bench.operations import OPERATIONS, make_first, requests
from tests.bench.plan import Plan
from tests.bench.processes import command, cpu_seconds, family, resident_megabytes
from tests.bench.rounds import Tell
from tests.bench.running import START_SECONDS, Machine, Running, process_of
from tests.waiting import eventually

READY = "/health/ready"
IDLE_SECONDS = 2
"""How long it is left alone before its memory is read."""
MEMBERS = {
    "app.cli serve": "supervisor",
    "app.cli relay": "relay",
    "app.http.server.processes": "server process",
}
"""What a process is, by a word of its command line."""

Memory = dict[str, float]


@dataclass(frozen=True)
class Start:
    """Seconds until it was ready, and the CPU that it took."""

    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Footprint:
    """Each start until it was ready; megabytes of each kind of process, the largest of the kind."""

    starts: list[Start]
    idle: Memory
    loaded: Memory

    @property
    def start(self) -> Spread:
        """Seconds until it was ready."""
        return Spread.of(start.seconds for start in self.starts)

    @property
    def start_cpu(self) -> Spread:
        """Seconds of CPU that all its processes used until then."""
        return Spread.of(start.cpu_seconds for start in self.starts)


def footprint(machine: Machine, plan: Plan, tell: Tell, contender: Contender | None = None) -> Footprint:
    """Start Liaison, or a `contender`, several times, leave it alone, then load it with every operation."""
    contender = contender or liaison(machine.client, machine.uri, plan.workers, "bench_footprint")
    tell(f"starts {contender.title}, {plan.starts} times in all, and reads its memory")
    starts = []
    for _ in range(plan.starts - 1):
        with _started(contender, machine) as (_server, start):
            starts.append(start)
    with _started(contender, machine) as (server, start):
        time.sleep(IDLE_SECONDS)
        idle = _memory(server)
        _load(contender, machine, plan)
        return Footprint([*starts, start], idle, _memory(server))


@contextmanager
def _started(contender: Contender, machine: Machine) -> Iterator[tuple[Running, Start]]:
    """The server once it is ready for requests, and what that took; the database runs already."""
    began = time.monotonic()
    with process_of(contender, machine.scratch) as child:
        eventually(lambda: _ready(contender), "it is ready", START_SECONDS)
        yield Running(contender, child), Start(time.monotonic() - began, cpu_seconds(family(child.pid)))


def _load(contender: Contender, machine: Machine, plan: Plan) -> None:
    make_first(contender)
    contender.kept.settle()
    ids = contender.kept.multiply(plan.documents)
    for operation in OPERATIONS:
        drive(requests(contender, operation, ids), plan.connections, plan.seconds, machine.scratch)


def _ready(contender: Contender) -> bool:
    try:
        return httpx.get(contender.root + READY).is_success
    except httpx.TransportError:
        return False


def _memory(server: Running) -> Memory:
    found: dict[str, list[float]] = defaultdict(list)
    for pid in family(server.child.pid):
        line = command(pid)
        kind = next((kind for word, kind in MEMBERS.items() if word in line), line)
        found[kind].append(resident_megabytes(pid))
    return {kind: max(each) for kind, each in found.items()}
