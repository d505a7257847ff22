# SPDX-License-Identifier: Apache-2.0
"""What is in a final state: it takes what its document declares as amendable, and is otherwise as it was."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.domain.media_types import JSON, JSON_PATCH, JSON_PATCH_QUERY, MERGE
from tests.contract.answers import created, refused
from tests.contract.bodies import interaction
from tests.contract.conftest import Deploy
from tests.contract.documents import COLLECTIONS, DOCUMENTS, Collection
from tests.contract.performing import INTERACTIONS, Settle, read
from tests.contract.test_merge import call_of, merge, person
from tests.paths import INDIVIDUAL_V5, INTERACTION, INTERACTION_V5

NOTE = {"@type": "Note", "id": "2", "text": "Called back"}
FIXED = {"id", "href", "@type", "@baseType", "@schemaLocation"}


def declaration(collection: Collection) -> dict[str, Any]:
    declared: dict[str, Any] = DOCUMENTS[collection.document]["x-tmf-resources"][collection.resource]
    return declared


CLOSING = [each for each in COLLECTIONS if "x-amendable" in declaration(each)]
FINAL = [(each, state) for each in CLOSING for state, moves in each.lifecycle["moves"].items() if not moves]


def test_interactions_close_in_both_versions() -> None:
    assert {str(each) for each in CLOSING} >= {
        "party-interaction-v4 PartyInteraction",
        "party-interaction-v5 PartyInteraction",
    }


@pytest.mark.parametrize(("collection", "state"), FINAL, ids=str)
def test_what_is_closed_keeps_all_that_was_said(client: httpx.Client, collection: Collection, state: str) -> None:
    shown = created(client, collection.path, {**collection.creates["full"], collection.state: state})
    amendable = declaration(collection)["x-amendable"]
    said = shown.keys() - FIXED - {collection.state, "lastUpdate"}
    for name in said:
        remove = [{"op": "remove", "path": f"/{name}"}]
        for patch, media_type in (({name: None}, MERGE), (remove, JSON_PATCH), (remove, JSON_PATCH_QUERY)):
            answer = client.patch(shown["href"], json=patch, headers={"Content-Type": media_type})
            assert answer.status_code in (400, 409), (name, answer.text)
            if answer.status_code == 409:
                message = refused(answer, 409, "69")
                assert f"/{name} stays as it is" in message
                assert amendable["correction"] in message
    assert client.get(shown["href"]).json() == shown


@pytest.mark.parametrize(("collection", "state"), FINAL, ids=str)
def test_what_is_closed_takes_more_of_what_is_amendable(
    client: httpx.Client, collection: Collection, state: str
) -> None:
    full = collection.creates["full"]
    shown = created(client, collection.path, {**full, collection.state: state})
    for name in set(declaration(collection)["x-amendable"]["attributes"]) & shown.keys():
        more = {**shown[name][0], **({"id": "more"} if "id" in shown[name][0] else {})}
        answer = client.patch(shown["href"], json={name: [*shown[name], more]})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()[name]) == len(shown[name]) + 1
        message = refused(client.patch(shown["href"], json={name: [more]}), 409, "69")
        assert f"/{name} stays as it is" in message


@pytest.mark.parametrize("path", [INTERACTION, INTERACTION_V5])
@pytest.mark.parametrize("media_type", [JSON, MERGE, JSON_PATCH, JSON_PATCH_QUERY])
def test_an_interaction_may_say_what_it_has_to_as_it_closes_and_no_more(
    client: httpx.Client, path: str, media_type: str
) -> None:
    patch: Callable[[dict[str, Any]], httpx.Response] = lambda members: client.patch(  # noqa: E731
        href,
        json=members
        if media_type in (JSON, MERGE)
        else [{"op": "add", "path": f"/{name}", "value": value} for name, value in members.items()],
        headers={"Content-Type": media_type},
    )
    href = path + "/" + created(client, INTERACTION, interaction(description="Asked"))["id"]
    assert patch({"description": "Answered", "status": "completed"}).status_code == 200
    assert "/description stays as it is" in refused(patch({"description": "Neither"}), 409, "69")
    assert patch({"description": "Answered", "status": "Completed", "note": [NOTE]}).status_code == 200
    assert client.get(href).json()["description"] == "Answered"


def test_a_deployment_may_let_closed_interactions_change(deploy: Deploy) -> None:
    client = deploy(closed_changes=True)
    shown = created(client, INTERACTION, interaction(status="completed"))
    assert client.patch(shown["href"], json={"description": "Corrected"}).status_code == 200


def test_a_merge_leads_closed_interactions_to_the_survivor(client: httpx.Client, settle: Settle) -> None:
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    call = created(client, INTERACTIONS, call_of(duplicate, status="completed"))
    flow = merge(client, duplicate, survivor)
    settle()
    assert read(client, flow)["state"] == "completed"
    party = read(client, call)["relatedParty"][0]["partyOrPartyRole"]
    assert (party["id"], read(client, call)["status"]) == (survivor["id"], "completed")
