# SPDX-License-Identifier: Apache-2.0
"""Bodies that the schemas of a bundled document take: with all that they declare, or with what is mandatory alone."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from app.spec.adoption.class_names import class_name
from app.spec.schemas import Schema, Schemas, component_name, discriminator_mapping

TEXT = "a text > 5"
"""A text with a character of the query language in it."""
_TEXTS = {
    "date-time": "2024-05-01T10:00:00Z",
    "date": "2024-05-01",
    "uri": "https://example.com/a",
    "base64": "aGk=",
    "email": "jane@example.com",
}
_SCALARS = {"integer": 1, "number": 1, "boolean": True}
_IDENTITY = ("id", "href", "@baseType", "@schemaLocation")
_DEEPEST = 3
"""How deep a body goes that has every attribute; below it has what is mandatory."""
_MOST_SHAPES = 8
_REFERENCES = ("Ref", "RefOrValue")
"""How classes end whose objects are nothing without an id, though version 5 does not demand it."""


class Bodies:
    """Values that the schemas of a document take."""

    def __init__(self, document: Schema) -> None:
        self._known = Schemas(document)

    def full(self, schema: Schema) -> dict[str, Any]:
        """A value with every attribute down to some depth."""
        value: dict[str, Any] = next(self._values(schema, 0))
        return value

    def shapes(self, schema: Schema) -> list[dict[str, Any]]:
        """Values with nothing but what is mandatory, one for each class and each value of an enum that it may have."""
        return list(islice(self._values(schema, _DEEPEST), _MOST_SHAPES))

    def _values(self, schema: Schema, depth: int, class_of: str = "") -> Iterator[Any]:
        whole: dict[str, Any] = {}
        for part in self._known.parts(schema):
            whole.update(part)
        if "enum" in whole:
            return iter(whole["enum"])
        if union := whole.get("anyOf") or whole.get("oneOf"):
            return chain.from_iterable(self._values(branch, depth) for branch in union)
        if whole.get("type") == "array":
            return self._arrays(whole, depth)
        if whole.get("type") == "object" or self._known.properties(schema):
            named = class_name(component_name(schema)) if "$ref" in schema else class_of
            return chain(self._objects(schema, depth, named), self._subclasses(schema, depth))
        return iter([_text(whole) if whole.get("type") == "string" else _SCALARS.get(whole.get("type", ""), "any")])

    def _arrays(self, schema: Schema, depth: int) -> Iterator[list[Any]]:
        elements = ([each] for each in self._values(schema["items"], depth + 1))
        return elements if schema.get("minItems") else chain(elements, [[]])

    def _subclasses(self, schema: Schema, depth: int) -> Iterator[dict[str, Any]]:
        """Objects of each class that the discriminator of a schema chooses from, and that is no base of it."""
        parts = list(self._known.parts(schema))
        for reference in discriminator_mapping(parts[-1]).values():
            other: Schema = {"$ref": reference}
            if not all(part in parts for part in self._known.parts(other)):
                yield from self._objects(other, depth, class_name(component_name(other)))

    def _objects(self, schema: Schema, depth: int, named: str) -> Iterator[dict[str, Any]]:
        """An object with the first value of each attribute, and one for each other value of each of them."""
        declared, demanded = self._known.properties(schema), self._known.required_members(schema)
        if named.endswith(_REFERENCES):
            demanded |= {"id"} & declared.keys()
        names = [name for name in declared if name in demanded or (depth < _DEEPEST and name not in _IDENTITY)]
        lists = {name: self._members(name, declared[name], depth, named) for name in names}
        first = dict.fromkeys(demanded - declared.keys(), "undeclared") | {name: next(lists[name]) for name in names}
        yield first
        for name, others in lists.items():
            yield from ({**first, name: other} for other in others)

    def _members(self, name: str, schema: Schema, depth: int, named: str) -> Iterator[Any]:
        is_class = name == "@type" and named and not any("enum" in part for part in self._known.parts(schema))
        return iter([named]) if is_class else self._values(schema, depth + 1)


def _text(schema: Schema) -> str:
    text = _TEXTS.get(schema.get("format", ""), TEXT)
    return text[: schema.get("maxLength")].ljust(schema.get("minLength", 0), "a")
