# SPDX-License-Identifier: Apache-2.0
"""Walks through a document: each mapping in it, with or without its place, those outside before those within.

None is a recursion: generators within generators would take several times as long.
"""

from collections.abc import Iterator
from typing import Any

Mappings = list[tuple[str, dict[str, Any]]]
"""What `mappings` finds."""

_CONTAINERS = (dict, list)


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping at or below a node; who reads may change it before the next."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            node = node.values()
        elif not isinstance(node, list):
            continue
        waiting += [inner for inner in reversed(node) if isinstance(inner, _CONTAINERS)]


def mappings(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, mapping) of every mapping at or below a node; a place is names and indexes, each behind a slash."""
    waiting = [(place, node)]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, dict):
            yield place, node
            inner = [(f"{place}/{key}", child) for key, child in node.items() if isinstance(child, _CONTAINERS)]
        elif isinstance(node, list):
            inner = [(f"{place}/{at}", child) for at, child in enumerate(node) if isinstance(child, _CONTAINERS)]
        else:
            continue
        waiting += reversed(inner)
