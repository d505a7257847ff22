# SPDX-License-Identifier: Apache-2.0
"""What a body means, however it spells it."""

import re
from datetime import datetime
from typing import Any

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*(Z|[+-]\d\d:\d\d)")
_NAMES_OF_TYPES = ("@type", "@referredType")


def meaning(value: Any, name: str = "") -> Any:
    """A value with date-times as instants and type names without case: two equal ones say the same."""
    if isinstance(value, dict):
        return {member: meaning(inner, member) for member, inner in value.items()}
    if isinstance(value, list):
        return [meaning(element) for element in value]
    if isinstance(value, str) and name in _NAMES_OF_TYPES:
        return value.lower()
    return datetime.fromisoformat(value) if isinstance(value, str) and _DATE_TIME.fullmatch(value) else value
