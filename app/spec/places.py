# SPDX-License-Identifier: Apache-2.0
"""Walks through a document with the place of each node: its names and indexes, each behind a slash."""

from collections.abc import Iterator
from typing import Any


def mappings(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, mapping) of every mapping at or below a node."""
    if isinstance(node, dict):
        yield place, node
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in below:
        yield from mappings(child, f"{place}/{key}")
