# SPDX-License-Identifier: Apache-2.0
"""JSON values: when two are the same, what two documents share, and what a document mentions."""

from collections.abc import Mapping, Set
from typing import Any

import orjson


def equal(a: Any, b: Any) -> bool:
    """Whether `a` and `b` are the same JSON value; 1 equals 1.0, true equals only true. Dates compare as instants."""
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
    """The names of the members that are not the very same objects in both, or only in one."""
    names = {name for name, value in after.items() if before.get(name, ABSENT) is not value}
    return names | (before.keys() - after.keys())


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The members of `after` that are not the very same objects in `before`."""
    return {name: value for name, value in after.items() if before.get(name, ABSENT) is not value}


def only(names: Set[str] | None, members: dict[str, Any]) -> dict[str, Any]:
    """The `members` that have one of the `names`; all of them if that is None."""
    return members if names is None else {name: value for name, value in members.items() if name in names}


def without(names: Set[str], members: dict[str, Any]) -> dict[str, Any]:
    """The `members` that have none of the `names`."""
    return {name: value for name, value in members.items() if name not in names}


def mention(name: str, beginning: str | None = None) -> bytes:
    """How `mentions` knows a member of that name, or one whose text begins with `beginning`."""
    member = orjson.dumps(name) + b":"
    return member if beginning is None else member + orjson.dumps(beginning)[:-1]


def mentions(document: Mapping[str, Any], *wanted: bytes) -> bool:
    """Whether `document` may have one of the `wanted` members at any depth: false positives, no negatives."""
    # Instants mention nothing, and are slow to spell.
    spelled = orjson.dumps(document, default=bool, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return any(map(spelled.__contains__, wanted))
