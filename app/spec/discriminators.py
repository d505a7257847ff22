# SPDX-License-Identifier: Apache-2.0
"""Discriminators (OpenAPI 3.0), translated into `if`, `then` and `else` of JSON Schema, so that `@type` decides.

A union becomes one such choice. A base class, of which its subclasses are composed, gets a choice beside it, under a
name ending in `@`, which replaces it wherever it is the schema of a value. An object whose `@type` is in the mapping is
checked against that class. Any other `@type` is the class of an extension: such an object is checked against the base
class itself, and where there is a union only for having a name.
"""

from collections.abc import Collection, Mapping
from typing import Any

from app.spec.schemas import PREFIX, Schema, component_name, discriminator_mapping

Node = Any
"""Anything within a schema."""

_UNIONS = ("anyOf", "oneOf")


class Choices:
    """Copies of the component schemas of a document, with discriminators as JSON Schema; they share nothing with it."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        bases = {name for name, schema in schemas.items() if discriminator_mapping(schema) and not _is_union(schema)}
        self._bases = bases
        plain = {name: _component(schema, bases) for name, schema in schemas.items()}
        self.components: dict[str, Any] = plain | {
            _choice(name): _among_subclasses(name, schemas[name]) for name in bases
        }

    def of_value(self, schema: Schema) -> dict[str, Any]:
        """A copy of the schema of a value, which chooses by its class."""
        copied: dict[str, Any] = _rewrite_references(schema, self._bases)
        return copied


def _is_union(schema: Schema) -> bool:
    return bool(discriminator_mapping(schema)) and any(keyword in schema for keyword in _UNIONS)


def _choice(name: str) -> str:
    return f"{name}@"


def _component(schema: Schema, bases: Collection[str]) -> Node:
    """A schema for composition: neither it nor a base class of it checks the class of the object again."""
    if "$ref" in schema or _is_union(schema):
        return _rewrite_references(schema, bases)
    kept = {keyword: inner for keyword, inner in schema.items() if keyword != "discriminator"}
    return {
        keyword: [dict(part) if "$ref" in part else _component(part, bases) for part in inner]
        if keyword == "allOf"
        else _rewrite_references(inner, bases)
        for keyword, inner in kept.items()
    }


def _rewrite_references(node: Node, bases: Collection[str]) -> Node:
    """A copy of a part of a schema in which each reference to a base class is one to its choice."""
    if isinstance(node, list):
        return [_rewrite_references(inner, bases) for inner in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = component_name(node)
        return {"$ref": PREFIX + (_choice(name) if name in bases else name)}
    if _is_union(node):
        return _union(node, bases)
    return {keyword: _rewrite_references(inner, bases) for keyword, inner in node.items()}


def _union(schema: Schema, bases: Collection[str]) -> dict[str, Any]:
    named = schema["discriminator"]["propertyName"]
    own = {
        keyword: _rewrite_references(inner, bases)
        for keyword, inner in schema.items()
        if keyword not in (*_UNIONS, "discriminator")
    }
    return {
        **own,
        "type": "object",
        "required": [*own.get("required", ()), named],
        "properties": {named: {"type": "string"}, **own.get("properties", {})},
        **_by_name(named, discriminator_mapping(schema), otherwise={}),
    }


def _among_subclasses(name: str, schema: Schema) -> dict[str, Any]:
    base = {"$ref": PREFIX + name}
    subclasses = {
        kind: reference for kind, reference in discriminator_mapping(schema).items() if reference != base["$ref"]
    }
    return _by_name(schema["discriminator"]["propertyName"], subclasses, otherwise=base)


def _by_name(named: str, classes: Mapping[str, str], otherwise: dict[str, Any]) -> dict[str, Any]:
    """The choice among `classes` (reference by name) by the attribute `named`; `otherwise` is the schema for others."""
    choice = otherwise
    for kind, reference in reversed(list(classes.items())):
        is_named = {"type": "object", "required": [named], "properties": {named: {"const": kind}}}
        choice = {"if": is_named, "then": {"$ref": reference}, "else": choice}
    return choice
