# SPDX-License-Identifier: Apache-2.0
"""Tasks by which the systems of partners dismantle what a customer had, and acknowledge it (eTOM's verticals)."""

from functools import partial

from app.processes.definition import Ask, Complete, Outcome, Task
from app.processes.form import Form
from app.processes.policies import SYSTEMS
from app.processes.step import Step

ACKNOWLEDGED = Form({"acknowledged": {"const": True, "description": "that it is dismantled"}}, ("acknowledged",))


async def dismantle(system: str, step: Step) -> Outcome:
    """Ask the system, and wait for its answer as long as the policy says; past that, go on and name it."""
    if step.answers.get("acknowledged"):
        return Complete()
    limit = step.policies.terminate.dismantle.get(system)
    if not limit:
        return Complete({"acknowledged": False, "awaited": False})
    if step.is_late:
        return Complete({"acknowledged": False, "missing": system})
    return Ask(f"{system} should dismantle what the customer had, and acknowledge it", step.after(limit))


def _task(system: str) -> Task:
    about = f"Dismantle what {system} keeps for the customer"
    return Task(f"dismantle{system.title()}", about, partial(dismantle, system), ACKNOWLEDGED)


DISMANTLING = tuple(map(_task, SYSTEMS))
"""A task for each system, side by side."""
