# SPDX-License-Identifier: Apache-2.0
"""Every move between the states that the documents declare, and every way to spell a state."""

from typing import Any

import httpx
import pytest

from app.domain.events import lower_camel
from tests.contract.answers import created, patched, refused, settled
from tests.contract.bodies import customer, individual, interaction
from tests.contract.conftest import Stored
from tests.contract.documents import COLLECTIONS, DOCUMENTS, EACH_COLLECTION, Collection
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION

PAIRS = [
    pytest.param(each, old, new, id=f"{each} {old} to {new}")
    for each in COLLECTIONS
    for old in each.lifecycle["moves"]
    for new in each.lifecycle["moves"]
]
ALIASES = [
    pytest.param(each, alias, state, id=f"{each} {alias}")
    for each in COLLECTIONS
    for alias, state in each.lifecycle.get("aliases", {}).items()
]
STATES = [pytest.param(each, state, id=f"{each} {state}") for each in COLLECTIONS for state in each.lifecycle["moves"]]


def is_closed(collection: Collection) -> bool:
    """Whether the document lists the spellings of the states, so that only those are told."""
    return f"{collection.resource}StateType" in DOCUMENTS[collection.document]["components"]["schemas"]


def envelope(stored: Stored, collection: Collection, shown: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a resource."""
    return stored(lower_camel(collection.resource), shown["id"])


@pytest.mark.parametrize(("collection", "old", "new"), PAIRS)
def test_a_declared_move_is_made_and_any_other_is_a_conflict(
    client: httpx.Client, collection: Collection, old: str, new: str
) -> None:
    shown = created(client, collection.path, {**collection.creates["minimal"], collection.state: old})
    answer = client.patch(shown["href"], json={collection.state: new})
    moves = collection.lifecycle["moves"][old]
    if new == old or new in moves:
        assert (answer.status_code, answer.json()[collection.state]) == (200, new), answer.text
    else:
        message = refused(answer, 409, "69")
        assert f"from {old} to {new}" in message
        assert all(state in message for state in moves)
        assert moves or "nothing" in message
        assert client.get(shown["href"]).json() == shown


@pytest.mark.parametrize(("collection", "state"), STATES)
def test_the_same_state_in_another_spelling_is_no_change(
    client: httpx.Client, stored: Stored, collection: Collection, state: str
) -> None:
    shown = created(client, collection.path, {**collection.creates["minimal"], collection.state: state})
    before = envelope(stored, collection, shown)
    aliases = [alias for alias, meant in collection.lifecycle.get("aliases", {}).items() if meant == state]
    for spelling in (state, state.upper(), state.lower(), *aliases):
        assert patched(client, shown, {collection.state: spelling}) == shown
    assert envelope(stored, collection, shown) == before


@pytest.mark.parametrize(("collection", "alias", "state"), ALIASES)
def test_an_alias_stands_for_its_state(client: httpx.Client, collection: Collection, alias: str, state: str) -> None:
    shown = created(client, collection.path, {**collection.creates["minimal"], collection.state: alias})
    assert shown[collection.state] == (state if is_closed(collection) else alias)
    for other in collection.lifecycle["moves"].keys() - {state}:
        shown = created(client, collection.path, {**collection.creates["minimal"], collection.state: alias})
        answer = client.patch(shown["href"], json={collection.state: other.upper()})
        assert answer.status_code == (200 if other in collection.lifecycle["moves"][state] else 409)


@EACH_COLLECTION
@pytest.mark.parametrize("unknown", ["zombie", "", " ", "initialized ", "Active\n", "0"])
def test_an_unknown_state_is_refused_listing_the_known_ones(
    client: httpx.Client, collection: Collection, unknown: str
) -> None:
    body = collection.creates["minimal"]
    shown = created(client, collection.path, body)
    for answer in (
        client.post(collection.path, json={**body, collection.state: unknown}),
        client.patch(shown["href"], json={collection.state: unknown}),
    ):
        message = refused(answer, 400, "24")
        assert all(state in message for state in collection.lifecycle["moves"])


@EACH_COLLECTION
@pytest.mark.parametrize("wrong", [7, True, ["initialized"], {"x": 1}])
def test_a_state_is_text(client: httpx.Client, collection: Collection, wrong: object) -> None:
    answer = client.post(collection.path, json={**collection.creates["minimal"], collection.state: wrong})
    assert collection.state in refused(answer, 400, "24")


@EACH_COLLECTION
def test_a_final_state_says_so_and_leaves_others_free_but_where_the_document_closes(
    client: httpx.Client, collection: Collection
) -> None:
    final = [state for state, moves in collection.lifecycle["moves"].items() if not moves]
    assert final
    for state in final:
        shown = created(client, collection.path, {**collection.creates["minimal"], collection.state: state})
        other = client.patch(shown["href"], json={collection.state: collection.lifecycle["initial"], "x": 1})
        assert "nothing, it is final" in refused(other, 409, "69")
        answer = client.patch(shown["href"], json={"x": 1})
        if "x-amendable" in DOCUMENTS[collection.document]["x-tmf-resources"][collection.resource]:
            assert "/x stays as it is" in refused(answer, 409, "69")
        else:
            assert settled(answer.json()) == settled({**shown, "x": 1})


def test_a_terminated_customer_is_told_how_it_comes_back(client: httpx.Client) -> None:
    shown = created(client, CUSTOMER, customer(status="Terminated"))
    assert "Active by the ReestablishCustomerRelationship process" in refused(
        client.patch(shown["href"], json={"status": "Active"}), 409, "69"
    )


def test_a_free_state_is_kept_as_it_was_sent(client: httpx.Client) -> None:
    shown = created(client, INTERACTION, interaction(status="OPEN"))
    assert shown["status"] == "OPEN"
    assert patched(client, shown, {"status": "ongoing"})["status"] == "ongoing"


def test_a_listed_state_is_told_as_it_is_listed(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual(status="Initialised"))
    assert shown["status"] == "initialized"
    assert patched(client, shown, {"status": "deceaded"})["status"] == "deceased"


@pytest.mark.parametrize(
    ("patch", "kinds"),
    [
        ({"status": "Active"}, ["StateChange"]),
        ({"status": "Active", "statusReason": "paid"}, ["StateChange"]),
        ({"statusReason": "paid"}, ["AttributeValueChange"]),
        ({"status": "Active", "name": "Delta Logistics"}, ["AttributeValueChange", "StateChange"]),
        ({"status": "created", "name": "Delta Logistics"}, ["AttributeValueChange"]),
    ],
)
def test_a_move_announces_a_state_change(
    client: httpx.Client, stored: Stored, patch: dict[str, str], kinds: list[str]
) -> None:
    shown = created(client, CUSTOMER, customer())
    patched(client, shown, patch)
    last = stored("customer", shown["id"])["pending"][-1]
    assert (last["revision"], [event["kind"] for event in last["events"]]) == (2, kinds)
