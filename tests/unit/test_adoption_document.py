# SPDX-License-Identifier: Apache-2.0
"""What a published document is called, where it stands, and which resources it has."""

from pathlib import Path
from typing import Any

import pytest

from app.spec.adoption.report import AdoptionError
from app.spec.adoption.unsupported_paths import MOST_OPERATIONS
from tests.adopting import Document, adopted, content, crud, notes, ship, swagger

SHIP = ship(name={"type": "string"})
PUT = "#/paths/~1ship~1{id}/put: replaces a resource, which TMF630 does not have; PATCH, which is offered in its place"


def document(**more: Any) -> Document:
    return swagger(SHIP, crud("Ship", without="put"), **more)


def refusals(folder: Path, document: Document) -> list[str]:
    with pytest.raises(AdoptionError) as refused:
        adopted(folder, document)
    return [note.line("") for note in refused.value.notes]


def test_a_document_is_called_after_its_title_and_says_where_it_is_from(tmp_path: Path) -> None:
    made = adopted(tmp_path, document())
    told = content(made)
    assert made.name == "shipManagement-v4"
    assert told["info"] == {
        "title": "Ship Management",
        "version": "4.0.0",
        "description": "Adopted from TM Forum's TMF999, version 4.0.0.",
    }
    assert told["servers"] == [{"url": "/tmf-api/shipManagement/v4"}]
    assert told["tags"] == [{"name": "ship", "description": "Ships."}]
    assert "paths" not in told


@pytest.mark.parametrize(
    ("info", "file", "number"),
    [
        ({"title": "Ships", "version": "4.0"}, "TMF777-Ships.json", "TMF777"),
        (
            {"title": "Ships", "version": "4.0", "description": "This is TMF 123, and no TMF456"},
            "TMF777.json",
            "TMF123",
        ),
        ({"title": "Ships", "version": "v4.0"}, "ships.json", "document"),
    ],
)
def test_the_number_of_an_api_is_in_its_description_or_its_name(
    tmp_path: Path, info: Document, file: str, number: str
) -> None:
    made = adopted(tmp_path, document(info=info), file)
    assert content(made)["info"]["description"] == f"Adopted from TM Forum's {number}, version 4.0."


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("API Ship", "ship-v4"),
        ("Ship and 2 Boats - API", "shipAnd2Boats-v4"),
        ("ShipOrdering", "shipOrdering-v4"),
        ("5", "api-v4"),
    ],
)
def test_a_title_becomes_a_name(tmp_path: Path, title: str, name: str) -> None:
    assert adopted(tmp_path, document(info={"title": title, "version": "4.0.0"})).name == name


@pytest.mark.parametrize(
    ("base", "path", "told"),
    [
        ("/tmf-api/ShipThings/v4/", "/tmf-api/ShipThings/v4", []),
        ("tmf-api/ships/v4", "/tmf-api/ships/v4", []),
        ("", "/tmf-api/shipManagement/v4", []),
        ("/", "/tmf-api/shipManagement/v4", []),
        ("/boats/v4", "/boats/v4", ["#/basePath: is /boats/v4, which may be another API's"]),
        ("/a b/{x}", "/tmf-api/shipManagement/v4", ["#/basePath: is '/a b/{x}', which is no path"]),
    ],
)
def test_a_base_path_has_a_slash_before_and_none_behind(tmp_path: Path, base: str, path: str, told: list[str]) -> None:
    made = adopted(tmp_path, document(basePath=base))
    assert content(made)["servers"] == [{"url": path}]
    assert [line.partition(";")[0] for line in notes(made)] == told


