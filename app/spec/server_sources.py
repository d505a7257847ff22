# SPDX-License-Identifier: Apache-2.0
"""Resources that the server itself makes (`x-source`), so that clients only read them: what a document says of them."""

from collections.abc import Mapping
from typing import Any

from app.errors import StartError

SOURCE = "x-source"
"""Our keyword below `x-tmf-resources`: what the server makes the resources of."""
ROLES = "roles"
"""One resource for each role that the server knows."""
PROCESSES, TASKS = "processes", "tasks"
"""One resource for each process that the server knows, and for each task of one."""
ARCHIVE = "archive"
"""One resource for each bundle of the archive, in the database as those that clients write."""
SOURCES = (ROLES, PROCESSES, TASKS, ARCHIVE)

_READS = ("list", "retrieve")


def refuse_wrong_sources(declared: Mapping[str, Any]) -> None:
    """Raise `StartError` where `x-tmf-resources` have an unknown source, or one whose resources clients may write."""
    for resource, declaration in declared.items():
        if SOURCE not in declaration:
            continue
        place = f"x-tmf-resources.{resource}"
        if declaration[SOURCE] not in SOURCES:
            raise StartError(f"{place}.{SOURCE}: '{declaration[SOURCE]}' is none; there are {', '.join(SOURCES)}")
        if set(declaration.get("x-operations", ())) != set(_READS):
            raise StartError(f"{place}.x-operations should be [{', '.join(_READS)}]: the server makes what there is")
