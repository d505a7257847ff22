"""What two documents share: members that are the very same objects, so that what is known of one holds of the other."""

from collections.abc import Mapping, Set
from typing import Any

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
