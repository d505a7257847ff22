# SPDX-License-Identifier: Apache-2.0
"""What events add to a create: the same server with events off, on, and on with a listener, in turns."""

from functools import partial

import httpx

from tests.bench import customer
from tests.bench.contenders import Contender
from tests.bench.event_cost.deployments import ears, eventless, relay, server
from tests.bench.operations import CREATE, requests
from tests.bench.plan import Plan
from tests.bench.rounds import Sample, Tell, Turn, measured
from tests.bench.running import Machine, running

OFF, ON, HEARD = VARIANTS = ("events off", "events on", "events on, one listener")


def cost(machine: Machine, plan: Plan, tell: Tell) -> list[Sample]:
    """Creates in every variant in every round. Raises `ValueError` when a variant is not what its name says."""
    tell("what events add to a create")
    off = eventless(machine, plan.workers, "bench_events_off")
    on = server(machine, plan.workers, "bench_events_on")
    with running([off, on], machine.scratch) as (silent, announcing):
        _check(off, announces=False)
        _check(on, announces=True)
        with relay(on, machine), ears(machine) as listeners:
            turns = [
                Turn(OFF, silent, CREATE, requests(off, CREATE, [])),
                Turn(ON, announcing, CREATE, requests(on, CREATE, [])),
                Turn(HEARD, announcing, CREATE, requests(on, CREATE, []), partial(listeners.registered, on)),
            ]
            return list(measured(turns, machine, plan, tell))


def _check(contender: Contender, announces: bool) -> None:
    """Without a relay, what a create announces stays in its row."""
    id = httpx.post(contender.collection, json=customer.body()).raise_for_status().json()["id"]
    if ("pending" in contender.kept.rows.find_one({"_id": id})) is not announces:
        raise ValueError(f"{contender.title}: a create should {'' if announces else 'not '}leave a pending event")
