# SPDX-License-Identifier: Apache-2.0
"""What is wrong in a body, whoever found it: where it stands and how a client is told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from app.errors import BadRequest, InvalidField, MissingField, shorten

MOST_TOLD = 20
"""Violations that one answer tells."""
LONGEST_PLACE = 160
"""Characters of a place that an answer tells: names are the client's own, and may be long."""


@dataclass(frozen=True)
class Violation:
    """`message` is said of the value at `place`, a JSON Pointer; `rule` tells it from others that sound alike.

    It is `lacking` when something mandatory is missing, and `is_null` when the value is null.
    """

    place: str
    message: str
    rule: str
    lacking: bool = False
    is_null: bool = False


class Finds(Protocol):
    """Finds what is wrong in bodies, beside what their schema says."""

    @property
    def concerns(self) -> frozenset[str] | None:
        """The first-level members that it looks at, each apart from all others; None where it looks at the whole."""

    def violations(self, body: Any) -> Iterator[Violation]:
        """Every violation in a body, which may be any JSON."""


def refusal(violations: Iterable[Violation], missing: type[BadRequest] = MissingField) -> BadRequest:
    """What a body with these violations is answered: of each place one; `missing` when something mandatory is all."""
    by_place: dict[str, Violation] = {}
    for each in violations:
        by_place.setdefault(each.place, each)
    messages = [f"{shorten(each.place, LONGEST_PLACE) or 'the body'} {each.message}" for each in by_place.values()]
    message = "; ".join(messages[:MOST_TOLD])
    if len(messages) > MOST_TOLD:
        message += f"; and {len(messages) - MOST_TOLD} more"
    return (missing if all(each.lacking for each in by_place.values()) else InvalidField)(message)


def describe_value(value: Any) -> str:
    """A JSON value as messages name it: a plain one as it is written, an object or an array by its kind alone."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)
