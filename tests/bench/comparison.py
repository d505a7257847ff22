"""Liaison beside other servers: the same customers, the same requests, the same database, in turns."""

import random
from collections.abc import Sequence

from tests.bench.contenders import contenders
from tests.bench.operations import MEASURED, check_list, make_first, requests
from tests.bench.plan import Plan
from tests.bench.rounds import Sample, Tell, Turn, measured
from tests.bench.running import Machine, Running, running

DRAWN = 10_000
"""Of how many customers, drawn from all, the ids are asked for."""


def compared(machine: Machine, plan: Plan, tell: Tell) -> list[Sample]:
    """Every operation on every server in every round. Raises `ValueError` when a server answers wrongly."""
    samples: list[Sample] = []
    with running(contenders(machine.client, machine.uri, plan.workers), machine.scratch) as servers:
        ids = {server.contender.name: _stocked(server, plan, tell) for server in servers}
        for operation in MEASURED:
            turns = [_turn(server, operation, ids[server.contender.name]) for server in servers]
            samples += measured(turns, machine, plan, tell)
    return samples


def _stocked(server: Running, plan: Plan, tell: Tell) -> list[str]:
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
