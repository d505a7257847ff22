# SPDX-License-Identifier: Apache-2.0
"""Composition for generators of clients: what a schema adds to its only base becomes a second part of `allOf`.

Several take `allOf` with one reference for another name of the same class, and ignore the keywords beside it.
"""

from typing import Any

from app.spec.places import objects
from app.spec.schemas import Schemas

_OWN = ("properties", "required")


def is_alias_with_more(schema: dict[str, Any]) -> bool:
    """Whether a schema has one part, which is a reference, and attributes or demands of its own beside it."""
    parts = schema.get("allOf", ())
    return len(parts) == 1 and "$ref" in parts[0] and any(keyword in schema for keyword in _OWN)


def part_additions(document: dict[str, Any]) -> None:
    """Move what schemas add to their only base into a second part; `required` stays: it may name members of the base.

    A component that adds nothing to the object that is its base has an empty part, and so a class of its own.
    Changes `document`.
    """
    schemas = document["components"].get("schemas", {})
    reader = Schemas({"components": {"schemas": schemas}})
    named = [schema for schema in schemas.values() if _is_another_name(reader, schema)]
    for schema in (*named, *filter(is_alias_with_more, objects(document["components"]))):
        added = {"type": "object", "properties": schema.pop("properties")} if "properties" in schema else {}
        schema["allOf"] = [*schema["allOf"], added]


def _is_another_name(reader: Schemas, schema: dict[str, Any]) -> bool:
    parts = schema.get("allOf", ())
    is_alias = len(parts) == 1 and "$ref" in parts[0] and not is_alias_with_more(schema)
    return is_alias and any("properties" in part for part in reader.parts(schema))
