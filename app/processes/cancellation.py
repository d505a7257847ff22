# SPDX-License-Identifier: Apache-2.0
"""The optional task by which somebody cancels a flow, and says why."""

from app.processes.definition import Outcome, Refuse, Task
from app.processes.form import TEXT, Form
from app.processes.step import Step


async def revoke(step: Step) -> Outcome:
    """End the flow, for the reason that somebody gives."""
    return Refuse(str(step.answers["reason"]))


CANCEL = Task("cancel", "Cancel the flow", revoke, Form({"reason": {**TEXT, "description": "why"}}, ("reason",)))
