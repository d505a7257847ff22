"""How much one patch may ask for: bounds that keep a small request from a huge document or a long wait."""

from typing import Any

from app.domain.keepable import DEEPEST
from app.errors import InvalidBody

MOST_OPERATIONS = 1000
LONGEST_PATH = 1000
"""Characters of a `path` or `from`."""
MOST_STEPS = 100_000
"""Values that one patch may look at in its queries and copy, together."""


class Work:
    """The steps that one patch has left."""

    def __init__(self) -> None:
        self._left = MOST_STEPS

    def spend(self, steps: int = 1) -> None:
        """Take `steps` away. Raises `InvalidBody` when no more are left."""
        self._left -= steps
        if self._left < 0:
            raise InvalidBody(f"The patch searches or copies more than {MOST_STEPS} values; send it in smaller parts")


def weighed(value: Any, level: int) -> int:
    """How many values `value` holds, itself included.

    Raises `InvalidBody` when it would reach below the deepest level, put `level` levels below the document.
    """
    count, waiting = 0, [(value, level)]
    while waiting:
        found, depth = waiting.pop()
        count += 1
        if isinstance(found, dict | list):
            if depth >= DEEPEST:
                raise InvalidBody(f"The patch nests the document deeper than {DEEPEST} levels")
            members = found.values() if isinstance(found, dict) else found
            waiting.extend((member, depth + 1) for member in members)
    return count
