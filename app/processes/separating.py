# SPDX-License-Identifier: Apache-2.0
"""The task by which one becomes two again that were merged, as they were, but for what was changed since."""

from app.processes.definition import Ask, Complete, Outcome, Task
from app.processes.dividing import Division, plan_division, write_division
from app.processes.form import TEXT, Form
from app.processes.merging import DUPLICATE
from app.processes.step import Step

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
    if plan.changed and "changed" not in step.answers:
        told = ", ".join(plan.changed)
        return Ask(
            f"changed since they were merged: {told}; somebody should decide whether these stay, or are as before"
        )
    write_division(step, plan)
    return Complete({"plan": plan.report})


TASKS = (Task("divide", "Make two of one again", divide, CHANGED),)
