# SPDX-License-Identifier: Apache-2.0
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
        ({"allOf": [BASE], "required": ["id"]}, {"allOf": [BASE, {}], "required": ["id"]}),
        ({"allOf": [BASE], "description": "Too."}, {"allOf": [BASE, {}], "description": "Too."}),
        ({"allOf": [{"$ref": "#/components/schemas/Text"}]}, {"allOf": [{"$ref": "#/components/schemas/Text"}]}),
        ({"allOf": [BASE, BASE], "properties": NAME}, {"allOf": [BASE, BASE], "properties": NAME}),
        ({"properties": NAME}, {"properties": NAME}),
    ],
)
def test_what_is_composed_of_one_object_gets_two_parts(schema: dict[str, Any], parted: dict[str, Any]) -> None:
    bases = {"Base": {"properties": NAME}, "Text": {"type": "string"}}
    document = {"components": {"schemas": {"Tree": copy.deepcopy(schema), **bases}}}
    part_additions(document)
    assert document["components"]["schemas"]["Tree"] == parted
    assert not is_alias_with_more(document["components"]["schemas"]["Tree"])
