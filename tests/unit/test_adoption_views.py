# SPDX-License-Identifier: Apache-2.0
"""The views of an adopted resource: their names, what they demand, and names that our shared files have, too."""

from pathlib import Path
from typing import Any

import pytest

from app.spec.bundle import bundle
from app.spec.schemas import Schemas
from tests.adopting import CONTRACT, TICKET, Document, adopted, content, crud, notes, ship, swagger

TEXT = {"type": "string"}
PREFIX = "#/components/schemas/"


def schemas_of(folder: Path, document: Document) -> Document:
    schemas: Document = content(adopted(folder, document))["components"]["schemas"]
    return schemas


def whole(folder: Path, document: Document) -> Document:
    """The bundled document that an adopted one becomes."""
    made = adopted(folder, document)
    (folder / f"{made.name}.yaml").write_text(made.text, encoding="utf-8")
    return bundle(made.name, folder)


def demanded(folder: Path, document: Document, name: str) -> frozenset[str]:
    return Schemas(whole(folder, document)).required_members({"$ref": PREFIX + name})


def test_the_views_of_version_4_stand_first_and_demand_what_a_client_can_say(tmp_path: Path) -> None:
    schemas = schemas_of(tmp_path, TICKET)
    assert list(schemas)[:3] == ["Ticket", "Ticket_Create", "Ticket_Update"]
    assert schemas["Ticket"]["required"] == ["severity", "note", "isOpen"]
    assert schemas["Ticket_Create"]["required"] == ["severity"]
    assert "required" not in schemas["Ticket_Update"]
    assert schemas["Ticket"]["description"] == "A ticket, as the server shows it."


def test_the_views_of_version_5_have_a_representation_and_mvo_demands_nothing(tmp_path: Path) -> None:
    schemas = schemas_of(tmp_path, CONTRACT)
    assert list(schemas)[:4] == ["Contract", "Contract_FVO", "Contract_MVO", "Contract_Representation"]
    assert schemas["Contract_Representation"] == {
        "description": "All of a contract, as an answer shows it.",
        "allOf": [{"$ref": f"{PREFIX}Contract"}],
        "type": "object",
        "required": ["@type", "href", "id", "name"],
    }
    assert demanded(tmp_path, CONTRACT, "Contract_FVO") == {"@type", "name"}
    assert demanded(tmp_path, CONTRACT, "Contract_MVO") == frozenset()


@pytest.mark.parametrize("body", ["ShipCreate", "Ship"])
def test_a_body_that_is_called_otherwise_gets_the_name_of_ours(tmp_path: Path, body: str) -> None:
    definitions = ship(name={"type": "string"})
    definitions["ShipCreate"] = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"name": {"type": "string"}},
    }
    definitions["Ship"]["required"] = ["id", "name"]
    made = adopted(tmp_path, swagger(definitions, crud("Ship", without="put", create=body, patch=body)))
    schemas = content(made)["components"]["schemas"]
    assert schemas["Ship_Create"]["properties"] == {"name": {"type": "string"}}
    assert schemas["Ship_Create"]["required"] == ["name"]
    assert "required" not in schemas["Ship_Update"]
    assert schemas["Ship"]["required"] == ["id", "name"]
    assert "ShipCreate" not in schemas
    assert notes(made) == []


def test_a_body_without_a_schema_is_made_of_what_is_shown(tmp_path: Path) -> None:
    paths = crud("Ship", without="put")
    del paths["/ship"]["post"]["parameters"]
    made = adopted(tmp_path, swagger(ship(name={"type": "string"}), paths))
    assert notes(made) == [
        "#/paths/~1ship: has no schema of one object for create; a look at the one made of the answer"
    ]
    schemas = content(made)["components"]["schemas"]
    assert schemas["Ship_Create"]["properties"] == {"name": {"type": "string"}}


def test_what_bases_demand_of_the_server_is_dropped_in_a_create_and_stays_elsewhere(tmp_path: Path) -> None:
    base: Document = {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    }
    part = {"allOf": [{"$ref": "#/definitions/Base"}, {"type": "object", "properties": {"x": {"type": "string"}}}]}
    definitions = {
        "Base": base,
        **dict.fromkeys(("Ship", "Ship_Create", "Ship_Update"), part),
        "Ship": {**part, "properties": {"crew": {"$ref": "#/definitions/Base"}, "href": {"type": "string"}}},
    }
    document = swagger(definitions, crud("Ship", without="put"))
    assert demanded(tmp_path, document, "Ship_Create") == {"name"}
    assert demanded(tmp_path, document, "Ship_Update") == frozenset()
    assert demanded(tmp_path, document, "Ship") == demanded(tmp_path, document, "Base") == {"id", "name"}


