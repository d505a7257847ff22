# SPDX-License-Identifier: Apache-2.0
"""Schemas of a bundled document, read as trees of attributes (`Attribute`)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.domain.query.attributes import ANY, DATE_TIME, Attribute
from app.domain.rules import Vocabulary, enumeration

Schema = Mapping[str, Any]

PREFIX = "#/components/schemas/"
"""The beginning of a reference to a component schema."""
OPEN = "x-open"
"""Our keyword for a date-time of some classes only: in another class the same name is open content."""


class Schemas:
    """The component schemas of one bundled document; an attribute that several places declare is one shared object."""

    def __init__(self, document: Schema, *, any_order: bool = False) -> None:
        """With `any_order` periods may end before they start."""
        self._any_order = any_order
        self._named: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
        self._components = {id(schema) for schema in self._named.values()}
        self._made: dict[tuple[int, ...], Attribute] = {}

    def tree(self, name: str) -> Attribute:
        """The attributes of the schema `name`, `allOf` and `$ref` followed, and whatever class `@type` may name.

        Where classes declare an attribute of different kinds, its kind is any.
        """
        return self._shared_attribute([self._named[name]])

    def declaring_schemas(self, name: str, path: Sequence[str]) -> list[Schema]:
        """The schemas that declare the attribute at `path` of the schema `name`, in whatever class."""
        places: list[Schema] = [self._named[name]]
        for segment in path:
            things = [self._shape(self._resolve(place))[1] for place in places]
            places = [
                inner
                for thing in things
                for named in self._classes(thing)
                for property, inner in self.properties(named).items()
                if property == segment
            ]
        return places

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """The declared properties of a schema by name, those of its parts included."""
        declared: dict[str, Schema] = {}
        for part in self.parts(schema):
            declared.update(part.get("properties", {}))
        return declared

    def parts(self, schema: Schema) -> Iterator[Schema]:
        """The schema and all that it is composed of (`allOf`, `$ref`), referred schemas first."""
        if "$ref" in schema:
            yield from self.parts(self._named[component_name(schema)])
            return
        for part in schema.get("allOf", ()):
            yield from self.parts(part)
        yield schema

    def required_members(self, schema: Schema) -> frozenset[str]:
        """The names of what a schema makes mandatory, its parts included."""
        return frozenset(name for part in self.parts(schema) for name in part.get("required", ()))

    def _shared_attribute(self, declared: Sequence[Schema]) -> Attribute:
        """One attribute for the same places of the document, as schemas may refer to themselves and a walk must end."""
        places = {id(place): place for place in map(self._resolve, declared)}
        if tuple(places) not in self._made:
            self._made[tuple(places)] = self._attribute(list(places.values()))
        return self._made[tuple(places)]

    def _attribute(self, places: Sequence[Schema]) -> Attribute:
        kinds, within = zip(*map(self._shape, places), strict=True)
        if len(set(kinds)) > 1:
            return Attribute(ANY, False, dict)
        kind, array = kinds[0]
        lenient = all(OPEN in schema for schema in within)
        terms = self._terms(within)
        return Attribute(
            kind, array, lambda: self._members(within), lenient=lenient, terms=terms, any_order=self._any_order
        )

    def _terms(self, schemas: Sequence[Schema]) -> Vocabulary | None:
        """The vocabulary of an attribute, where all places that declare it have an `enum`; else None."""
        values = [self._flat(schema).get("enum") for schema in schemas]
        named = [each for each in values if each is not None]
        return (
            enumeration(dict.fromkeys(each for value in named for each in value)) if len(named) == len(values) else None
        )

    def _shape(self, schema: Schema) -> tuple[tuple[str, bool], Schema]:
        """The kind of an attribute, whether it is an array of this kind, and the schema of a single value."""
        array = False
        while (whole := self._flat(schema)).get("type") == "array":
            array, schema = True, whole.get("items", {})
        return (_kind(whole), array), self._resolve(schema)

    def _members(self, schemas: Sequence[Schema]) -> dict[str, Attribute]:
        declared: dict[str, list[Schema]] = {}
        for schema in schemas:
            for named in self._classes(schema):
                for name, inner in self.properties(named).items():
                    declared.setdefault(name, []).append(inner)
        return {name: self._shared_attribute(places) for name, places in declared.items()}

    def _classes(self, schema: Schema) -> Iterator[Schema]:
        """The schema, and the classes from which a discriminator at its place chooses."""
        yield schema
        yield from (
            self._named[component_name({"$ref": reference})] for reference in discriminator_mapping(schema).values()
        )
        if id(schema) not in self._components:  # A component that is composed of a base is one of its classes.
            for part in schema.get("allOf", ()):
                yield from self._classes(self._resolve(part))

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._named[component_name(schema)]
        return schema

    def _flat(self, schema: Schema) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for part in self.parts(schema):
            flat.update(part)
        return flat


def component_name(schema: Schema) -> str:
    """The name of the component schema that a `$ref` names."""
    return str(schema["$ref"]).removeprefix(PREFIX)


def discriminator_mapping(schema: Schema) -> Mapping[str, str]:
    """The classes from which the discriminator of a schema chooses, if it has one: reference by name."""
    mapping: Mapping[str, str] = schema.get("discriminator", {}).get("mapping", {})
    return mapping


def _kind(schema: Schema) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema or discriminator_mapping(schema) else ANY)
    return DATE_TIME if schema.get("format") == DATE_TIME else str(kind)
