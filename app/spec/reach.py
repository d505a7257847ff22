# SPDX-License-Identifier: Apache-2.0
"""Reachable components: those of a document that its operations refer to, directly or not."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.spec.places import objects

Document = Mapping[str, Any]


def reachable_references(document: Document) -> set[str]:
    """All references that the operations of a document contain, directly or by way of others."""
    reachable: set[str] = set()
    waiting = list(references(document["paths"]))
    while waiting:
        reference = waiting.pop()
        if reference not in reachable:
            reachable.add(reference)
            waiting += references(target(document, reference))
    return reachable


def unused_components(document: Document) -> list[tuple[str, str]]:
    """(section, name) of each component that no operation refers to, but for security schemes."""
    used = reachable_references(document)
    return [
        (section, name)
        for section, members in document.get("components", {}).items()
        for name in members
        if section != "securitySchemes" and f"#/components/{section}/{name}" not in used
    ]


def in_use(document: Document) -> dict[str, Any]:
    """The document without unused components; shares everything else with the original."""
    dropped = set(unused_components(document))
    components = {
        section: {name: component for name, component in members.items() if (section, name) not in dropped}
        for section, members in document.get("components", {}).items()
    }
    return {**document, "components": {section: members for section, members in components.items() if members}}


def references(node: Any) -> Iterator[str]:
    """Every reference at or below a node, those of discriminators among them."""
    for each in objects(node):
        yield from own_references(each)


def own_references(node: Mapping[str, Any]) -> list[str]:
    """The references of a mapping itself."""
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    if "discriminator" in node and isinstance(node["discriminator"], dict):
        own += node["discriminator"].get("mapping", {}).values()
    return own


def target(document: Document, reference: str) -> Any:
    """The target of a local reference; None if there is none."""
    node: Any = document
    for key in reference.removeprefix("#/").split("/"):
        node = node.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node
