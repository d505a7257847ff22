# SPDX-License-Identifier: Apache-2.0
"""The optional task by which somebody cancels a flow, and says why."""

from app.processes.definition import Outcome, Refuse, Task
from app.processes.form import TEXT, Form
from app.processes.step import Step


async def revoke(step: Step) -> Outcome:
    """End the flow, for the reason that somebody gives."""
    return Refuse(str(step.answers["reason"]))


WHY = Form({"reason": {**TEXT, "description": "why"}}, ("reason",))

CANCEL = Task("cancel", "Cancel the flow", revoke, WHY, for_party=True)
