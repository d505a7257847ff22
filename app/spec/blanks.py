# SPDX-License-Identifier: Apache-2.0
"""Mandatory text is not blank (TMF630): a JSON Schema `pattern` says so wherever a schema requires text."""

from collections.abc import Callable, Mapping
from typing import Any

from app.spec.places import objects
from app.spec.schemas import Schema, Schemas

NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
"""The pattern of mandatory text: it contains a character that is not white space.

U+001C to U+001F and U+0085 are white space to Python and not to JSON Schema (ECMA 262). Here they are white space, so
that text which this server takes passes the validators of clients of both kinds.
"""


def has_pattern(schema: Schema) -> bool:
    """Whether a schema has the pattern `NOT_BLANK`."""
    return schema.get("pattern") == NOT_BLANK


def is_limited(schema: Schema) -> bool:
    """Whether a schema has an `enum` or a `pattern` already: generators of clients fail at two patterns of one text."""
    return "enum" in schema or "pattern" in schema


def forbid_blanks(document: Mapping[str, Any]) -> None:
    """Give the pattern `NOT_BLANK` to all mandatory text in the components of a document; changes `document`."""
    components = document["components"]
    schemas = Schemas({"components": {"schemas": components.get("schemas", {})}})
    for schema in objects(components):
        forbid_in(schemas, schema, unless=is_limited)


def forbid_in(schemas: Schemas, schema: dict[str, Any], unless: Callable[[Schema], bool] = has_pattern) -> None:
    """Give the pattern `NOT_BLANK` to the text that `schema`, but none of its parts, makes mandatory; changes `schema`.

    Leaves out text with a part of which `unless` is true.
    """
    if _adds_nothing(schema):
        return
    declared = schemas.properties(schema)
    demanded = {name for part in schema.get("allOf", ()) for name in _mandatory_text(schemas, part)}
    for name in sorted(_mandatory_text(schemas, schema) - demanded):
        if not any(map(unless, schemas.parts(declared[name]))):
            schema.setdefault("properties", {})[name] = _not_blank(declared[name])


def _adds_nothing(schema: Schema) -> bool:
    """Whether `schema` makes no text mandatory that no single part of it does; that of most is told at once."""
    parts, required = schema.get("allOf"), schema.get("required")
    if not isinstance(parts, list):
        return not isinstance(required, list)
    return len(parts) == 1 and not required and "properties" not in schema


def _mandatory_text(schemas: Schemas, schema: Schema) -> set[str]:
    """The names of text that a schema, its parts included, both declares and demands."""
    declared = schemas.properties(schema)
    demanded = {name for part in schemas.parts(schema) for name in part.get("required", ())}
    return {name for name in demanded & declared.keys() if _is_text(schemas, declared[name])}


def _is_text(schemas: Schemas, schema: Schema) -> bool:
    return any(part.get("type") == "string" for part in schemas.parts(schema))


def _not_blank(text: Schema) -> dict[str, Any]:
    if "$ref" in text or "pattern" in text:
        return {"allOf": [text, {"pattern": NOT_BLANK}]}
    return {**text, "pattern": NOT_BLANK}
