# SPDX-License-Identifier: Apache-2.0
"""Operations, and statuses of answers, of a document that a deployment offers: some depend on a setting."""

from collections.abc import Collection
from typing import Any

from app.spec.operations import METHODS

PARTIAL = 206
"""The status of a part of a list (TMF630 part 1)."""
SETTING = "x-tmf-setting"
"""Our keyword in an operation: the setting that must be on for it to be offered."""


def remove_disabled_operations(document: dict[str, Any], settings_on: Collection[str]) -> dict[str, Any]:
    """The bundled `document` without the operations whose setting is not among `settings_on`.

    What is served is what is offered: a path answers 405 to anything else, and one without operations 404, so that it
    is left out. Changes and returns `document`.
    """
    offered = {
        path: {name: part for name, part in item.items() if _is_offered(part, settings_on)}
        for path, item in document["paths"].items()
    }
    document["paths"] = {path: item for path, item in offered.items() if any(method in item for method in METHODS)}
    return document


def answering(document: dict[str, Any], partial_status: int) -> dict[str, Any]:
    """The bundled `document` without the answer 206 where a part of a list is 200. Changes and returns `document`."""
    if partial_status != PARTIAL:
        for item in document["paths"].values():
            for part in item.values():
                if isinstance(part, dict):
                    part.get("responses", {}).pop(str(PARTIAL), None)
    return document


def _is_offered(part: Any, settings_on: Collection[str]) -> bool:
    return not (isinstance(part, dict) and SETTING in part) or part[SETTING] in settings_on
