# SPDX-License-Identifier: Apache-2.0
"""Applies a patch to the members that it reaches: these become JSON, with date-times as text; others stay as stored."""

from collections.abc import Callable, Iterable
from typing import Any

from app.domain import dates


def reaching(document: dict[str, Any], names: Iterable[str], change: Callable[[dict[str, Any]], Any]) -> Any:
    """The result of `change` on `document`, of which it reads the first-level members `names` alone.

    Members that it leaves as they are, or does not reach, are identical (`is`) to those of `document`.
    """
    reached = {name: dates.with_text_dates(document[name]) for name in names if name in document}
    changed = change({**document, **reached})
    if not isinstance(changed, dict):
        return changed
    left = {name: document[name] for name, value in reached.items() if name in changed and changed[name] is value}
    return {**changed, **left}
