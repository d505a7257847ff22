# SPDX-License-Identifier: Apache-2.0
"""Bodies of several classes whose `@type` may be left out, as clients are told of them: a choice without discriminator.

OpenAPI 3.0 has the attribute of a discriminator be mandatory, and generators make it so, whatever the schema says.
"""

from collections.abc import Iterator
from typing import Any

from app.spec.operations import METHODS
from app.spec.schemas import PREFIX, Schemas, component_name, discriminator_mapping

Document = dict[str, Any]


def with_optional_classes(document: Document) -> Document:
    """The bundled document for clients. What is not changed is shared with `document`."""
    schemas = document.get("components", {}).get("schemas", {})  # There may be no operation that is offered.
    named = {_schema_name(each) for each in _bodies(document)} - {""}
    choosing = {
        name: [{"$ref": PREFIX + name}, *({"$ref": each} for each in others)]
        for name in sorted(named)
        if (others := _other_classes(document, name))
    }
    if not choosing:
        return document
    plain = {
        name: {each: value for each, value in schemas[name].items() if each != "discriminator"} for name in choosing
    }
    paths = {
        path: {
            method: _with_choice(operation, choosing) if method in METHODS else operation
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    components = {**document["components"], "schemas": {**schemas, **plain}}
    return {**document, "paths": paths, "components": components}


def _bodies(document: Document) -> Iterator[Document]:
    for item in document["paths"].values():
        for method in METHODS:
            yield from item.get(method, {}).get("requestBody", {}).get("content", {}).values()


def _schema_name(content: Document) -> str:
    """The name of the schema of a body; empty for one without name."""
    schema = content.get("schema", {})
    return component_name(schema) if "$ref" in schema else ""


def _without_discriminator(schema: Document) -> Document:
    return {keyword: value for keyword, value in schema.items() if keyword != "discriminator"}


def _other_classes(document: Document, name: str) -> list[str]:
    """The further classes of a schema that need not be named."""
    schema = document["components"]["schemas"][name]
    mapping = discriminator_mapping(schema)
    if not mapping or schema["discriminator"]["propertyName"] in Schemas(document).required_members(schema):
        return []
    return sorted({each for each in mapping.values() if each != PREFIX + name})


def _with_choice(operation: Document, choosing: dict[str, list[Document]]) -> Document:
    contents = operation.get("requestBody", {}).get("content", {})
    if not any(_schema_name(each) in choosing for each in contents.values()):
        return operation
    told = {
        kind: {**each, "schema": {"anyOf": choosing[name]}} if (name := _schema_name(each)) in choosing else each
        for kind, each in contents.items()
    }
    return {**operation, "requestBody": {**operation["requestBody"], "content": told}}
