"""Where a value stands in a document, and how that is told."""

from collections.abc import Iterable

Place = tuple[str | int, ...]
"""The names and indexes that lead to a value."""


def pointer(place: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a place."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)