@pytest.mark.parametrize(
    ("server", "path"),
    [
        ({"url": "https://serverRoot/tmf-api/ships/v5/"}, "/tmf-api/ships/v5"),
        ({"url": "https://serverRoot"}, "/tmf-api/shipManagement/v5"),
        ({"url": "//example.com/tmf-api/a/v5"}, "/tmf-api/a/v5"),
        ({"url": "{root}/tmf-api/a/v5/", "variables": {"root": {"default": "https://x"}}}, "/tmf-api/a/v5"),
        ({"url": "https://x/{path}", "variables": {"path": {"default": "tmf-api/b/v5"}}}, "/tmf-api/b/v5"),
        ({}, "/tmf-api/shipManagement/v5"),
    ],
)
def test_the_base_path_of_a_server_is_that_of_its_url(tmp_path: Path, server: Document, path: str) -> None:
    schemas = {name.replace("_Create", "_FVO").replace("_Update", "_MVO"): schema for name, schema in SHIP.items()}
    item = {"get": {"responses": {"200": {"description": "ok"}}}}
    published = {
        "openapi": "3.0.1",
        "info": {"title": "Ship Management", "version": "5.0.0"},
        "servers": [server],
        "paths": {"/ship": item},
        "components": {"schemas": schemas},
    }
    assert content(adopted(tmp_path, published))["servers"] == [{"url": path}]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"swagger": "1.2"}, ": says swagger 1.2; Swagger 2.0 or OpenAPI 3.0"),
        ({"swagger": None}, ": says swagger None; Swagger 2.0 or OpenAPI 3.0"),
        ({"info": {"version": "3.0.0"}}, "#/info/version: is '3.0.0'; a version that begins with 4 or 5"),
        ({"info": []}, "#/info/version: is ''; a version that begins with 4 or 5"),
        ({"paths": {}}, "#/paths: have no resource that the standard operations fit; a collection that can be read"),
        ({"paths": 5}, "#/paths: have no resource that the standard operations fit; a collection that can be read"),
        (
            {"definitions": {f"S{index}": {} for index in range(5001)}},
            "#/definitions: holds 5001 schemas; at most 5000",
        ),
        (
            {"paths": {f"/s{index}": {"get": {}} for index in range(201)}},
            "#/paths: have 201 collections; at most 200",
        ),
    ],
)
def test_what_is_no_document_of_a_known_version_is_refused(tmp_path: Path, changed: Document, told: str) -> None:
    assert refusals(tmp_path, {**document(), **changed}) == [told]


def test_neither_dialect_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path, {"a": 1}) == [": says neither swagger nor openapi; Swagger 2.0 or OpenAPI 3.0"]
    assert refusals(tmp_path, {"openapi": "3.1.0"}) == [": says openapi 3.1.0; Swagger 2.0 or OpenAPI 3.0"]


def test_a_resource_offers_what_the_document_offers(tmp_path: Path) -> None:
    every = content(adopted(tmp_path, document()))["x-tmf-resources"]["Ship"]
    assert "x-operations" not in every
    some = adopted(tmp_path, swagger(SHIP, crud("Ship", without="delete patch put")))
    assert content(some)["x-tmf-resources"]["Ship"]["x-operations"] == ["list", "create", "retrieve"]
    assert notes(some) == []
    assert "Ship_Update" not in content(some)["components"]["schemas"]


def test_put_is_reported_and_stays_declared(tmp_path: Path) -> None:
    made = adopted(tmp_path, swagger(SHIP, crud("Ship")))
    assert notes(made) == [PUT]
    assert content(made)["paths"] == {"/ship/{id}": {"put": UNSUPPORTED}}


UNSUPPORTED = {"x-tmf-unsupported": True}


def test_what_is_not_carried_over_stays_declared_and_is_answered_with_501(tmp_path: Path) -> None:
    member = {"/ship/{shipId}/": {"post": {}, "head": {}}, "/ship": {"delete": {}, **READ}}
    others = {"/ship/{a}/sink/{b}/now": {"post": {}}, "/sink": {"post": {}}, "/Boat": READ, "/si nk": {"post": {}}}
    made = adopted(tmp_path, swagger(SHIP, {**crud("Ship", without="put"), **member, **others, "/hub": {"put": {}}}))
    assert content(made)["paths"] == {
        "/ship": {"delete": UNSUPPORTED},
        "/ship/{id}": {"post": UNSUPPORTED},
        "/ship/{a}/sink/{b}/now": {"post": UNSUPPORTED},
        "/sink": {"post": UNSUPPORTED},
        "/Boat": {"get": UNSUPPORTED},
    }
    assert not [line for line in notes(made) if "not right yet" in line]


