"""Says composition as generators of clients understand it: what a schema adds to its only base is a part, too.

Many take `allOf` with one reference for another name of the same class, and drop what stands beside it.
"""

from typing import Any

from app.spec.blanks import objects

_OWN = ("properties", "required")


def is_alias_with_more(schema: dict[str, Any]) -> bool:
    """Whether a schema has one part, which is a reference, and attributes or demands of its own beside it."""
    parts = schema.get("allOf", ())
    return len(parts) == 1 and "$ref" in parts[0] and any(keyword in schema for keyword in _OWN)


def part_additions(document: dict[str, Any]) -> None:
    """Make what schemas add to their only base a second part; what they demand stays, as it may be of the base.

    Changes `document`.
    """
    for schema in objects(document["components"]):
        if is_alias_with_more(schema):
            added = {"properties": schema.pop("properties")} if "properties" in schema else {}
            schema["allOf"] = [*schema["allOf"], {"type": "object", **added}]
