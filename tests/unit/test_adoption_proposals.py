# SPDX-License-Identifier: Apache-2.0
"""What is proposed for an adopted resource: lifecycle, indexes and what the server sets on create."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.spec.adoption.lifecycle_proposals import propose_lifecycle
from app.spec.schemas import Schemas
from tests.adopting import CONTRACT, TICKET, Document, adopted, content, crud, notes, ship, swagger

DATE = {"type": "string", "format": "date-time"}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}


def declared(folder: Path, definitions: Document, without: str = "put") -> Document:
    found: Document = content(adopted(folder, swagger(definitions, crud("Ship", without=without))))["x-tmf-resources"][
        "Ship"
    ]
    return found


def lifecycle(**properties: Document) -> Document | None:
    return propose_lifecycle(Schemas({"components": {"schemas": {"Ship": {"properties": properties}}}}), "Ship")


def states(*listed: str) -> Document:
    return {"type": "string", "enum": list(listed)}


def test_a_bit_of_everything_is_proposed(tmp_path: Path) -> None:
    assert content(adopted(tmp_path, TICKET))["x-tmf-resources"]["Ticket"] == {
        "x-lifecycle": {
            "field": "status",
            "initial": "acknowledged",
            "moves": {
                "rejected": [],
                "in progress": ["rejected", "acknowledged", "closed"],
                "acknowledged": ["rejected", "in progress", "closed"],
                "closed": [],
            },
            "changed": "statusChangeDate",
        },
        "x-indexes": [["name"], ["status"], ["relatedParty.id"]],
        "x-created": {"creationDate": "now", "lastUpdate": "now", "note": [], "isOpen": False},
        "x-selected": ["id", "href"],
    }
    assert content(adopted(tmp_path, CONTRACT))["x-tmf-resources"]["Contract"] == {
        "x-lifecycle": {
            "field": "state",
            "initial": "In study",
            "moves": {"active": ["In study", "retired"], "In study": ["active", "retired"], "retired": []},
        },
        "x-indexes": [["name"], ["state"], ["engagedParty.id"]],
        "x-created": {"creationDate": "now"},
    }


@pytest.mark.parametrize(
    ("listed", "initial"),
    [
        (["rejected", "pending", "inProgress", "cancelled"], "pending"),
        (["Active", "In Study", "Obsolete"], "In Study"),
        (["inProgress", "done", "acknowledged"], "acknowledged"),
        (["closed", "suspended", "on"], "suspended"),
        (["done", "failed"], "done"),
        (["active", "cancelled", "hold"], "active"),
    ],
)
def test_the_first_state_is_told_by_its_name(listed: list[str], initial: str) -> None:
    found = lifecycle(status=states(*listed))
    assert found is not None
    assert found["initial"] == initial


@given(st.lists(st.sampled_from(["new", "active", "held", "closed", "done", "In study"]), min_size=1, unique=True))
def test_every_state_may_follow_each_other_one_but_a_final_one(listed: list[str]) -> None:
    found = lifecycle(state=states(*listed))
    assert found is not None
    assert list(found["moves"]) == listed
    for state, follows in found["moves"].items():
        assert follows == ([] if state in ("closed", "done") else [each for each in listed if each != state])


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"status": TEXT, "state": states("a")}, "state"),
        ({"status": states("a"), "state": states("a")}, "status"),
        ({"lifecycleStatus": states("a")}, "lifecycleStatus"),
        ({"shipStatus": states("a"), "usageState": states("b")}, "shipStatus"),
        ({"status": TEXT}, None),
        ({"status": {"type": "array", "items": states("a")}}, None),
        ({"status": states("a", "A")}, None),
        ({"status": {"enum": [1, 2]}}, None),
        ({"status": states(*map(str, range(61)))}, None),
        ({"usageState": states("a")}, None),
        ({}, None),
    ],
)
def test_the_state_is_the_likeliest_attribute_with_an_enum(properties: Document, field: str | None) -> None:
    found = lifecycle(**properties)
    assert (found or {}).get("field") == field


def test_a_state_without_an_enum_is_reported_and_indexed(tmp_path: Path) -> None:
    made = adopted(tmp_path, swagger(ship(status=TEXT), crud("Ship", without="put")))
    selected = {"x-selected": ["id", "href"]}
    declared = {"x-indexes": [["status"]], "x-created": {"status": "initialized"}, **selected}
    assert content(made)["x-tmf-resources"]["Ship"] == declared
    assert notes(made) == [
        "#/components/schemas/Ship/properties/status: has no enum of a few states: none is proposed,"
        " and there are no events of a change of state; an x-lifecycle"
    ]


@pytest.mark.parametrize(
    ("name", "is_sent", "is_set"),
    [
        ("creationDate", True, True),
        ("createdOn", True, True),
        ("lastUpdate", True, True),
        ("lastModifiedDate", True, True),
        ("shipDate", True, True),
        ("launchDate", True, False),
        ("launchDate", False, True),
        ("expectedLaunchDate", False, False),
        ("completionDate", False, False),
        ("validUntilDate", False, False),
    ],
)
def test_dates_of_the_create_are_set_by_the_server(tmp_path: Path, name: str, is_sent: bool, is_set: bool) -> None:
    definitions = ship(**({name: DATE} if is_sent else {}))
    definitions["Ship"]["properties"][name] = DATE
    assert (declared(tmp_path, definitions).get("x-created") == {name: "now"}) == is_set


@pytest.mark.parametrize(
    ("name", "is_set"),
    [("shipDate", True), ("lastUpdate", True), ("shipTime", True), ("launchDate", False), ("version", False)],
)
def test_a_text_that_says_when_is_a_date_unless_it_has_a_form_of_its_own(
    tmp_path: Path, name: str, is_set: bool
) -> None:
    assert (declared(tmp_path, ship(**{name: TEXT})).get("x-created") == {name: "now"}) == is_set
    assert "x-created" not in declared(tmp_path, ship(**{name: {**TEXT, "format": "date"}}))


@pytest.mark.parametrize(
    ("properties", "created"),
    [
        ({"lifecycleStatus": TEXT}, {"lifecycleStatus": "In study"}),
        ({"shipStatus": TEXT}, {"shipStatus": "initialized"}),
        ({"status": states(*map(str, range(61)), "new")}, {"status": "new"}),
        ({"status": TEXT, "statusDate": DATE}, {"status": "initialized", "statusDate": "now"}),
        ({"status": states("new"), "lifecycleState": TEXT}, {"lifecycleState": "In study"}),
        ({"usageState": TEXT, "statusDate": DATE}, None),
        ({"status": {**TEXT, "maxLength": 3}}, None),
    ],
)
def test_a_state_that_no_lifecycle_gives_is_a_default(
    tmp_path: Path, properties: Document, created: Document | None
) -> None:
    assert declared(tmp_path, ship(**properties)).get("x-created") == created


def test_a_state_that_a_client_must_send_is_no_default(tmp_path: Path) -> None:
    definitions = ship(status=TEXT, statusDate=DATE)
    definitions["Ship_Create"]["required"] = ["status"]
    assert declared(tmp_path, definitions)["x-created"] == {"statusDate": "now"}


def test_items_begin_in_their_own_first_state_or_in_that_of_the_whole(tmp_path: Path) -> None:
    item = {"type": "object", "properties": {"state": states("done", "acknowledged")}}
    free = {"type": "object", "properties": {"status": TEXT, "cargoItem": {"type": "array", "items": item}}}
    parts = {"shipItem": {"type": "array", "items": item}, "deckItem": {"type": "array", "items": free}}
    others = {"crew": {"type": "array", "items": item}, "mainItem": item}
    assert declared(tmp_path, ship(state=states("new"), **parts, **others))["x-created"] == {
        "shipItem.state": "acknowledged",
        "deckItem.status": "new",
        "deckItem.cargoItem.state": "acknowledged",
    }


def test_arrays_that_no_client_sends_begin_empty(tmp_path: Path) -> None:
    definitions = ship(sent={"type": "array", "items": TEXT})
    definitions["Ship"]["properties"]["found"] = {"type": "array", "items": TEXT}
    assert declared(tmp_path, definitions)["x-created"] == {"found": []}


def test_what_is_always_shown_and_need_not_be_sent_is_set_or_reported(tmp_path: Path) -> None:
    definitions = ship(
        isBundle=FLAG,
        isOld=FLAG,
        hold={"type": "array", "items": TEXT},
        crew={"type": "array", "items": TEXT, "minItems": 1},
        flag=TEXT,
    )
    definitions["Ship"]["required"] = ["isOld", "hold", "crew", "flag"]
    definitions["Ship_Create"]["required"] = ["flag"]
    made = adopted(tmp_path, swagger(definitions, crud("Ship", without="put")))
    found = content(made)["x-tmf-resources"]["Ship"]["x-created"]
    assert found == {"isBundle": False, "isOld": False, "hold": []}
    assert notes(made) == [
        "#/components/schemas/Ship/properties/crew: is always shown, and a create need not have it (string);"
        " a value in x-created"
    ]


def test_nothing_is_set_of_what_nobody_creates(tmp_path: Path) -> None:
    assert declared(tmp_path, ship(creationDate=DATE), without="put post patch delete") == {
        "x-operations": ["list", "retrieve"],
        "x-selected": ["id", "href"],
    }


def test_the_document_says_that_moves_are_proposed(tmp_path: Path) -> None:
    assert "# Proposed. No published document says which moves there are" in adopted(tmp_path, TICKET).text
    assert "# Proposed." not in adopted(tmp_path, swagger(ship(), crud("Ship"))).text
