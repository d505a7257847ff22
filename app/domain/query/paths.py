# SPDX-License-Identifier: Apache-2.0
"""Paths of names in JSON values, with MongoDB's rules for arrays on the way."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.query.predicates import Index, Path

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def is_index(segment: str) -> bool:
    """Whether a segment of a path addresses an element of an array by its number."""
    return _INDEX.fullmatch(segment) is not None


def values_at(value: Any, path: Path) -> Iterator[Any]:
    """Every value that `path` leads to from `value`, an array as the one value that it is.

    On its way a path goes through all elements of an array that are objects, and through the one it numbers; an array
    directly within an array is gone through only by its number, and so is `value`.
    """
    if not path:
        yield value
        return
    members = _members(value)
    if path[0] in members and _may_lead(path[0], value):
        yield from _along(members[path[0]], path[1:])


def compared_values(value: Any, path: Path) -> Iterator[Any]:
    """Every value that a comparison at `path` looks at: of an array that the path names, each element.

    An element that the path numbers is looked at as a whole, and so are `value` and an array directly within an array.
    """
    if not path:
        yield value
        return
    *way, last = path
    for above in values_at(value, tuple(way)):
        if way and isinstance(above, list):
            yield from _element_at(above, last)
            named = (each for each in above if isinstance(each, Mapping) and _may_lead(last, each))
            yield from (each for element in named for each in _elements_of_member(element, last))
        elif _may_lead(last, above):
            yield from _elements_of_member(_members(above), last)


def _along(value: Any, path: Path) -> Iterator[Any]:
    if not path or not isinstance(value, list):
        yield from values_at(value, path)
        return
    for numbered in _element_at(value, path[0]):
        yield from _along(numbered, path[1:])
    for element in value:
        if isinstance(element, Mapping):
            yield from values_at(element, path)


def _may_lead(segment: str, value: Any) -> bool:
    """Whether a segment may lead into `value`: an `Index` leads into no object."""
    return isinstance(value, list) or not isinstance(segment, Index)


def _elements_of_member(members: Mapping[str, Any], name: str) -> list[Any]:
    found = members.get(name, [])
    return found if isinstance(found, list) else [found]


def _element_at(array: list[Any], segment: str) -> list[Any]:
    return array[int(segment) : int(segment) + 1] if is_index(segment) else []


def _members(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list):
        return {str(number): element for number, element in enumerate(value)}
    return value if isinstance(value, Mapping) else {}
