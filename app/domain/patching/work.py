# SPDX-License-Identifier: Apache-2.0
"""Bounds of the work of one patch: no small request makes a huge document or takes long."""

from typing import Any

from app.domain.json_text import DEEPEST
from app.errors import InvalidBody, PayloadTooLarge

MOST_OPERATIONS = 1000
LONGEST_PATH = 1000
"""Characters of a `path` or `from`."""
MOST_STEPS = 100_000
"""Values that one patch may look at in its queries and copy, together."""

MOST_CHARACTERS = 7 * 1024 * 1024
"""Characters of the names and texts of a document at most: the number of bytes that a stored resource may have."""


class Work:
    """The steps that one patch has left."""

    def __init__(self) -> None:
        self._left = MOST_STEPS

    def spend(self, steps: int = 1) -> None:
        """Take `steps` away. Raises `InvalidBody` when no more are left."""
        self._left -= steps
        if self._left < 0:
            raise InvalidBody(f"The patch searches or copies more than {MOST_STEPS} values; send it in smaller parts")


def count_values(value: Any, level: int) -> int:
    """How many values `value` holds, itself included.

    Raises `InvalidBody` when it would reach below the deepest level, put `level` levels below the document.
    """
    count, waiting = 0, [(value, level)]
    while waiting:
        inner, depth = waiting.pop()
        count += 1
        if isinstance(inner, dict | list):
            if depth >= DEEPEST:
                raise InvalidBody(f"The patch nests the document deeper than {DEEPEST} levels")
            members = inner.values() if isinstance(inner, dict) else inner
            waiting.extend((member, depth + 1) for member in members)
    return count


def refuse_overgrown(before: Any, after: Any) -> None:
    """Raise `PayloadTooLarge` where a patch copied texts until `after` is larger than anything that is kept.

    Copies within a document share memory until it is serialised, so this is checked before. A document that is too
    large already, as an earlier release stored it, may still be patched if it does not grow.
    """
    if characters(after, MOST_CHARACTERS) <= MOST_CHARACTERS:
        return
    most = characters(before, None)
    if most <= MOST_CHARACTERS or characters(after, most) > most:
        raise PayloadTooLarge(
            f"The patch makes a document of more than {MOST_CHARACTERS} characters, and a resource may take that many "
            "bytes; copy less"
        )


def characters(value: Any, most: int | None) -> int:
    """Characters of the names and texts in `value`; counted until there are more than `most`."""
    count, waiting = 0, [value]
    while waiting and (most is None or count <= most):
        inner = waiting.pop()
        if isinstance(inner, str):
            count += len(inner)
        elif isinstance(inner, dict):
            count += sum(map(len, inner))
            waiting.extend(inner.values())
        elif isinstance(inner, list):
            waiting.extend(inner)
    return count