def test_far_too_many_such_operations_are_refused(tmp_path: Path) -> None:
    many: Document = {f"/a/b{number}": {"post": {}} for number in range(MOST_OPERATIONS + 1)}
    with pytest.raises(AdoptionError, match="have 1001 operations beyond the standard ones"):
        adopted(tmp_path, swagger(SHIP, {**crud("Ship", without="put"), **many}))


READ = {"get": {"responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/Ship"}}}}}}


@pytest.mark.parametrize(
    ("path", "item", "told"),
    [
        ("/hub", {"post": {}}, []),
        ("/hub/{id}", {"delete": {}}, []),
        ("/listener/shipCreateEvent", {"post": {}}, []),
        ("/a/{b}/ship", READ, ["#/paths/~1a~1{b}~1ship: is within another resource, and elsewhere, too"]),
        ("/a/{b}/c/{id}", READ, ["#/paths/~1a~1{b}~1c~1{id}: is within a, which is not adopted as a collection"]),
        ("/a/{b}/c/{d}/e", READ, ["#/paths/~1a~1{b}~1c~1{d}~1e: is deeper than a resource within another one"]),
        ("/ship/{id}/boat", {"get": {}}, ["#/paths/~1ship~1{id}~1boat: answers with no schema of one class"]),
        ("/a/b", READ, ["#/paths/~1a~1b: is no collection and no resource of one"]),
        ("/sink", {"post": {}}, ["#/paths/~1sink: answers with no schema of one class"]),
        ("/boat/{id}", {"patch": {}}, ["#/paths/~1boat: is neither created nor read"]),
        ("/Boat", READ, ["#/paths/~1Boat: begins with a capital"]),
        ("/topic", READ, ["#/paths/~1topic: is Topic, of which the server has its own"]),
        ("/error", READ, ["#/paths/~1error: is Error, of which the server has its own"]),
        ("/bo\nat\x1b[1m", READ, ["#/paths/~1bo?at?[1m: is no collection and no resource of one"]),
        ("/boat", {"get": {}}, ["#/paths/~1boat: answers with no schema of one class"]),
        ("/colour", READ | {"delete": {}}, ["#/paths/~1colour/delete: is no standard operation"]),
        ("/boat", {}, []),
        ("/boat", 5, []),
    ],
)
def test_a_path_that_the_standard_operations_do_not_fit_is_reported(
    tmp_path: Path, path: str, item: Any, told: list[str]
) -> None:
    made = adopted(tmp_path, swagger(SHIP, {**crud("Ship", without="put"), path: item}))
    assert [line.partition(";")[0] for line in notes(made)][: len(told)] == told
    assert made.resources[0] == "Ship"


def test_a_resource_within_another_one_is_adopted_with_its_parent(tmp_path: Path) -> None:
    definitions = {**SHIP, **{name.replace("Ship", "Crew"): schema for name, schema in SHIP.items()}}
    within = {f"/ship/{{shipId}}{path}": item for path, item in crud("Crew", without="put delete").items()}
    made = adopted(tmp_path, swagger(definitions, {**within, **crud("Ship", without="put")}))
    assert (made.resources, notes(made)) == (("Ship", "Crew"), [])
    declared = content(made)["x-tmf-resources"]
    assert declared["Crew"]["x-parent"] == "Ship"
    assert declared["Crew"]["x-operations"] == ["list", "create", "retrieve", "patch"]
    assert "x-parent" not in declared["Ship"]


