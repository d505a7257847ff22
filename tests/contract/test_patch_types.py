# SPDX-License-Identifier: Apache-2.0
"""Patches that are steps: JSON Patch and JSON Patch Query, on every resource in both versions."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.conftest import Stored
from tests.contract.documents import COLLECTIONS, DOCUMENTS, EACH_COLLECTION, EACH_RELATED, V4, Collection, violations

STEPS = "application/json-patch+json"
QUERY = "application/json-patch-query+json"
BOTH = pytest.mark.parametrize("media_type", [STEPS, QUERY])
EXAMPLES = [
    pytest.param(each, media_type, patch, id=f"{each} {media_type} {name}")
    for each in COLLECTIONS
    for media_type, patches in each.patches_by_type.items()
    for name, patch in patches.items()
]


def sent(client: httpx.Client, shown: dict[str, Any], media_type: str, patch: Any) -> httpx.Response:
    """The answer to a patch of a media type."""
    return client.patch(shown["href"], content=json.dumps(patch), headers={"content-type": media_type})


def related(collection: Collection, role: str) -> dict[str, Any]:
    """A related party as the version of a collection writes it."""
    if collection in V4:
        return {"role": role, "id": role, "@referredType": "Individual"}
    return {"@type": "RelatedPartyOrPartyRole", "role": role, "partyOrPartyRole": {"@type": "PartyRef", "id": role}}


@pytest.mark.parametrize(("collection", "media_type", "patch"), EXAMPLES)
def test_every_example_changes_the_full_example(
    client: httpx.Client, collection: Collection, media_type: str, patch: Any
) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    answer = sent(client, shown, media_type, patch)
    assert answer.status_code == 200, answer.text
    assert (
        violations(DOCUMENTS[collection.document], f"{collection.template}/{{id}}", "patch", 200, answer.json()) == []
    )
    assert client.get(shown["href"]).json() == answer.json()


@EACH_RELATED
@BOTH
def test_steps_set_replace_copy_and_remove(client: httpx.Client, collection: Collection, media_type: str) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    steps = [
        {"op": "add", "path": "/remark", "value": {"a/b": [1]}},
        {"op": "add", "path": "/remark/a~1b/-", "value": "2"},
        {"op": "copy", "from": "/remark/a~1b", "path": "/other"},
        {"op": "test", "path": "/other", "value": [1, "2"]},
        {"op": "replace", "path": "/other/0", "value": None},
        {"op": "move", "from": "/remark", "path": "/moved"},
        {"op": "remove", "path": "/relatedParty"},
    ]
    after = sent(client, shown, media_type, steps).json()
    expected = {name: value for name, value in shown.items() if name not in ("relatedParty", "lastUpdate")}
    assert after.items() >= {**expected, "moved": {"a/b": [1, "2"]}, "other": [None, "2"]}.items()
    assert {"relatedParty", "remark"}.isdisjoint(after)


@EACH_RELATED
@pytest.mark.parametrize("path", ["/relatedParty/role?relatedParty.role={}", "$.relatedParty[?(@.role=='{}')].role"])
def test_an_element_is_selected_by_what_it_holds(client: httpx.Client, collection: Collection, path: str) -> None:
    parties = [related(collection, role) for role in ("buyer", "payer")]
    shown = created(client, collection.path, {**collection.creates["minimal"], "relatedParty": parties})
    answer = sent(client, shown, QUERY, [{"op": "replace", "path": path.format("payer"), "value": "guarantor"}])
    assert answer.status_code == 200, answer.text
    assert answer.json()["relatedParty"] == [parties[0], {**parties[1], "role": "guarantor"}]
    nothing = sent(client, shown, QUERY, [{"op": "replace", "path": path.format("payer"), "value": "x"}])
    assert "Operation 0" in refused(nothing, 409, "69")


@EACH_COLLECTION
@BOTH
@pytest.mark.parametrize(
    "failing",
    [
        {"op": "test", "path": "/status", "value": "another"},
        {"op": "test", "path": "/nowhere", "value": 1},
        {"op": "remove", "path": "/nowhere"},
        {"op": "replace", "path": "/relatedParty/99", "value": 1},
        {"op": "copy", "from": "/nowhere", "path": "/x"},
        {"op": "copy", "from": "/_v4", "path": "/x"},
        {"op": "copy", "from": "/revision", "path": "/x"},
    ],
)
def test_a_step_that_does_not_fit_undoes_all(
    client: httpx.Client, stored: Stored, collection: Collection, media_type: str, failing: dict[str, Any]
) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    before = stored(collection.kept_in, shown["id"])
    message = refused(
        sent(client, shown, media_type, [{"op": "add", "path": "/remark", "value": 1}, failing]), 409, "69"
    )
    assert "Operation 1" in message
    assert failing["path"] in message
    assert stored(collection.kept_in, shown["id"]) == before


@EACH_COLLECTION
@BOTH
@pytest.mark.parametrize(
    "patch",
    [
        {},
        "text",
        None,
        [1],
        [{}],
        [{"op": "add"}],
        [{"op": "add", "path": "/x"}],
        [{"op": "add", "path": 7, "value": 1}],
        [{"op": "copy", "path": "/x"}],
        [{"op": "replace", "path": "", "value": [1]}],
        [{"op": "add", "path": "/x", "value": 1}] * 10_001,
    ],
)
def test_what_is_no_list_of_steps_is_refused(
    client: httpx.Client, collection: Collection, media_type: str, patch: Any
) -> None:
    shown = created(client, collection.path, collection.creates["minimal"])
    refused(sent(client, shown, media_type, patch), 400, "22")
    assert client.get(shown["href"]).json() == shown


OBJECTS = ("relatedParty/0", "validFor", "agreementPeriod")
"""Places of objects in the full examples; a resource has one of them."""


def put(value: Any, state: str, within: str) -> Any:
    """A value in whose text the attribute of the state, and the place of an object, are filled in."""
    return value.replace("{state}", state).replace("{object}", within) if isinstance(value, str) else value


@EACH_COLLECTION
@BOTH
@pytest.mark.parametrize(
    ("step", "place"),
    [
        ({"op": "add", "path": "/$set", "value": 1}, "/$set"),
        ({"op": "add", "path": "/_v4", "value": {}}, "/_v4"),
        ({"op": "add", "path": "/x", "value": {"$where": "1"}}, "/0/value/$where"),
        ({"op": "add", "path": "/{object}/_v4", "value": {}}, "/{object}/_v4"),
        ({"op": "copy", "from": "/{state}", "path": "/$gt"}, "/$gt"),
        ({"op": "add", "path": "/a\x00b", "value": 1}, "/a"),
        ({"op": "replace", "path": "/id", "value": "another"}, "/id"),
        ({"op": "remove", "path": "/@type"}, "/@type"),
        ({"op": "move", "from": "/href", "path": "/x"}, "/href"),
        ({"op": "replace", "path": "/{state}", "value": 7}, "/{state}"),
        ({"op": "replace", "path": "/{object}", "value": 7}, "/{object}"),
        ({"op": "frobnicate", "path": "/x"}, "frobnicate"),
    ],
)
def test_the_result_of_the_steps_is_what_must_be_valid(
    client: httpx.Client, collection: Collection, media_type: str, step: dict[str, Any], place: str
) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    within = next(place for place in OBJECTS if collection.declares(place.partition("/")[0]))
    step = {name: put(value, collection.state, within) for name, value in step.items()}
    place = put(place, collection.state, within)
    assert place in refused(sent(client, shown, media_type, [step]), 400, "24")
    assert client.get(shown["href"]).json() == shown


@EACH_RELATED
@BOTH
def test_a_step_may_not_remove_what_is_mandatory(client: httpx.Client, collection: Collection, media_type: str) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    place = "/relatedParty/0/id" if collection in V4 else "/relatedParty/0/partyOrPartyRole/@type"
    assert place in refused(sent(client, shown, media_type, [{"op": "remove", "path": place}]), 400, "24")
    assert client.get(shown["href"]).json() == shown


@EACH_COLLECTION
@BOTH
def test_steps_obey_the_lifecycle(client: httpx.Client, collection: Collection, media_type: str) -> None:
    final = next(state for state, moves in collection.lifecycle["moves"].items() if not moves)
    initial = collection.lifecycle["initial"]
    shown = created(client, collection.path, {**collection.creates["minimal"], collection.state: final})
    answer = sent(client, shown, media_type, [{"op": "replace", "path": f"/{collection.state}", "value": initial}])
    assert f"from {final} to {initial}" in refused(answer, 409, "69")
    assert client.get(shown["href"]).json() == shown
