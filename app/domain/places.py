"""Where a value stands in a document, and how that is told."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Place = tuple[str | int, ...]
"""The names and indexes that lead to a value."""


def pointer(place: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a place."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def objects(value: Any, place: Place = ()) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every object in `value` (JSON, standing at `place`) with its own place, an outer one before those within it."""
    if isinstance(value, Mapping):
        yield place, value
    for step, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from objects(inner, (*place, step))
