# SPDX-License-Identifier: Apache-2.0
"""The state of an interaction follows from those of its items, where a client changes these and not the state."""

from typing import Any

import httpx
import pytest

from tests.contract.answers import created, patched
from tests.contract.bodies import interaction
from tests.paths import INTERACTION, INTERACTION_V5

Body = dict[str, Any]


def items(*states: str | None) -> list[Body]:
    return [
        {"id": str(number), "reason": "Invoice", **({"status": state} if state else {})}
        for number, state in enumerate(states)
    ]


@pytest.mark.parametrize(
    ("states", "rolled_up"),
    [
        (["opened", "opened"], "opened"),
        (["opened", "inProgress"], "inProgress"),
        (["opened", "completed"], "inProgress"),
        (["Completed", "cancelled"], "completed"),
        (["cancelled"], "cancelled"),
        (["ongoing"], "inProgress"),
        (["completed", None], "opened"),
        (["completed", "in the post"], "opened"),
        ([None], "opened"),
    ],
)
def test_a_state_follows_from_all_items_on_create_and_patch(
    client: httpx.Client, states: list[str | None], rolled_up: str
) -> None:
    assert created(client, INTERACTION, interaction(interactionItem=items(*states)))["status"] == rolled_up
    for path in (INTERACTION_V5, INTERACTION):
        shown = created(client, INTERACTION, interaction(interactionItem=items("opened")))
        native = [{"@type": "InteractionItem", **item} for item in items(*states)]
        answer = client.patch(f"{path}/{shown['id']}", json={"interactionItem": native})
        assert (answer.status_code, answer.json()["status"]) == (200, rolled_up), answer.text


def test_what_the_client_says_of_the_state_itself_counts(client: httpx.Client) -> None:
    body = interaction(interactionItem=items("completed"), status="opened")
    shown = created(client, INTERACTION, body)
    assert shown["status"] == "opened"
    assert patched(client, shown, {"description": "x"})["status"] == "opened"
    both = {"interactionItem": items("completed", "completed"), "status": "inProgress"}
    assert patched(client, shown, both)["status"] == "inProgress"


def test_a_change_that_follows_is_a_change_of_state_with_its_date_and_event(client: httpx.Client) -> None:
    shown = created(client, INTERACTION, interaction(interactionItem=items("opened", "opened")))
    step = [{"op": "replace", "path": "/interactionItem/1/status", "value": "inProgress"}]
    answer = client.patch(shown["href"], json=step, headers={"Content-Type": "application/json-patch+json"}).json()
    assert answer["status"] == "inProgress"
    assert answer["statusChangeDate"] > shown["statusChangeDate"]
    last = client.get(f"{shown['href']}/change").json()[-1]
    assert {each["attribute"] for each in last["changed"]} == {"interactionItem", "status", "statusChangeDate"}


def test_no_move_follows_that_the_lifecycle_does_not_have(client: httpx.Client) -> None:
    shown = created(client, INTERACTION, interaction(interactionItem=items("inProgress", "inProgress")))
    assert shown["status"] == "inProgress"
    assert patched(client, shown, {"interactionItem": items("opened", "inProgress")})["status"] == "inProgress"
