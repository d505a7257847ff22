"""Which operations of a document a deployment offers: some depend on a setting."""

from collections.abc import Collection
from typing import Any

SETTING = "x-tmf-setting"
"""Our keyword in an operation: the setting that must be on for it to be offered."""


def offered(document: dict[str, Any], settings_on: Collection[str]) -> dict[str, Any]:
    """The bundled `document` without the operations whose setting is not among `settings_on`.

    What is served is what is offered: a path answers 405 to anything else. Changes and returns `document`.
    """
    for path, item in document["paths"].items():
        document["paths"][path] = {name: part for name, part in item.items() if _is_offered(part, settings_on)}
    return document


def _is_offered(part: Any, settings_on: Collection[str]) -> bool:
    return not (isinstance(part, dict) and SETTING in part) or part[SETTING] in settings_on
