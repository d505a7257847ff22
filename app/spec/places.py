# SPDX-License-Identifier: Apache-2.0
"""Walks through a document, and knows where it is."""

from collections.abc import Iterator
from typing import Any


def mappings(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping at or below a node, and the way to it."""
    if isinstance(node, dict):
        yield place, node
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in below:
        yield from mappings(child, f"{place}/{key}")
