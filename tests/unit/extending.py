# SPDX-License-Identifier: Apache-2.0
"""JSON Schemas of classes that a deployment may register, for the tests of extensions."""

import json
from pathlib import Path
from typing import Any

from app.spec.bundle import bundle

Schema = dict[str, Any]

V4, V5 = bundle("customer-v4"), bundle("customer-v5")
"""The documents that the classes extend."""

HOME = "https://schemas.example.com/"
DRAFT_07 = "http://json-schema.org/draft-07/schema#"

VIP: Schema = {
    "$id": HOME + "vip.json",
    "title": "VipCustomer",
    "required": ["level"],
    "properties": {
        "@type": {"const": "VipCustomer"},
        "@baseType": {"const": "Customer"},
        "@schemaLocation": {"const": HOME + "vip.json"},
        "level": {"type": ["integer", "null"], "maximum": 5},
        "since": {"type": "string", "format": "date-time"},
        "perk": {"type": "array", "items": {"$ref": "#/$defs/Perk"}},
        "name": {"minLength": 3},
        "mood": {"enum": ["good", "bad"]},
        "mixed": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "free": {},
    },
    "$defs": {
        "Perk": {
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": {"type": "string"},
                "until": {"type": "string", "format": "date-time"},
                "within": {"type": "array", "items": {"$ref": "#/$defs/Perk"}},
            },
        }
    },
}
GOLD: Schema = {
    "$schema": DRAFT_07,
    "title": "GoldCustomer",
    "required": ["best"],
    "properties": {"@baseType": {"const": "VipCustomer"}, "best": {"$ref": VIP["$id"] + "#/$defs/Perk"}},
}
CHAT: Schema = {
    "$id": HOME + "chat.json#",
    "title": "ChatContactMedium",
    "required": ["handle"],
    "properties": {"@baseType": {"const": "ContactMedium"}, "handle": {"type": "string"}},
}
WORK: Schema = {
    "title": "WorkEmailContactMedium",
    "properties": {"@baseType": {"const": "EmailContactMedium"}, "hours": {"type": "number"}},
}


def schema(title: str, base: str, properties: Schema | None = None, **more: Any) -> Schema:
    """A schema of the class `title`, which extends `base`."""
    return {"title": title, "properties": {"@baseType": {"const": base}, **(properties or {})}, **more}


def written(folder: Path, *schemas: Schema) -> str:
    """The folder, with each schema in a file of its own."""
    for index, each in enumerate(schemas):
        (folder / f"{index}.json").write_text(json.dumps(each), encoding="utf-8")
    return str(folder)
