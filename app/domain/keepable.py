"""What cannot be kept: names that the database or we ourselves mean something by, and endless nesting."""

from typing import Any

from app.domain.places import Place, pointer
from app.domain.views.memory import MEMORY
from app.errors import InvalidBody, InvalidField, shortened

DEEPEST = 64
"""Levels of nesting that a document may have; the database's own limit is not far above."""
RESERVED = frozenset({MEMORY})
"""Names under which documents remember what only one API version can say."""


def refuse_unkeepable(value: Any, place: Place = ()) -> None:
    """Raise `InvalidBody` for nesting deeper than `DEEPEST`, `InvalidField` naming a member that cannot be kept."""
    if len(place) == DEEPEST:
        raise InvalidBody(f"The body is nested deeper than {DEEPEST} levels")
    for step, member in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(step, str) and (step.startswith("$") or "\0" in step or step in RESERVED):
            told = shortened(pointer((*place, shortened(step, 60))), 160)
            raise InvalidField(f"{told} cannot be kept: the name is reserved")
        if isinstance(member, dict | list):
            refuse_unkeepable(member, (*place, step))