def test_a_task_is_adopted_as_what_is_only_created(tmp_path: Path) -> None:
    state = {"type": "string", "enum": ["acknowledged", "inProgress", "done"]}
    task = {name.replace("Ship", "Group"): schema for name, schema in ship(state=state).items()}
    task["Group"]["properties"]["found"] = {"type": "array", "items": {"type": "string"}}
    paths = {**crud("Ship", without="put"), **crud("Group", without="get put patch delete")}
    made = adopted(tmp_path, swagger({**SHIP, **task}, paths))
    told = "is a task, and nothing computes its result; an x-hook, or x-created"
    assert notes(made) == [f"#/definitions/Group: {told}"]
    declared = content(made)["x-tmf-resources"]["Group"]
    assert declared["x-operations"] == ["create"]
    assert (declared["x-lifecycle"]["initial"], declared["x-created"]) == ("done", {"found": []})
    assert "paths" not in content(made)


def test_a_resource_whose_schema_is_no_object_is_reported(tmp_path: Path) -> None:
    definitions = {**SHIP, "Colour": {"type": "string"}}
    made = adopted(tmp_path, swagger(definitions, {**crud("Ship", without="put"), "/colour": READ}))
    assert notes(made) == ["#/paths/~1colour: answers with Colour, which is no object; an object"]
    assert made.resources == ("Ship",)


def test_several_kinds_in_one_collection_are_reported(tmp_path: Path) -> None:
    kinds = {"oneOf": [{"$ref": "#/definitions/Ship"}, {"type": "object"}]}
    item = {"get": {"responses": {"200": {"schema": {"type": "array", "items": kinds}}}}}
    made = adopted(tmp_path, swagger(SHIP, {**crud("Ship", without="put"), "/vessel": item}))
    assert notes(made) == [
        "#/paths/~1vessel: answers with no schema of one class; a schema Vessel that says what a resource of it is"
    ]


def test_a_resource_that_is_called_otherwise_than_its_schema_is_called_after_its_path(tmp_path: Path) -> None:
    made = adopted(tmp_path, swagger(SHIP, {"/vessel": READ}))
    assert made.resources == ("Vessel",)
    assert notes(made) == [
        "#/paths/~1vessel: answers with Ship, which here is called Vessel; a look at what Vessel shows"
    ]
    assert content(made)["components"]["schemas"]["Vessel"]["properties"] == SHIP["Ship"]["properties"]


def test_references_out_of_the_file_and_to_nothing_are_refused_a_line_each(tmp_path: Path) -> None:
    definitions = {
        **SHIP,
        "Ship": {
            "type": "object",
            "properties": {
                "a": {"$ref": "https://example.com/x.json#/A"},
                "b": {"type": "array", "items": {"$ref": "other.yaml#/A"}},
                "c": {"$ref": "#/definitions/Nothing"},
                "d": {"$ref": "#/definitions/Ship_Create/properties/name"},
            },
        },
    }
    place = "#/definitions/Ship/properties"
    assert refusals(tmp_path, swagger(definitions, crud("Ship"))) == [
        f"{place}/a: refers to 'https://example.com/x.json#/A', outside the file: nothing is fetched;"
        " a reference within the file",
        f"{place}/b/items: refers to 'other.yaml#/A', outside the file: nothing is fetched;"
        " a reference within the file",
        f"{place}/c: refers to '#/definitions/Nothing', which is not there; what it refers to, or no reference",
        f"{place}/d: refers to '#/definitions/Ship_Create/properties/name', a part of a schema; a schema with a name",
    ]


def test_what_no_resource_leads_to_may_lead_nowhere(tmp_path: Path) -> None:
    definitions = {**SHIP, "ShipCreateEvent": {"$ref": "#/definitions/Nothing"}, "Lost": {"allOf": [{"$ref": "x"}]}}
    assert notes(adopted(tmp_path, swagger(definitions, crud("Ship", without="put")))) == []


@pytest.mark.parametrize("reference", ["#/responses/a", "https://example.com/a", "#/responses/nowhere"])
def test_an_answer_that_leads_nowhere_is_refused(tmp_path: Path, reference: str) -> None:
    item = {"get": {"responses": {"200": {"$ref": reference}}}}
    published = swagger(SHIP, {"/ship": item}, responses={"a": {"$ref": "#/responses/a"}})
    (line,) = refusals(tmp_path, published)
    assert line.startswith("#/paths/~1ship/get/responses/200: refers to ")
