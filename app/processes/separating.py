# SPDX-License-Identifier: Apache-2.0
"""The task by which one becomes two again that were merged, as they were, but for what was changed since."""

from app.processes.definition import Ask, Complete, Outcome, Task, Wait
from app.processes.dividing import Division, plan_division, write_division
from app.processes.flows import ENDED
from app.processes.form import TEXT, Form
from app.processes.merging import DUPLICATE, FLOW
from app.processes.step import Step
from app.processes.uniting import SETTLING

KEEP, RESTORE = "keep", "restore"

INPUTS = Form(
    {
        DUPLICATE: {**TEXT, "description": "id of the one that was merged"},
        "reason": {**TEXT, "description": "why both are not the same"},
        "assign": {
            "type": "array",
            "description": "documents whose references to the survivor should be to the other one",
            "items": {
                "type": "object",
                "properties": {"resource": {"type": "string"}, "id": {"type": "string"}},
                "required": ["resource", "id"],
                "additionalProperties": False,
            },
        },
    },
    (DUPLICATE, "reason"),
)
CHANGED = Form(
    {"changed": {"enum": [KEEP, RESTORE], "description": "what becomes of attributes that were changed since"}},
    ("changed",),
)


async def divide(step: Step) -> Outcome:
    """Make two of one again; nothing is written unless all of it is."""
    plan = await plan_division(step, restored=step.answers.get("changed") == RESTORE)
    if not isinstance(plan, Division):
        return plan
    # Else what follows the merge would lead on what is led back.
    merge = await step.find(FLOW, plan.merge)
    if merge is not None and merge.document["state"] not in ENDED:
        return Wait(step.after(SETTLING), f"it waits for the end of the flow {plan.merge}, which merged them")
    if plan.changed and "changed" not in step.answers:
        told = ", ".join(plan.changed)
        return Ask(
            f"changed since they were merged: {told}; somebody should decide whether these stay, or are as before"
        )
    write_division(step, plan)
    first = plan.pairs[0]
    step.relate(DUPLICATE, first.resource, first.duplicate)
    return Complete({"plan": plan.report})


TASKS = (Task("divide", "Make two of one again", divide, CHANGED),)
