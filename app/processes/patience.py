# SPDX-License-Identifier: Apache-2.0
"""The patience of a task with what it needs: it looks again soon, then ever less often, and does not give up."""

from datetime import timedelta

from app.processes.definition import Wait
from app.processes.step import Step

SOON, HOUR = timedelta(seconds=1), timedelta(hours=1)


def wait_again(step: Step, reason: str) -> Wait:
    """Wait as long again as the task has waited so far: a second at first, and an hour at most."""
    waited: timedelta = step.now - step.task.document["startDate"]
    return Wait(step.after(min(max(waited, SOON), HOUR)), reason)
