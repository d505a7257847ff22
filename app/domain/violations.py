# SPDX-License-Identifier: Apache-2.0
"""Violations in a body: the place as a JSON Pointer, the message, and the TMF Error made of them."""

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
    """A violation of `rule` by the value at `place`, a JSON Pointer; `message` goes on behind the place.

    `lacking` when something mandatory is missing, `is_null` when the value is null.
    """

    place: str
    message: str
    rule: str
    lacking: bool = False
    is_null: bool = False


class Finds(Protocol):
    """The interface of checks of bodies beyond their schema."""

    @property
    def concerns(self) -> frozenset[str] | None:
        """The first-level members that the check reads, each without regard to others; None if it reads the whole."""

    def violations(self, body: Any) -> Iterator[Violation]:
        """Every violation in a body, which may be any JSON."""


def refusal(violations: Iterable[Violation], missing: type[BadRequest] = MissingField) -> BadRequest:
    """The error for a body with these violations, the first of each place; `missing` if all of them are `lacking`."""
    by_place: dict[str, Violation] = {}
    for each in violations:
        by_place.setdefault(each.place, each)
    messages = [f"{shorten(each.place, LONGEST_PLACE) or 'the body'} {each.message}" for each in by_place.values()]
    message = "; ".join(messages[:MOST_TOLD])
    if len(messages) > MOST_TOLD:
        message += f"; and {len(messages) - MOST_TOLD} more"
    return (missing if all(each.lacking for each in by_place.values()) else InvalidField)(message)


def describe_value(value: Any) -> str:
    """A JSON value in messages: scalars as they are written, "an object" and "an array" for others."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "an array"
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)
