# SPDX-License-Identifier: Apache-2.0
"""Mandatory text is not blank, and the documents say so."""

import copy
import re
from typing import Any

import jsonschema_rs
import pytest

from app.spec.blanks import NOT_BLANK, forbid_blanks, forbid_in
from app.spec.bundle import bundle, names
from app.spec.schemas import Schema, Schemas

Document = dict[str, Any]

TEXT = {"type": "string", "description": "A text."}
BASE = {"$ref": "#/components/schemas/Base"}


def spelled_out(**schemas: Document) -> Document:
    """The schemas of a document once it says what mandatory text must be."""
    document: Document = {"components": {"schemas": copy.deepcopy(schemas)}}
    forbid_blanks(document)
    told: Document = document["components"]["schemas"]
    return told


def test_mandatory_text_gets_the_pattern_and_nothing_else_does() -> None:
    properties = {"name": TEXT, "nick": TEXT, "size": {"type": "integer"}}
    told = spelled_out(Party={"type": "object", "required": ["name", "size"], "properties": properties})
    assert told["Party"]["properties"] == {**properties, "name": {**TEXT, "pattern": NOT_BLANK}}


def test_what_a_view_demands_of_its_base_stands_in_the_view() -> None:
    base = {"type": "object", "properties": {"name": TEXT}}
    told = spelled_out(Base=base, Party={"allOf": [BASE], "required": ["name"]}, Patch={"allOf": [BASE]})
    assert told["Base"] == base
    assert told["Party"]["properties"] == {"name": {**TEXT, "pattern": NOT_BLANK}}
    assert "properties" not in told["Patch"]


def test_what_the_base_demands_is_not_said_again() -> None:
    told = spelled_out(Base={"required": ["name"], "properties": {"name": TEXT}}, Party={"allOf": [BASE]})
    assert told["Base"]["properties"]["name"]["pattern"] == NOT_BLANK
    assert told["Party"] == {"allOf": [BASE]}


@pytest.mark.parametrize("own", [{"pattern": "^[a-z]+$"}, {"enum": ["a", "b"]}])
def test_text_that_says_itself_how_it_may_be_gets_no_second_pattern(own: dict[str, Any]) -> None:
    code = {"type": "string", **own}
    told = spelled_out(Party={"required": ["code"], "properties": {"code": code}})
    assert told["Party"]["properties"]["code"] == code


def test_the_server_checks_blanks_also_where_text_says_itself_how_it_may_be() -> None:
    code = {"type": "string", "pattern": "^[a-z ]*$"}
    schema = {"required": ["code"], "properties": {"code": code}}
    forbid_in(Schemas({"components": {"schemas": {}}}), schema)
    assert schema["properties"] == {"code": {"allOf": [code, {"pattern": NOT_BLANK}]}}


@pytest.mark.parametrize("name", names())
def test_saying_it_twice_changes_nothing(name: str) -> None:
    document = bundle(name)
    before = copy.deepcopy(document)
    forbid_blanks(document)
    assert document == before


def test_clients_in_python_find_no_text_blank_that_the_server_takes() -> None:
    taken = jsonschema_rs.validator_for({"pattern": NOT_BLANK})
    for text in map(chr, range(0xD800)):
        assert not taken.is_valid(text) or (text.strip() and re.search(NOT_BLANK, text)), repr(text)
    assert all(map(taken.is_valid, ("x", "\x00", "\u200b", "é")))


def refuses_blanks(text: Schema) -> bool:
    if "enum" in text:
        return all(str(value).strip() for value in text["enum"])
    return "pattern" in text and not any(re.search(text["pattern"], blank) for blank in ("", " ", "\t\n "))


def creates(item: Schema) -> bool:
    """Whether something is posted to a path."""
    return "requestBody" in item.get("post", {})


@pytest.mark.parametrize("name", names())
def test_no_mandatory_text_of_a_created_resource_may_be_blank(name: str) -> None:
    document = bundle(name)
    schemas = Schemas(document)
    created = [item["post"]["requestBody"]["content"] for item in document["paths"].values() if creates(item)]
    found = 0
    for schema in (content["application/json"]["schema"] for content in created if "application/json" in content):
        properties = schemas.properties(schema)
        for required in schemas.required_members(schema):
            text = list(schemas.parts(properties[required]))
            if any(part.get("type") == "string" for part in text):
                assert any(map(refuses_blanks, text)), required
                found += 1
    assert found or not created
