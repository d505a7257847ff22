# SPDX-License-Identifier: Apache-2.0
"""Attributes of extensions: those that a registered JSON Schema declares, as component schemas of OpenAPI."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from app.domain.query.attributes import DATE_TIME
from app.errors import StartError
from app.spec.extensions import Extension
from app.spec.schemas import OPEN, PREFIX, Schema

Resolver = Any
"""A `referencing` resolver; its own type is private."""
Placed = tuple[Any, Resolver]
"""A schema (an object or a boolean), and the resolver of its relative references."""

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_OF_MANY = ("allOf", "anyOf", "oneOf")
_OF_ONE = ("then", "else")
_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    dict: "object",
    list: "array",
    type(None): "null",
}


class Reader:
    """Reads the schemas of several extensions, which may refer to each other, and to nothing else."""

    def __init__(self, extensions: Sequence[Extension]) -> None:
        resources = [(each.uri, _resource(each)) for each in extensions]
        self._registry: Registry[Any] = Registry().with_resources(resources)  # It retrieves nothing over the network.

    def refuse_unresolved(self, extension: Extension) -> None:
        """Raise `StartError` for a reference that leads to nothing that is registered."""
        for schema, resolver in _subschemas(_resource(extension), self._registry.resolver(extension.uri)):
            for reference in _references(schema):
                try:
                    resolver.lookup(reference)
                except Unresolvable:
                    raise StartError(
                        f"{extension.source}: $ref '{reference}' leads nowhere; it should lead into this file or to the"
                        " $id of another registered schema: nothing is fetched"
                    ) from None

    def components(self, extension: Extension) -> dict[str, Schema]:
        """The component schemas that declare the attributes of an extension, the class itself under its name."""
        declared = _ExtensionComponents(extension.name)
        declared.place([(extension.schema, self._registry.resolver(extension.uri))])
        return declared.components


class _ExtensionComponents:
    """Collects the component schemas of one extension."""

    def __init__(self, name: str) -> None:
        self.components: dict[str, Schema] = {}
        self._name = name
        self._names: dict[tuple[int, ...], str] = {}

    def place(self, declared: Sequence[Placed]) -> Schema:
        """The component schema of an attribute that is `declared` so; empty where that does not give its type."""
        parts = [part for each in declared for part in _in_place(each, set())]
        kinds = _kinds([schema for schema, _ in parts])
        if not kinds:
            return {}
        key = tuple(id(schema) for schema, _ in parts)
        if key not in self._names:
            name = self._names[key] = f"{self._name}/{len(self._names)}" if self._names else self._name
            # The name is taken before the walk goes on, so that a schema may lead back to itself.
            self.components[name] = {}
            self.components[name] = self._component(kinds, parts)
        return {"$ref": PREFIX + self._names[key]}

    def _component(self, kinds: set[str], parts: Sequence[Placed]) -> Schema:
        if len(kinds) > 1:
            return {"anyOf": [{"type": kind} for kind in sorted(kinds)]}
        match kind := next(iter(kinds)):
            case "object":
                return {"type": kind, "properties": self._properties(parts)}
            case "array":
                return {"type": kind, "items": self.place(_elements(parts))}
            case "string" if {schema["format"] for schema, _ in parts if "format" in schema} == {DATE_TIME}:
                return {"type": kind, "format": DATE_TIME, OPEN: True}
        return {"type": kind}

    def _properties(self, parts: Sequence[Placed]) -> dict[str, Schema]:
        declared: dict[str, list[Placed]] = {}
        for schema, resolver in parts:
            for name, inner in schema.get("properties", {}).items():
                declared.setdefault(name, []).append((inner, resolver))
        return {name: self.place(places) for name, places in declared.items()}


def _resource(extension: Extension) -> Resource[Any]:
    return Resource.from_contents(extension.schema, default_specification=DRAFT202012)


def _subschemas(resource: Resource[Any], resolver: Resolver) -> Iterator[Placed]:
    yield resource.contents, resolver
    for inner in resource.subresources():
        yield from _subschemas(inner, resolver.in_subresource(inner))


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        yield from (schema[keyword] for keyword in _REFERENCES if keyword in schema)


def _in_place(placed: Placed, seen: set[int]) -> Iterator[Placed]:
    """A schema, and all schemas that it applies to the same value (`$ref`, `allOf` and the like)."""
    schema, resolver = placed
    if not isinstance(schema, Mapping) or id(schema) in seen:
        return
    seen.add(id(schema))
    if "$id" in schema:
        resolver = resolver.in_subresource(DRAFT202012.create_resource(schema))
    yield schema, resolver
    for reference in _references(schema):
        target = resolver.lookup(reference)
        yield from _in_place((target.contents, target.resolver), seen)
    inner = [each for keyword in _OF_MANY for each in schema.get(keyword, ())]
    inner += [schema[keyword] for keyword in _OF_ONE if keyword in schema]
    for each in (*inner, *schema.get("dependentSchemas", {}).values()):
        yield from _in_place((each, resolver), seen)


def _elements(parts: Sequence[Placed]) -> list[Placed]:
    elements: list[Placed] = []
    for schema, resolver in parts:
        items = schema.get("items", ())
        each = [*schema.get("prefixItems", ()), *(items if isinstance(items, list | tuple) else [items])]
        elements += [(inner, resolver) for inner in each]
    return elements


def _kinds(schemas: Sequence[Schema]) -> set[str]:
    """The JSON types that a value may have, without null; empty when the schemas do not say."""
    kinds = {kind for schema in schemas for kind in _kinds_of(schema)} - {"null"}
    return kinds - {"integer"} if "number" in kinds else kinds


def _kinds_of(schema: Schema) -> set[str]:
    if "type" in schema:
        return {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    if "properties" in schema or "format" in schema:
        return {"object" if "properties" in schema else "string"}
    listed = [schema["const"]] if "const" in schema else schema.get("enum", ())
    return {_KINDS[type(value)] for value in listed}
