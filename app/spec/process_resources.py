# SPDX-License-Identifier: Apache-2.0
"""Resources of processes (`x-process`), which the runner moves on: what a document says of them."""

from collections.abc import Mapping
from typing import Any

from app.errors import StartError
from app.spec.nesting import PARENT

PROCESS = "x-process"
"""Our keyword below `x-tmf-resources`: which part of a process the resource is."""
FLOW, TASK = "flow", "task"
"""One run of a process; and a task of it, which is nested within it."""


def refuse_wrong_process_resources(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` have an unknown part, or tasks that are within no flow."""
    for resource, declaration in declared.items():
        part, place = declaration.get(PROCESS), f"x-tmf-resources.{resource}"
        if part not in (None, FLOW, TASK):
            raise StartError(f"{place}.{PROCESS}: '{part}' is none; there are {FLOW}, {TASK}")
        within = declared.get(declaration.get(PARENT), {}).get(PROCESS)
        if part == TASK and within != FLOW:
            raise StartError(f"{place}.{PARENT} should name the resource that has `{PROCESS}: {FLOW}`")
