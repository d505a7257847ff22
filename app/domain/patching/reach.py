# SPDX-License-Identifier: Apache-2.0
"""What a patch reaches in a document is JSON to it, where date-times are text; the rest stays just as it is."""

from collections.abc import Callable, Iterable
from typing import Any

from app.domain import dates


def reaching(document: dict[str, Any], names: Iterable[str], change: Callable[[dict[str, Any]], Any]) -> Any:
    """What `change` makes of `document`, of which it reaches the first-level members `names` alone.

    What it hands on, or does not reach, are the very members of `document`.
    """
    reached = {name: dates.with_text_dates(document[name]) for name in names if name in document}
    changed = change({**document, **reached})
    if not isinstance(changed, dict):
        return changed
    left = {name: document[name] for name, value in reached.items() if name in changed and changed[name] is value}
    return {**changed, **left}
