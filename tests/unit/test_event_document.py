# SPDX-License-Identifier: Apache-2.0
"""Our TMF688 document beside TM Forum's own: the same operations and attributes."""

import json
from typing import Any

import pytest

from app.spec.bundle import bundle
from app.spec.operations import METHODS
from app.spec.schemas import Schemas
from tests.specs import SPECS

FILE = SPECS / "TMF688-Event-v4.0.0.swagger.json"
OURS_ALONE = {"retrieveListener": "as at the hub of every API"}
SHARED = {
    *("EventSubscriptionInput", "EventSubscription"),
    *("Topic", "Topic_Create", "Event", "Event_Create", "Hub", "Hub_Create"),
}
"""The schemas of what is offered; they have the same names here."""
A_SLIP = {"Hub_Create": {"id"}}
"""TM Forum's file demands an attribute that it does not declare."""

pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="TM Forum's documents are not here; TMF_SPECS names their folder"
)

OURS = bundle("event-v4")


@pytest.fixture(scope="module")
def theirs() -> dict[str, Any]:
    published: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return published


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """(method, path) by operationId, without what a listener offers."""
    return {
        item[method]["operationId"]: (method, path)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item and not path.startswith("/listener/")
    }


def test_the_operations_are_those_of_tm_forum(theirs: dict[str, Any]) -> None:
    ours, published = operations(OURS), operations(theirs)
    assert {id: place for id, place in ours.items() if id not in OURS_ALONE} == published
    assert OURS["servers"][0]["url"] == theirs["basePath"].rstrip("/")


@pytest.mark.parametrize("name", sorted(SHARED))
def test_an_object_has_the_attributes_of_tm_forum_with_their_types(theirs: dict[str, Any], name: str) -> None:
    declared, published = Schemas(OURS), theirs["definitions"][name]
    ours = declared.properties(OURS["components"]["schemas"][name])
    for attribute, schema in published["properties"].items():
        if "type" in schema:
            kinds = {part["type"] for part in declared.parts(ours[attribute]) if "type" in part}
            assert kinds == {schema["type"]}, attribute
        assert attribute in ours


@pytest.mark.parametrize("name", sorted(SHARED))
def test_what_tm_forum_demands_is_demanded(theirs: dict[str, Any], name: str) -> None:
    demanded = set(theirs["definitions"][name].get("required", ())) - A_SLIP.get(name, set())
    assert demanded <= set(OURS["components"]["schemas"][name].get("required", ()))


def test_a_list_and_one_of_it_take_the_parameters_of_tm_forum(theirs: dict[str, Any]) -> None:
    named = OURS["components"]["parameters"]
    for id, (method, path) in operations(theirs).items():
        item = OURS["paths"][path]
        references = [*item.get("parameters", ()), *item[method].get("parameters", ())]
        ours = {named[each["$ref"].rpartition("/")[2]]["name"] for each in references}
        parameters = theirs["paths"][path][method]["parameters"]
        assert {each["name"] for each in parameters if each["in"] != "body"} <= ours, id
