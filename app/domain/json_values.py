# SPDX-License-Identifier: Apache-2.0
"""JSON values: equality, the difference of two objects, and a fast search for members of given names."""

from collections.abc import Mapping, Set
from typing import Any

import orjson


def equal(a: Any, b: Any) -> bool:
    """Whether two JSON values are equal; 1 equals 1.0, true equals only true, date-times compare as instants."""
    if a is b:
        return True
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(value, b[name]) for name, value in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


ABSENT = object()
"""Stands for the value of a member that is not there."""


def unlike(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The names of the members that are in one of two objects alone, or are not identical (`is`) in both."""
    names = {name for name, value in after.items() if before.get(name, ABSENT) is not value}
    return names | (before.keys() - after.keys())


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `after` that are not identical (`is`) in `before`."""
    return {name: value for name, value in after.items() if before.get(name, ABSENT) is not value}


def only(names: Set[str] | None, members: dict[str, Any]) -> dict[str, Any]:
    """The `members` that have one of the `names`; all of them if that is None."""
    return members if names is None else {name: value for name, value in members.items() if name in names}


def without(names: Set[str], members: dict[str, Any]) -> dict[str, Any]:
    """The `members` that have none of the `names`."""
    return {name: value for name, value in members.items() if name not in names}


def mention(name: str, beginning: str | None = None) -> bytes:
    """What `mentions` looks for: a member of this name, or one of this name whose text begins with `beginning`."""
    member = orjson.dumps(name) + b":"
    return member if beginning is None else member + orjson.dumps(beginning)[:-1]


def mentions(document: Mapping[str, Any], *wanted: bytes) -> bool:
    """Whether `document` may have a `wanted` member at any depth: a fast test with false positives, no negatives."""
    # Instants have no members, and are slow to serialise.
    spelled = orjson.dumps(document, default=bool, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return any(map(spelled.__contains__, wanted))
