"""What is wrong in a body, whoever found it: where it stands and how a client is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Violation:
    """`told` is said of the value at `place`, a JSON Pointer; `rule` tells it from others that sound alike.

    It is `lacking` when something mandatory is missing, and `is_null` when the value is null.
    """

    place: str
    told: str
    rule: str
    lacking: bool = False
    is_null: bool = False


class Finds(Protocol):
    """Finds what is wrong in bodies, beside what their schema says."""

    @property
    def apart(self) -> bool:
        """Whether it finds in each first-level member of a body the same, whatever the others are."""

    def violations(self, body: Any) -> Iterator[Violation]:
        """Every violation in a body, which may be any JSON."""


def spelled(value: Any) -> str:
    """A JSON value as messages name it: a plain one as it is written, an object or an array by its kind alone."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)
