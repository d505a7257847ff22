"""Reads the schemas of a bundled document as attribute trees."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.domain.attributes import ANY, DATE_TIME, Attribute

Schema = Mapping[str, Any]

_PREFIX = "#/components/schemas/"


class Schemas:
    """The component schemas of one bundled document; each place that declares an attribute becomes one, shared."""

    def __init__(self, document: Schema) -> None:
        self._named: Mapping[str, Schema] = document["components"]["schemas"]
        self._made: dict[int, Attribute] = {}

    def tree(self, name: str) -> Attribute:
        """The attributes of the schema `name`, `allOf` and `$ref` followed."""
        return self._shared(self._named[name])

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
        """One attribute per place of the document: schemas may lead back to themselves, a search of them must end."""
        if "$ref" in schema:
            return self.tree(referred(schema))
        if id(schema) not in self._made:
            self._made[id(schema)] = self._attribute(schema)
        return self._made[id(schema)]

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
