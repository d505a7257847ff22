"""Reads the schemas of a bundled document as attribute trees."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.attributes import ANY, DATE_TIME, Attribute

Schema = Mapping[str, Any]

_PREFIX = "#/components/schemas/"


class Schemas:
    """The component schemas of one bundled document; each named one becomes one shared tree."""

    def __init__(self, document: Schema) -> None:
        self._named: Mapping[str, Schema] = document["components"]["schemas"]
        self._trees: dict[str, Attribute] = {}

    def tree(self, name: str) -> Attribute:
        """The attributes of the schema `name`, `allOf` and `$ref` followed."""
        if name not in self._trees:
            self._trees[name] = self._attribute(self._named[name])
        return self._trees[name]

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """The declared properties of a schema by name, those of its parts included."""
        found: dict[str, Schema] = {}
        for part in self.parts(schema):
            found.update(part.get("properties", {}))
        return found

    def parts(self, schema: Schema) -> Iterator[Schema]:
        """The schema and everything that it is composed of, what it refers to first."""
        if "$ref" in schema:
            yield from self.parts(self._named[referred(schema)])
            return
        for part in schema.get("allOf", ()):
            yield from self.parts(part)
        yield schema

    def _attribute(self, schema: Schema) -> Attribute:
        array = False
        while (whole := self._flat(schema)).get("type") == "array":
            array, schema = True, whole.get("items", {})
        return Attribute(_kind(whole), array, lambda: self._members(schema))

    def _members(self, schema: Schema) -> dict[str, Attribute]:
        return {name: self._shared(inner) for name, inner in self.properties(schema).items()}

    def _shared(self, schema: Schema) -> Attribute:
        return self.tree(referred(schema)) if "$ref" in schema else self._attribute(schema)

    def _flat(self, schema: Schema) -> dict[str, Any]:
        flat: dict[str, Any] = {}
        for part in self.parts(schema):
            flat.update(part)
        return flat


def referred(schema: Schema) -> str:
    """The name of the component schema that a `$ref` names."""
    return str(schema["$ref"]).removeprefix(_PREFIX)


def _kind(schema: Schema) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema else ANY)
    return DATE_TIME if schema.get("format") == DATE_TIME else str(kind)