@pytest.mark.parametrize("kind", ["integer", None])
def test_ids_are_texts_and_declared(tmp_path: Path, kind: str | None) -> None:
    definitions = ship()
    definitions["Ship"]["properties"] = {"id": {"type": kind}} if kind else {"name": {"type": "string"}}
    made = adopted(tmp_path, swagger(definitions, crud("Ship", without="put")))
    properties = content(made)["components"]["schemas"]["Ship"]["properties"]
    assert properties["id"] == properties["href"] == {"type": "string"}
    told = ["#/components/schemas/Ship/properties/id: is integer; text, as which it is taken"]
    assert notes(made) == (told if kind else [])


def test_a_class_that_the_server_fills_itself_keeps_its_name_and_the_other_gets_one(tmp_path: Path) -> None:
    error: Document = {"type": "object", "required": ["colour"], "properties": {"colour": {"type": "string"}}}
    document = swagger({**ship(fault={"$ref": "#/definitions/Error"}), "Error": error}, crud("Ship", without="put"))
    found = whole(tmp_path, document)["components"]["schemas"]
    assert found["Ship"]["properties"]["fault"] == {"$ref": f"{PREFIX}PublishedError"}
    assert found["PublishedError"]["required"] == ["colour"]
    assert {"code", "reason"} <= Schemas({"components": {"schemas": found}}).properties(
        {"$ref": f"{PREFIX}Error"}
    ).keys()


@pytest.mark.parametrize(
    ("required", "name"), [([], "Extensible"), (["@type"], "PublishedExtensible")], ids=["no more", "more"]
)
def test_a_base_that_the_standard_has_too_takes_its_place_where_it_demands_no_more(
    tmp_path: Path, required: list[str], name: str
) -> None:
    base: Document = {
        "type": "object",
        "required": required,
        "properties": {"@type": {"type": "string"}, "own": {"type": "string"}},
    }
    definitions = {**ship(), "Extensible": base}
    definitions["Ship"] = {"allOf": [{"$ref": "#/definitions/Extensible"}, definitions["Ship"]]}
    document = swagger(definitions, crud("Ship", without="put"))
    schemas = schemas_of(tmp_path, document)
    assert "own" in schemas[name]["properties"]
    assert (schemas[name].get("x-replaces") == "shared/v4.yaml") == (name == "Extensible")
    error = Schemas(whole(tmp_path, document)).required_members({"$ref": f"{PREFIX}Error"})
    assert "@type" not in error


def test_an_adopted_document_stands_alone_but_for_the_standard_operations(tmp_path: Path) -> None:
    own = schemas_of(tmp_path, CONTRACT).keys()
    found = whole(tmp_path, CONTRACT)["components"]["schemas"]
    properties: dict[str, Any] = Schemas({"components": {"schemas": found}}).properties({"$ref": f"{PREFIX}PartyRef"})
    assert properties.keys() == {"@type", "@baseType", "@schemaLocation", "id", "href"}
    assert {"Entity", "PartyRef", "Extensible", "Addressable"} <= own
    assert {"Error", "Hub", "Event", "Selection"} <= found.keys() - own


@pytest.mark.parametrize("is_composed", [False, True])
def test_no_client_of_version_4_chooses_an_id(tmp_path: Path, is_composed: bool) -> None:
    definitions = ship(name={"type": "string"})
    identity = {"type": "object", "properties": {"id": {"type": "string"}, "href": {"type": "string"}, "size": {}}}
    if is_composed:
        definitions["Entity"] = identity
        definitions["Ship_Create"]["allOf"] = [{"$ref": "#/definitions/Entity"}]
    else:
        definitions["Ship_Create"]["properties"] |= identity["properties"]
    made = content(adopted(tmp_path, swagger(definitions, crud("Ship"))))
    schemas = Schemas(made)
    assert schemas.properties({"$ref": PREFIX + "Ship_Create"}).keys() == {"name", "size"}
    assert schemas.properties({"$ref": PREFIX + "Ship"}).keys() >= {"id", "href"}


def test_a_client_of_version_5_may_choose_an_id(tmp_path: Path) -> None:
    schemas = Schemas(content(adopted(tmp_path, CONTRACT)))
    assert "id" in schemas.properties({"$ref": PREFIX + "Contract_FVO"})
