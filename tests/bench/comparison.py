# SPDX-License-Identifier: Apache-2.0
"""Liaison beside other servers: the same customers, the same requests, the same database, in turns."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.bench.contenders import Contender
from tests.bench.operations import MEASURED, check_list, make_first, requests
from tests.bench.plan import Plan
from tests.bench.rounds import Sample, Tell, Turn, measured
from tests.bench.running import Machine, Running, running

DRAWN = 10_000
"""Of how many customers, drawn from all, the ids are asked for."""


def compared(machine: Machine, servers: Sequence[Contender], plan: Plan, tell: Tell) -> dict[int, list[Sample]]:
    """Every operation on every one of `servers` in every round, by the number of busy connections.

    Raises `ValueError` when a server answers wrongly.
    """
    with running(servers, machine.scratch) as started:
        ids = {server.contender.name: stocked(server, plan, tell) for server in started}
        turns = [[_turn(server, each, ids[server.contender.name]) for server in started] for each in MEASURED]
        loads = [replace(plan, connections=number) for number in (plan.connections, plan.crowd) if number]
        return {load.connections: [*_all(turns, machine, load, tell)] for load in loads}


def _all(turns: Sequence[Sequence[Turn]], machine: Machine, plan: Plan, tell: Tell) -> Iterator[Sample]:
    tell(f"{plan.connections} connections")
    for one in turns:
        yield from measured(one, machine, plan, tell)


def stocked(server: Running, plan: Plan, tell: Tell) -> list[str]:
    """Give a server its customers; answers the ids of some."""
    contender = server.contender
    tell(f"{contender.title}: checks its answers, loads {plan.documents} customers")
    contender.kept.index()
    make_first(contender)
    contender.kept.settle()
    ids = contender.kept.multiply(plan.documents)
    check_list(contender)
    return random.Random(1).sample(ids, min(DRAWN, len(ids)))


def _turn(server: Running, operation: str, ids: Sequence[str]) -> Turn:
    return Turn(server.contender.name, server, operation, requests(server.contender, operation, ids))
