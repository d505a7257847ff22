# SPDX-License-Identifier: Apache-2.0
"""Measures in rounds in which the servers take turns, so that what disturbs one disturbs all alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from tests.bench.load import Load, Requests, drive
from tests.bench.operations import CREATE
from tests.bench.plan import Plan
from tests.bench.processes import cpu_seconds, family
from tests.bench.running import Machine, Running

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Turn:
    """One thing that is asked of one server in every round, while `around` lasts; told under the name `of`."""

    of: str
    server: Running
    operation: str
    asked: Requests
    around: Callable[[], AbstractContextManager[object]] = nullcontext


@dataclass(frozen=True)
class Sample:
    """What one turn came to. `cpu_us` is the CPU that one request took, in microseconds, until all that it caused was
    done; `astray` are creates that were acknowledged but are not in the database, or are there more than once."""

    of: str
    operation: str
    round: int
    load: Load
    cpu_us: Mapping[str, float]
    astray: int = 0

    @property
    def failures(self) -> int:
        """Requests that were not answered well, and writes that went astray."""
        return self.load.errors + self.astray

    def figures(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {**asdict(self), "rate": self.load.rate}


def measured(turns: Sequence[Turn], machine: Machine, plan: Plan, tell: Tell) -> Iterator[Sample]:
    """Every turn once in each round; each round begins with the next server. The first, if short, is not counted."""
    measure = partial(_taken, machine=machine, plan=plan)
    if plan.warm_up_seconds:
        for turn in turns:
            measure(turn, 0, seconds=plan.warm_up_seconds)
    for number in range(plan.rounds):
        first = number % len(turns)
        for turn in (*turns[first:], *turns[:first]):
            sample = measure(turn, number + 1, seconds=plan.seconds)
            tell(f"{turn.operation} round {sample.round}: {sample.of} {sample.load.rate:.0f}/s")
            yield sample


def _taken(turn: Turn, number: int, machine: Machine, plan: Plan, seconds: int) -> Sample:
    before, used = _created(turn), _cpu(turn.server, machine)
    with turn.around():
        load = drive(turn.asked, plan.connections, seconds, machine.scratch)
        turn.server.contender.kept.settle()
    spent = {name: now - used[name] for name, now in _cpu(turn.server, machine).items()}
    per_request = {name: seconds / load.requests * 1e6 for name, seconds in spent.items()}
    astray = _astray(load.requests, _created(turn) - before, plan.connections) if turn.operation == CREATE else 0
    return Sample(turn.of, turn.operation, number, load, per_request, astray)


def _created(turn: Turn) -> int:
    return turn.server.contender.kept.created() if turn.operation == CREATE else 0


def _astray(acknowledged: int, kept: int, connections: int) -> int:
    """Creates that are missing, or too many; those that were under way at the end may be there or not."""
    return max(0, acknowledged - kept, kept - acknowledged - connections)


def _cpu(server: Running, machine: Machine) -> dict[str, float]:
    return {**server.cpu(), "mongod": cpu_seconds(family(machine.mongod))}
