"""What a schema adds to its only base is a part of it, so that generators of clients see it."""

import copy
from typing import Any

import pytest

from app.spec.composition import is_alias_with_more, part_additions

BASE = {"$ref": "#/components/schemas/Base"}
NAME = {"name": {"type": "string"}}


@pytest.mark.parametrize(
    ("schema", "parted"),
    [
        (
            {"allOf": [BASE], "type": "object", "properties": NAME, "required": ["id"]},
            {"allOf": [BASE, {"type": "object", "properties": NAME}], "type": "object", "required": ["id"]},
        ),
        ({"allOf": [BASE], "required": ["id"]}, {"allOf": [BASE, {"type": "object"}], "required": ["id"]}),
        ({"allOf": [BASE], "description": "The same."}, {"allOf": [BASE], "description": "The same."}),
        ({"allOf": [BASE, BASE], "properties": NAME}, {"allOf": [BASE, BASE], "properties": NAME}),
        ({"properties": NAME}, {"properties": NAME}),
    ],
)
def test_only_what_stands_beside_a_single_base_becomes_a_part(schema: dict[str, Any], parted: dict[str, Any]) -> None:
    document = {"components": {"schemas": {"Tree": copy.deepcopy(schema)}}}
    part_additions(document)
    assert document["components"]["schemas"]["Tree"] == parted
    assert not is_alias_with_more(document["components"]["schemas"]["Tree"])
