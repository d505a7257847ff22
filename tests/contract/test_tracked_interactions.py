# SPDX-License-Identifier: Apache-2.0
"""Promises of interactions (eTOM 1.6.9): made with the create, folded by each patch, in the same write."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.contract.conftest import Stored
from tests.serving import free_port, serving

POLICIES = """
policies:
  - name: complaint
    when: {reason: [Complaint], priority: [high], channel: [web, call-centre], role: [caller]}
    firstResponse: PT4H
    progress: PT16H
    resolution: PT40H
    notices:
      - {promise: resolution, before: PT1H, tell: assignee}
  - name: any complaint
    when: {reason: [complaint]}
    resolution: PT80H
"""
BASES = {"v4": "/tmf-api/partyInteraction/v4/partyInteraction", "v5": "/tmf-api/partyInteraction/v5/partyInteraction"}


def complaint(version: str, **more: Any) -> dict[str, Any]:
    """A tracked complaint as a client of this version sends it."""
    common = {"@type": "TrackedInteraction", "reason": "Complaint", "direction": "inbound", "priority": "high", **more}
    if version == "v4":
        return {
            **common,
            "channel": [{"id": "web"}],
            "relatedParty": [{"id": "7", "role": "caller", "@referredType": "Individual"}],
        }
    party = {"@type": "PartyRef", "id": "7", "@referredType": "Individual"}
    return {
        **common,
        "relatedChannel": [{"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "web"}}],
        "relatedParty": [{"@type": "RelatedPartyOrPartyRole", "role": "caller", "partyOrPartyRole": party}],
    }


Promising = Callable[[str], httpx.Client]


@pytest.fixture(scope="module")
def promising(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Promising]:
    """Gives a client of a server with these policies, on the database that all tests here share."""
    clients: dict[str, httpx.Client] = {}
    with ExitStack() as running:

        def start(policies: str) -> httpx.Client:
            if policies not in clients:
                file = tmp_path_factory.mktemp("policies") / "interaction-policies.yaml"
                file.write_text(policies, encoding="utf-8")
                own = dataclasses.replace(settings, port=free_port(), interaction_policies=str(file))
                url = running.enter_context(serving(own))
                clients[policies] = running.enter_context(httpx.Client(base_url=url))
            return clients[policies]

        yield start


@pytest.fixture
def tracking(promising: Promising, clean_database: str) -> httpx.Client:
    """A client of the server that tracks what clients want tracked."""
    return promising(POLICIES)


def named(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in shown["promise"]}


@pytest.mark.parametrize("version", BASES)
def test_a_create_makes_the_promises_and_both_versions_show_them(
    version: str, tracking: httpx.Client, stored: Stored
) -> None:
    client = tracking
    made = client.post(BASES[version], json=complaint(version)).json()
    assert {each["name"]: each["state"] for each in made["promise"]} == {"firstResponse": "due", "resolution": "due"}
    assert made["dueDate"] == named(made)["firstResponse"]["dueDate"]
    assert made["policy"] == "complaint"
    for other in BASES.values():
        shown = client.get(f"{other}/{made['id']}").json()
        assert all(shown[name] == made[name] for name in ("promise", "clock", "policy", "policyVersion", "dueDate"))
        found = client.get(other, params={"promise.name": "firstResponse", "dueDate.gt": made["clock"]["startDate"]})
        assert [each["id"] for each in found.json()] == [made["id"]]
    assert stored("partyInteraction", made["id"])["notice"] is not None


@pytest.mark.parametrize("version", BASES)
def test_an_answer_a_pause_and_an_end_are_folded_in_the_write(
    version: str, tracking: httpx.Client, stored: Stored
) -> None:
    client = tracking
    made = client.post(BASES[version], json=complaint(version)).json()
    href = f"{BASES[version]}/{made['id']}"
    paused = client.patch(href, json={"waitingFor": "party"}).json()
    assert {name: each["state"] for name, each in named(paused).items()} == {
        "firstResponse": "met",
        "progress": "paused",
        "resolution": "paused",
    }
    assert "dueDate" not in paused
    assert "notice" not in stored("partyInteraction", made["id"])
    resumed = client.patch(href, json={"waitingFor": "enterprise"}).json()
    assert named(resumed)["resolution"]["state"] == "due"
    assert named(resumed)["resolution"]["dueDate"] >= named(paused)["resolution"]["dueDate"]
    assert stored("partyInteraction", made["id"])["notice"] is not None
    ended = client.patch(href, json={"status": "completed"}).json()
    assert {each["state"] for each in ended["promise"]} == {"met"}
    assert ended["waitingFor"] == "none"
    assert "dueDate" not in ended


@pytest.mark.parametrize("version", BASES)
def test_clients_cannot_set_what_the_server_sees_to(version: str, tracking: httpx.Client) -> None:
    client = tracking
    forged = {"promise": [], "policyVersion": "mine", "dueDate": "2020-01-01T00:00:00Z", "reopened": 7}
    made = client.post(BASES[version], json=complaint(version, **forged)).json()
    assert made["promise"]
    assert made["policyVersion"] != "mine"
    assert made["dueDate"] > "2021"
    assert "reopened" not in made
    href = f"{BASES[version]}/{made['id']}"
    for name, value in forged.items():
        refused = client.patch(href, json={name: value})
        assert (refused.status_code, name in refused.json()["message"]) == (400, True), refused.text
    whole = client.get(href).json()
    assert client.patch(href, json=whole).json() == whole


@pytest.mark.parametrize("version", BASES)
def test_a_plain_interaction_shows_what_was_sent_and_nothing_more(
    version: str, tracking: httpx.Client, client: httpx.Client
) -> None:
    body = {**complaint(version), "@type": "PartyInteraction"}
    without = client.post(BASES[version], json=body).json()
    made = tracking.post(BASES[version], json=body).json()
    assert made.keys() == without.keys()
    patched = tracking.patch(f"{BASES[version]}/{made['id']}", json={"status": "completed"}).json()
    assert "promise" not in patched


def test_policies_may_apply_to_all_interactions(promising: Promising, clean_database: str) -> None:
    client = promising(f"appliesTo: PartyInteraction\n{POLICIES}")
    plain = {**complaint("v5"), "@type": "PartyInteraction"}
    made = client.post(BASES["v5"], json=plain).json()
    assert (made["@type"], made["@baseType"], made["policy"]) == ("TrackedInteraction", "PartyInteraction", "complaint")
    for other in ({"reason": "Praise"}, {"direction": "outbound"}):
        assert "promise" not in client.post(BASES["v5"], json={**plain, **other}).json()


def test_another_priority_leads_to_another_policy_from_the_same_beginning(
    tracking: httpx.Client,
) -> None:
    client = tracking
    made = client.post(BASES["v5"], json=complaint("v5")).json()
    changed = client.patch(f"{BASES['v5']}/{made['id']}", json={"priority": "low"}).json()
    assert (changed["policy"], list(named(changed))) == ("any complaint", ["resolution"])
    assert changed["clock"] == made["clock"]
    again = client.patch(f"{BASES['v5']}/{made['id']}", json={"priority": "high"}).json()
    assert again["promise"] == made["promise"]


def test_other_policies_move_no_promise_that_was_made(tracking: httpx.Client, promising: Promising) -> None:
    first = tracking
    made = first.post(BASES["v5"], json=complaint("v5")).json()
    second = promising("policies: [{name: later, resolution: PT1H}]")
    noted = second.patch(f"{BASES['v5']}/{made['id']}", json={"description": "It still does not work"}).json()
    assert (noted["promise"], noted["policyVersion"]) == (made["promise"], made["policyVersion"])
    new = second.post(BASES["v5"], json=complaint("v5")).json()
    assert new["policy"] == "later"
    # The first server does not know that version yet, and looks it up.
    waiting = first.patch(f"{BASES['v5']}/{new['id']}", json={"waitingFor": "party"})
    assert (waiting.status_code, waiting.json()["policy"]) == (200, "later")


def test_an_unknown_word_for_whose_turn_it_is_is_refused(client: httpx.Client) -> None:
    refused = client.post(BASES["v5"], json=complaint("v5", waitingFor="godot"))
    assert refused.status_code == 400
    assert "party" in refused.json()["message"]
