# SPDX-License-Identifier: Apache-2.0
"""Customers that have left are archived after their grace period, come back from the archive, and are erased."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bson import encode
from pymongo import MongoClient

from app.settings import Settings
from tests.contract.answers import created
from tests.contract.performing import (
    ARCHIVE,
    CUSTOMERS,
    ERASE,
    FLOWS,
    INTERACTIONS,
    REESTABLISH,
    TERMINATE,
    Document,
    Settle,
    begin,
    new_customer,
    party_of,
    past_interaction,
    performing,
    read,
    states,
    tasks,
    values,
)

DAY = timedelta(days=1)
HOLDS = "/tmf-api/legalHoldManagement/v5/legalHold"
BUNDLES = "/tmf-api/archiveManagement/v5/archiveBundle"
RELEASE = {"status": "released", "statusReason": "Settled", "releasedBy": "Legal"}
CANARY = "canary-7c1fd2b94e"
OTHER = "other-5b0d8e21aa"


def terminate(client: httpx.Client, settle: Settle, customer: Document, reason: str = "customerWish") -> Document:
    flow = begin(client, TERMINATE, customer, reason=reason)
    settle()
    assert read(client, flow)["state"] == "completed"
    return flow


def test_who_has_left_is_archived_after_the_grace_period_and_comes_back_with_all_interactions(
    client: httpx.Client, settle: Settle
) -> None:
    customer = new_customer(client, description="Pays early")
    made = [created(client, INTERACTIONS, past_interaction(party_of(customer), reason=f"Call {n}")) for n in range(3)]
    terminate(client, settle, customer)
    ended, past = read(client, customer), client.get(INTERACTIONS).json()
    (archiving,) = client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()
    assert states(client, archiving)["grace"] == "active"
    settle(360 * DAY)
    assert read(client, customer)["status"] == "Terminated"
    settle(7 * DAY)
    assert read(client, archiving)["state"] == "completed"
    assert client.get(customer["href"]).status_code in (404, 410)
    assert client.get(INTERACTIONS).json() == []
    (bundle,) = client.get(BUNDLES).json()
    assert (bundle["status"], bundle["subject"]["id"]) == ("archived", customer["id"])

    flow = begin(client, REESTABLISH, customer)
    settle()
    assert read(client, flow)["state"] == "completed"
    back = read(client, customer)
    changed = {"status", "statusReason", "validFor"}
    assert {k: v for k, v in back.items() if k not in changed} == {k: v for k, v in ended.items() if k not in changed}
    assert back["status"] == "Active"
    now = {each["id"]: each for each in client.get(INTERACTIONS).json()}
    assert all(now[each["id"]] == each for each in past)
    for each in made:
        old = client.get(each["href"].replace("/v5/", "/v4/")).json()
        found = client.get(f"/tmf-api/partyInteraction/v4/partyInteraction?reason={each['reason']}").json()
        assert found == [old]
    assert client.get(BUNDLES).json()[0]["status"] == "restored"


def test_a_legal_hold_keeps_it_where_it_is(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client)
    terminate(client, settle, customer)
    held = [{"@type": "EntityRef", "id": customer["id"], "@referredType": "Customer"}]
    hold = created(client, HOLDS, {"@type": "LegalHold", "reason": "Suit", "placedBy": "Legal", "heldEntity": held})
    settle(367 * DAY)
    (archiving,) = client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()
    assert "Suit" in values(tasks(client, archiving)["archive"])["reason"]
    assert read(client, customer)["status"] == "Terminated"
    assert client.patch(hold["href"], json=RELEASE).status_code == 200
    settle(1.1 * DAY)
    assert client.get(customer["href"]).status_code in (404, 410)


def test_who_comes_back_within_the_grace_period_is_not_archived(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client)
    terminate(client, settle, customer)
    flow = begin(client, REESTABLISH, customer)
    settle(10 * DAY)
    assert values(tasks(client, flow)["restore"]) == {}
    settle(367 * DAY)
    (archiving,) = client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()
    assert (archiving["state"], read(client, customer)["status"]) == ("cancelled", "Active")


def test_archiving_at_once_is_asked_for(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client, status="Closed")
    flow = begin(client, ARCHIVE, customer, atOnce=True, reason="Asked for by the auditor")
    settle()
    assert read(client, flow)["state"] == "completed"
    live = new_customer(client)
    flow = begin(client, ARCHIVE, live, atOnce=True)
    settle()
    assert "only what has ended is archived" in values(tasks(client, flow)["grace"])["reason"]


def test_an_end_for_fraud_needs_a_person_also_from_the_archive(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client, status="Terminated", statusReason="fraud")
    begin(client, ARCHIVE, customer, atOnce=True)
    settle()
    flow = begin(client, REESTABLISH, customer)
    settle()
    assert states(client, flow)["identify"] == "hold"
    assert client.get(customer["href"]).status_code in (404, 410)


def test_while_the_store_is_away_tasks_wait_ever_longer_and_nothing_is_lost(
    client: httpx.Client, settings: Settings, drain_all: Callable[[], None], tmp_path: Path
) -> None:
    folder, away = tmp_path / "archive", tmp_path / "elsewhere"
    customer = new_customer(client, status="Terminated")
    party, before = party_of(customer), read(client, customer)
    drain_all()
    with performing(dataclasses.replace(settings, archive=f"file:{folder}")) as perform:

        def passes(task: str, flow: Document) -> None:
            """The task waits while a file is in the place of the directory; the flow ends when that is back."""
            if folder.exists():
                folder.rename(away)
            folder.write_bytes(b"")
            for _ in range(20):
                drain_all()
                perform(timedelta(minutes=50))
            assert states(client, flow)[task] == "active"
            assert "The archive's directory cannot be" in values(tasks(client, flow)[task])["reason"]
            folder.unlink()
            if away.exists():
                away.rename(folder)
            for _ in range(5):
                drain_all()
                perform(timedelta(hours=1))
            assert read(client, flow)["state"] == "completed", {k: values(v) for k, v in tasks(client, flow).items()}

        passes("archive", begin(client, ARCHIVE, customer, atOnce=True))
        assert client.get(customer["href"]).status_code in (404, 410)
        passes("restore", begin(client, REESTABLISH, customer))
        assert read(client, customer)["name"] == before["name"]

        terminated = begin(client, TERMINATE, customer, reason="customerWish")
        for _ in range(5):
            drain_all()
            perform(400 * DAY)
        assert read(client, terminated)["state"] == "completed"
        perform(11 * 366 * DAY)
        assert [path.suffix for path in folder.iterdir()] == [".bundle"]
        passes("archive", created(client, FLOWS, erase_body(party)))
        assert list(folder.iterdir()) == []


def erase_body(party: str) -> Document:
    return {
        "processFlowSpecification": ERASE,
        "relatedEntity": [{"id": party, "role": "party", "@referredType": "Individual"}],
        "characteristic": [{"name": "reason", "value": "Request of the person (GDPR, article 17)"}],
    }


def traces(mongo: MongoClient[dict[str, Any]], database: str, canary: str) -> list[str]:
    """The collections with a document in which the bytes of the canary are."""
    text = canary.encode()
    rows = ((name, row) for name in mongo[database].list_collection_names() for row in mongo[database][name].find({}))
    return sorted({name for name, row in rows if text in encode(row)})


def test_after_an_erasure_no_byte_of_the_party_is_left_and_what_is_others_is(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    customer, other = new_customer(client, description=CANARY), new_customer(client, description=OTHER)
    party = party_of(customer)
    headers = {"Idempotency-Key": CANARY[:20]}
    assert client.patch(f"/tmf-api/party/v4/individual/{party}", json={"familyName": CANARY}).status_code == 200
    assert client.post(INTERACTIONS, json=past_interaction(party, reason=CANARY), headers=headers).status_code == 201
    shared = created(client, INTERACTIONS, past_interaction(party, party_of(other), reason=OTHER))
    before = client.get(other["href"]).content
    terminate(client, settle, customer)
    (archiving,) = client.get(f"{FLOWS}?processFlowSpecification={ARCHIVE}").json()
    asked = {"taskFlowSpecification": "hasten", "characteristic": [{"name": "reason", "value": "Asked for"}]}
    created(client, f"{archiving['href']}/taskFlow", asked)
    settle()
    assert read(client, archiving)["state"] == "completed"
    assert traces(mongo, database_name, CANARY)
    early = created(client, FLOWS, erase_body(party))
    settle()
    assert "must be kept until" in values(tasks(client, early)["basis"])["reason"]
    settle(11 * 366 * DAY)
    flow = created(client, FLOWS, erase_body(party))
    settle()

    assert read(client, flow)["state"] == "completed", tasks(client, flow)
    assert traces(mongo, database_name, CANARY) == []
    assert client.get(f"/tmf-api/party/v4/individual/{party}").status_code == 404
    assert client.get(other["href"]).content == before
    left = client.get(f"/tmf-api/partyInteraction/v5/partyInteraction/{shared['id']}").json()
    assert left["reason"] == OTHER
    assert left["relatedParty"] == [shared["relatedParty"][1]]
    assert traces(mongo, database_name, OTHER)
    proof = values(tasks(client, flow)["proof"])
    assert set(proof) == {"erased", "documents"}
    assert mongo[database_name]["partyKey"].find_one({"_id": party}) is not None


@pytest.mark.parametrize("status", ["Active", "Suspended", "Created"])
def test_a_customer_is_not_erased_while_the_relationship_runs(
    client: httpx.Client, settle: Settle, status: str
) -> None:
    customer = new_customer(client, status=status)
    flow = created(client, FLOWS, erase_body(party_of(customer)))
    settle()
    assert read(client, flow)["state"] == "cancelled"
    assert values(tasks(client, flow)["basis"])["reason"].startswith(f"the party is the customer {customer['id']}")
    assert client.get(f"{CUSTOMERS}/{customer['id']}").status_code == 200


def test_nothing_under_a_legal_hold_is_erased(client: httpx.Client, settle: Settle) -> None:
    customer = new_customer(client, status="Closed")
    held = [{"@type": "EntityRef", "id": customer["id"], "@referredType": "Customer"}]
    created(client, HOLDS, {"@type": "LegalHold", "reason": "Suit", "placedBy": "Legal", "heldEntity": held})
    flow = created(client, FLOWS, erase_body(party_of(customer)))
    settle()
    assert "legal hold" in values(tasks(client, flow)["basis"])["reason"]
    assert read(client, customer)["status"] == "Closed"
