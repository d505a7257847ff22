"""What cannot be kept: names that the database or we ourselves mean something by, and endless nesting."""

from typing import Any

from app.domain.json_pointers import Place, pointer
from app.domain.mapping.residue import PRIVATE
from app.errors import InvalidBody, InvalidField, PayloadTooLarge, shortened

DEEPEST = 64
"""Levels of nesting that a document may have; the database's own limit is not far above."""
MOST_OBJECTS = 25_000
"""Objects and arrays that a document may have, all its levels together: each takes time whenever it is shown."""
FEW_OBJECTS = 1000
"""So many of them in the members that a patch changes are no reason to count those in all others, too."""
RESERVED = PRIVATE
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


def refuse_crowded(value: Any) -> None:
    """Raise `PayloadTooLarge` for more than `MOST_OBJECTS` objects and arrays."""
    count = objects(value)
    if count > MOST_OBJECTS:
        told = f"{count} objects and arrays are too many for one document; at most {MOST_OBJECTS} are kept"
        raise PayloadTooLarge(told)


def objects(value: Any) -> int:
    """How many objects and arrays there are in a JSON value, itself included."""
    count, waiting = 0, [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict | list):
            count += 1
            waiting += inner.values() if isinstance(inner, dict) else inner
    return count
