# SPDX-License-Identifier: Apache-2.0
"""The files of registered classes: what they may say, and what stops the start."""

import socket
from pathlib import Path

import pytest
import yaml

from app.errors import StartError
from app.spec.extension_checks import ExtensionChecks
from app.spec.registration import load_extensions
from app.spec.schemas import Schemas
from tests.unit.extending import CHAT, HOME, V4, V5, VIP, Schema, schema, written


@pytest.mark.parametrize("draft", ["2020-12", "2019-09", "07", "06"])
def test_each_draft_is_read_as_such(tmp_path: Path, draft: str) -> None:
    uri = (
        f"http://json-schema.org/draft-{draft}/schema#"
        if draft < "1"
        else f"https://json-schema.org/draft/{draft}/schema"
    )
    inner = {"limit": {"$ref": "#/definitions/Limit"}}
    own = schema("Own", "Customer", inner, **{"$schema": uri}, definitions={"Limit": {"type": "integer"}})
    extensions = load_extensions(written(tmp_path, own), [V4])
    assert Schemas(extensions.extend_attributes(V4)).tree("Customer").members["limit"].kind == "integer"
    found = list(ExtensionChecks(extensions).of("Customer")[0].violations({"@type": "Own", "limit": "x"}))
    assert [each.place for each in found] == ["/limit"]


@pytest.mark.parametrize("ending", ["yaml", "yml"])
def test_a_schema_may_be_yaml(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"vip.{ending}").write_text(yaml.safe_dump(VIP), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no schema")
    assert [each.name for each in load_extensions(str(tmp_path), [V4])] == ["VipCustomer"]


WRONG = [
    ([{"properties": {"@baseType": {"const": "Customer"}}}], "lacks a title"),
    ([schema(" ", "Customer")], "lacks a title"),
    ([{"title": "Own"}], "properties.@baseType.const should name the class that 'Own' extends"),
    ([{"title": "Own", "properties": {"@baseType": True}}], "properties.@baseType.const should name"),
    ([schema("Own", "Custmer")], "'Custmer', which 'Own' extends, is no class"),
    ([schema("Own", "Customer_FVO")], "'Customer_FVO', which 'Own' extends, is no class"),
    ([schema("Customer", "PartyRole")], "title 'Customer' is a class already"),
    ([schema("CUSTOMER", "PartyRole")], "title 'CUSTOMER' is a class already: Customer"),
    ([schema("A", "B"), schema("B", "A")], "extends itself by way of"),
    ([schema("A", "A")], "'A' extends itself by way of 'A'"),
    ([schema("A", "Customer"), schema("A", "Party")], "title 'A' is that of another file, too"),
    ([VIP, {**CHAT, "$id": VIP["$id"]}], f"$id '{VIP['$id']}' is that of another file, too"),
    ([{**VIP, "$id": "vip.json"}], "$id is 'vip.json'; it should be an absolute URI"),
    ([{**VIP, "$schema": "https://example.com/mine"}], "$schema is 'https://example.com/mine'; it should be one of"),
    ([{**VIP, "$schema": "http://json-schema.org/draft-04/schema#"}], "it should be one of"),
    ([{**VIP, "required": "level"}], "$.required: 'level' is not of type 'array'"),
    ([{**VIP, "type": "array"}], "type is 'array'; what has an @type is an object"),
    ([{**VIP, "additionalProperties": False}], "additionalProperties is false, but the attributes of Customer"),
    ([{**VIP, "unevaluatedProperties": False}], "unevaluatedProperties is false"),
    ([schema("Own", "Customer", {"a": {"pattern": "("}})], "cannot be compiled"),
    ([schema("Own", "Customer", {"a": {"$ref": "#/$defs/A"}})], "$ref '#/$defs/A' leads nowhere"),
    ([schema("Own", "Customer", **{"$defs": {"A": {"$ref": "#/$defs/B"}}})], "$ref '#/$defs/B' leads nowhere"),
    ([schema("Own", "Customer", {"a": {"$ref": HOME + "a.json"}})], "nothing is fetched"),
    ([{**VIP, "allOf": [{"$ref": "other.json"}]}], "$ref 'other.json' leads nowhere"),
    (
        [schema("Own", "Customer", {"name": {"type": "integer"}})],
        "name is declared as integer, but by Customer as string",
    ),
    (
        [schema("Own", "Customer", {"validFor": {"properties": {"startDateTime": {"type": "string"}}}})],
        "validFor.startDateTime is declared as string, but by Customer as date-time",
    ),
    (
        [schema("Own", "Customer", {"contactMedium": {"type": "object", "properties": {}}})],
        "contactMedium is declared as object, but by Customer as array of object",
    ),
    (
        [VIP, schema("Own", "VipCustomer", {"level": {"type": "string"}})],
        "level is declared as string, but by VipCustomer as integer",
    ),
]


@pytest.mark.parametrize(("schemas", "told"), WRONG)
def test_a_schema_that_will_not_do_stops_the_start(tmp_path: Path, schemas: list[Schema], told: str) -> None:
    with pytest.raises(StartError) as stopped:
        ExtensionChecks(load_extensions(written(tmp_path, *schemas), [V4, V5]))
    assert told in str(stopped.value)
    assert str(stopped.value).startswith(f"LIAISON_SCHEMAS: {tmp_path}/")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", b"{", "cannot be read"),
        ("a.json", b"[]", "must hold a JSON Schema"),
        ("a.json", "{'ä': 1}".encode("latin-1"), "cannot be read"),
        ("a.yaml", b"title: [", "cannot be read"),
        ("a.yaml", b"title: A\ntitle: B", "stands twice"),
        ("a.yaml", b"&a {title: A, properties: *a}", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StartError, match=f"{name}: .*{told}"):
        load_extensions(str(tmp_path), [V4])


@pytest.mark.parametrize(("name", "told"), [("nowhere", "cannot be read"), ("", "holds no JSON Schema")])
def test_a_directory_without_schemas_stops_the_start(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(StartError, match=told):
        load_extensions(str(tmp_path / name), [V4])


def test_nothing_is_fetched(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/schema.json"
        with pytest.raises(StartError, match="nothing is fetched"):
            load_extensions(written(tmp_path, schema("Own", "Customer", {"a": {"$ref": url}})), [V4])
        with pytest.raises(BlockingIOError):
            listening.accept()
