# SPDX-License-Identifier: Apache-2.0
"""Compiles a schema of a bundled OpenAPI 3.0 document into a JSON Schema validator.

Translates what JSON Schema (draft 7) lacks or says otherwise: `nullable`, `exclusiveMinimum` as a boolean, integers
written without a fraction, discriminators; and mandatory text may not be blank (TMF630).
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from jsonschema_rs import Draft7Validator

from app.spec.blanks import forbid_in
from app.spec.discriminators import Choices
from app.spec.places import objects
from app.spec.schemas import Schema, Schemas, component_name

WRITTEN_WHOLE = "writtenWhole"
"""Our keyword beside `type: integer`, which refuses 7.0: JSON Schema alone takes that for an integer."""

_EXCLUDING = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


def compile_schema(schema: dict[str, Any]) -> Draft7Validator:
    """The validator of what `JsonSchemas.schema` makes."""
    return Draft7Validator(schema, validate_formats=True, keywords={WRITTEN_WHOLE: _WrittenWhole})


class JsonSchemas:
    """The schemas of a document as JSON Schema (draft 7); its components are translated once, and late."""

    def __init__(self, document: Schema) -> None:
        self._document = document

    @cached_property
    def _choices(self) -> Choices:
        return Choices(self._document["components"]["schemas"])

    @cached_property
    def _schemas(self) -> Schemas:
        return Schemas({"components": {"schemas": self._choices.components}})

    @cached_property
    def _components(self) -> dict[str, Any]:
        self._translate(self._choices.components)
        return self._choices.components

    def schema(self, schema: Schema, lenient: tuple[str, ...] = ()) -> dict[str, Any]:
        """A schema of the document, with the components that it refers to; not to be changed.

        Its own attributes `lenient` may be any text. The schemas that it is composed of are copied into it.
        """
        root, translated = self._choices.of_value(schema), self._components
        self._translate(root)
        components = _reachable_components(translated, root)
        return {**_with_lenient(components, root, lenient), "components": {"schemas": components}}

    def _translate(self, node: dict[str, Any]) -> None:
        """Translate every schema at or below a node, which is ours to change."""
        every = list(objects(node))
        for each in every:
            _translate(each)
        for each in every:
            forbid_in(self._schemas, each)


def _reachable_components(components: Mapping[str, dict[str, Any]], root: Schema) -> dict[str, dict[str, Any]]:
    """The components that `root` refers to, directly or not: a validator takes memory for each, and half are unused."""
    reached: dict[str, dict[str, Any]] = {}
    waiting = [root]
    while waiting:
        for each in objects(waiting.pop()):
            if "$ref" in each and (name := component_name(each)) not in reached:
                reached[name] = components[name]
                waiting.append(components[name])
    return reached


class _WrittenWhole:
    """The keyword `WRITTEN_WHOLE`, in the form that jsonschema-rs asks for."""

    def __init__(self, _parent: Mapping[str, Any], _value: Any, _path: list[str | int]) -> None: ...

    def validate(self, instance: Any) -> None:
        if isinstance(instance, float):
            raise ValueError(f"{instance} is not written as a whole number")


def _translate(schema: dict[str, Any]) -> None:
    kind = schema.get("type")
    if kind == "integer":
        schema[WRITTEN_WHOLE] = True
    if schema.get("nullable") and isinstance(kind, str):
        schema["type"] = [kind, "null"]
    for excluding, limit in _EXCLUDING.items():
        if isinstance(schema.get(excluding), bool) and schema.pop(excluding):
            schema[excluding] = schema.pop(limit)


def _with_lenient(schemas: Mapping[str, Any], schema: Schema, lenient: tuple[str, ...]) -> Schema:
    """The schema with copies of the schemas it is composed of, so that `lenient` is free at its own place alone."""
    if "$ref" in schema:
        return _with_lenient(schemas, schemas[component_name(schema)], lenient)
    own = dict(schema)
    if "properties" in schema:
        own["properties"] = {
            name: {"type": "string"} if name in lenient else inner for name, inner in schema["properties"].items()
        }
    if "allOf" in schema:
        own["allOf"] = [_with_lenient(schemas, part, lenient) for part in schema["allOf"]]
    return own | {
        branch: _with_lenient(schemas, schema[branch], lenient) for branch in ("then", "else") if branch in schema
    }
