# SPDX-License-Identifier: Apache-2.0
"""Gives component schemas other names, wherever something refers to them."""

from collections.abc import Mapping
from typing import Any

from app.spec.schemas import PREFIX


def rename_components(components: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """The components under their new names, and every reference to them, those of discriminators included."""
    if not renamed:
        return components
    references = {PREFIX + old: PREFIX + new for old, new in renamed.items()}
    return {renamed.get(name, name): _renamed_node(schema, references) for name, schema in components.items()}


def _renamed_node(node: Any, references: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_renamed_node(inner, references) for inner in node]
    if isinstance(node, dict):
        return {name: _renamed_node(inner, references) for name, inner in node.items()}
    # No text but a reference begins like one: descriptions are ours, and an enum that did would list no text.
    return references.get(node, node) if isinstance(node, str) else node
