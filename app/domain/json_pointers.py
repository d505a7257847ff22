# SPDX-License-Identifier: Apache-2.0
"""JSON Pointers (RFC 6901): the place of a value in a document, as text and as a sequence of steps."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]
"""The names of members and the indexes of elements that lead to a value, from the outside in."""


def pointer(place: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a place."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def steps(text: str) -> Place:
    """The place that a JSON Pointer names; a step of up to eight digits is taken for an index."""
    named = (step.replace("~1", "/").replace("~0", "~") for step in text.split("/")[1:])
    return tuple(int(step) if step.isascii() and step.isdigit() and len(step) < 9 else step for step in named)


def value_at(value: Any, place: Place) -> Any:
    """The value at a place in `value` (JSON); None when there is none."""
    for step in place:
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def with_value(document: Any, place: Place, value: Any) -> Any:
    """The document with this value at a place that it has; shares with it what does not lead there."""
    if not place:
        return value
    new = document.copy()
    step: Any = place[0]
    new[step] = with_value(new[step], place[1:], value)
    return new


def objects(value: Any, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every object in `value` (JSON, standing at `place`) with its own place, an outer one before those within it."""
    if isinstance(value, Mapping):
        yield place, value
    for step, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from objects(inner, (*place, step))
