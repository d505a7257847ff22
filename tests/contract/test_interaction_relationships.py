# SPDX-License-Identifier: Apache-2.0
"""Interactions of one matter hang together: their relationships form no cycle, and one query lists them in order."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.domain.identifiers import new_id
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import interaction
from tests.contract.performing import INTERACTIONS, interaction_with
from tests.paths import INTERACTION, INTERACTION_V5

Body = dict[str, Any]


def related(*ids: str, kind: str = "follows") -> list[Body]:
    return [{"@type": "InteractionRelationship", "id": id, "relationshipType": kind} for id in ids]


def made(client: httpx.Client, *ids: str, **more: Any) -> Body:
    return created(client, INTERACTIONS, interaction_with("7001", interactionRelationship=related(*ids), **more))


def relate(client: httpx.Client, one: Body, *ids: str, kind: str = "follows") -> httpx.Response:
    return client.patch(one["href"], json={"interactionRelationship": related(*ids, kind=kind)})


@pytest.mark.parametrize("length", [1, 2, 5])
def test_what_leads_back_is_refused_however_long_the_way(client: httpx.Client, length: int) -> None:
    first = last = made(client)
    for _ in range(length - 1):
        last = made(client, last["id"])
    message = refused(relate(client, first, last["id"]), 409, "69")
    assert f"{last['id']} leads back to this one by 'follows'" in message
    assert client.get(first["href"]).json() == first
    # Upper and lower case are one kind, and another kind is another way.
    assert relate(client, first, last["id"], kind="Follows").status_code == 409
    other_way = relate(client, first, last["id"], kind="isFollowedBy")
    assert other_way.status_code == (409 if first is last else 200)


@pytest.mark.parametrize("path", [INTERACTION, INTERACTION_V5])
def test_a_reference_by_its_address_counts_in_both_versions(client: httpx.Client, path: str) -> None:
    one = created(client, INTERACTION, interaction())
    address = f"{client.base_url}{path}/{one['id']}"
    other = made(client)
    by_address = [{"@type": "InteractionRelationship", "id": one["id"], "href": address, "relationshipType": "follows"}]
    patched(client, other, {"interactionRelationship": by_address})
    body = {"interactionRelationship": related(other["id"])}
    assert "leads back" in refused(client.patch(f"{path}/{one['id']}", json=body), 409, "69")
    elsewhere = [{**by_address[0], "id": other["id"], "href": f"https://archive.example.com/x/{other['id']}"}]
    assert client.patch(f"{path}/{one['id']}", json={"interactionRelationship": elsewhere}).status_code == 200


def test_an_id_that_was_named_before_it_was_there_closes_no_cycle(client: httpx.Client) -> None:
    late, key = new_id(), {"Idempotency-Key": new_id()}
    early = made(client, late)
    body = {**interaction_with("7001", interactionRelationship=related(early["id"])), "id": late}
    for headers in ({}, key):
        assert "leads back" in refused(client.post(INTERACTIONS, json=body, headers=headers), 409, "69")
    assert client.get(f"{INTERACTIONS}/{late}").status_code == 404
    assert client.post(INTERACTIONS, json={**body, "interactionRelationship": []}).status_code == 201


def test_of_two_that_close_a_cycle_at_the_same_time_one_is_refused(client: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as threads:
        for _ in range(12):
            ring = [made(client) for _ in range(4)]
            pairs = [(one, ring[(number + 1) % 4]["id"]) for number, one in enumerate(ring)]
            answers = list(threads.map(lambda pair: relate(client, *pair).status_code, pairs))
            assert sorted(answers) == [200, 200, 200, 409]


def test_a_closed_interaction_is_corrected_by_one_that_relates_to_it(client: httpx.Client) -> None:
    said = made(client, status="completed", description="The charge was right")
    assert "interactionRelationship" in refused(client.patch(said["href"], json={"description": "Wrong"}), 409, "69")
    body = interaction_with(
        "7001", description="The charge was wrong", interactionRelationship=related(said["id"], kind="corrects")
    )
    correction = created(client, INTERACTIONS, body)
    found = client.get(INTERACTIONS, params={"interactionRelationship.id": said["id"]}).json()
    assert [each["id"] for each in found] == [correction["id"]]
    assert client.get(said["href"]).json() == said


def test_one_query_lists_what_relates_to_a_matter_in_its_order(client: httpx.Client) -> None:
    root = made(client)
    starts = {day: {"startDateTime": f"2026-03-{day:02}T09:00:00Z"} for day in (5, 2, 9)}
    ids = {day: made(client, root["id"], interactionDate=period)["id"] for day, period in starts.items()}
    for path in (INTERACTION, INTERACTION_V5):
        query = {"interactionRelationship.id": root["id"], "sort": "interactionDate.startDateTime"}
        assert [each["id"] for each in client.get(path, params=query).json()] == [ids[2], ids[5], ids[9]]
