"""Mandatory text is not blank, and the documents say so."""

import copy
from typing import Any

import pytest

from app.spec.blanks import NOT_BLANK, forbid_blanks
from app.spec.bundle import bundle, names
from app.spec.schemas import Schemas

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


def test_a_pattern_of_its_own_stays() -> None:
    code = {"type": "string", "pattern": "^[a-z ]*$"}
    told = spelled_out(Party={"required": ["code"], "properties": {"code": code}})
    assert told["Party"]["properties"]["code"] == {"allOf": [code, {"pattern": NOT_BLANK}]}


@pytest.mark.parametrize("name", names())
def test_saying_it_twice_changes_nothing(name: str) -> None:
    document = bundle(name)
    before = copy.deepcopy(document)
    forbid_blanks(document)
    assert document == before


@pytest.mark.parametrize("name", names())
def test_every_mandatory_text_of_a_created_resource_has_the_pattern(name: str) -> None:
    document = bundle(name)
    schemas = Schemas(document)
    created = [item["post"]["requestBody"]["content"] for item in document["paths"].values() if "post" in item]
    found = 0
    for schema in (content["application/json"]["schema"] for content in created):
        properties = schemas.properties(schema)
        for required in {each for part in schemas.parts(schema) for each in part.get("required", ())}:
            text = list(schemas.parts(properties[required]))
            if any(part.get("type") == "string" for part in text):
                assert any(part.get("pattern") == NOT_BLANK for part in text), required
                found += 1
    assert found
