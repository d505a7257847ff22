# SPDX-License-Identifier: Apache-2.0
"""The archive and merges: who was archived comes back to the survivor of its party, and a hold on either holds both."""

from typing import Any

import httpx
import pytest

from app.errors import Conflict
from tests.contract.answers import created
from tests.contract.performing import (
    ARCHIVE,
    FLOWS,
    Performer,
    Settle,
    begin,
    interaction_with,
    read,
    tasks,
    values,
)
from tests.contract.test_archive_process import BUNDLES, RELEASE, erase_body
from tests.contract.test_erasure_after_merges import RETENTION_IS_OVER
from tests.contract.test_identified_customers import body as identified_body
from tests.contract.test_legal_holds import hold
from tests.contract.test_merge import Body, customer_of, merge, outcome, passport, person
from tests.contract.test_unmerge import unmerge
from tests.paths import INDIVIDUAL_V5, INTERACTION_V5

NUMBER = "C01X00T47"


def archived(client: httpx.Client, settle: Settle, **more: Any) -> tuple[Body, Body, Body]:
    """A survivor, and a duplicate that was merged into it when its customer was in the archive already."""
    survivor = created(client, INDIVIDUAL_V5, person())
    duplicate = created(client, INDIVIDUAL_V5, person(individualIdentification=[passport(NUMBER)], **more))
    customer = customer_of(client, duplicate, status="Terminated")
    created(client, INTERACTION_V5, interaction_with(duplicate["id"], status="completed"))
    settle()
    begin(client, ARCHIVE, customer, atOnce=True)
    settle()
    assert client.get(customer["href"]).status_code == 410
    flow = merge(client, duplicate, survivor)
    settle()
    assert read(client, flow)["state"] == "completed"
    return survivor, duplicate, customer


@pytest.mark.parametrize("chosen", [{}, {"id": "chosen-by-a-client"}], ids=["server's id", "client's id"])
def test_who_was_archived_comes_back_to_the_survivor_and_goes_with_the_other_when_that_is_undone(
    client: httpx.Client, settle: Settle, chosen: Body
) -> None:
    survivor, duplicate, customer = archived(client, settle, **chosen)
    (bundle,) = client.get(BUNDLES).json()
    assert bundle["engagedParty"]["id"] == survivor["id"]
    told = identified_body(identificationType="passport", identificationId=NUMBER, issuingAuthority="Germany")
    flow = created(client, FLOWS, told)
    settle()
    assert read(client, flow)["state"] == "completed", tasks(client, flow)
    back = read(client, customer)
    assert (back["status"], back["engagedParty"]["id"]) == ("Active", survivor["id"])
    (call,) = client.get(INTERACTION_V5, params={"reason": "Complaint"}).json()
    assert call["relatedParty"][0]["partyOrPartyRole"]["id"] == survivor["id"]
    undone = unmerge(client, survivor, duplicate)
    settle()
    assert read(client, undone)["state"] == "completed", tasks(client, undone)
    assert read(client, customer)["engagedParty"] == customer["engagedParty"]
    assert read(client, call)["relatedParty"][0]["partyOrPartyRole"]["id"] == duplicate["id"]
    assert read(client, bundle)["engagedParty"]["id"] == duplicate["id"]


def test_what_was_archived_since_is_restored_before_a_merge_is_undone(
    client: httpx.Client, settle: Settle, performer: Performer
) -> None:
    survivor, duplicate, customer = archived(client, settle)
    (bundle,) = client.get(BUNDLES).json()
    archive = performer.liaison.archive
    assert archive is not None
    performer.run(archive.restore(bundle["id"]))
    assert read(client, customer)["engagedParty"]["id"] == survivor["id"]
    settle()
    begin(client, ARCHIVE, customer, atOnce=True)
    settle()
    flow = unmerge(client, survivor, duplicate)
    settle()
    told = outcome(client, flow, "divide")
    assert told == f"Customer {customer['id']} was archived since, in the bundle {bundle['id']}: restore that first"
    performer.run(archive.restore(bundle["id"]))
    flow = unmerge(client, survivor, duplicate)
    settle()
    assert read(client, flow)["state"] == "completed"
    assert read(client, customer)["engagedParty"] == customer["engagedParty"]


@pytest.mark.parametrize("held", ["duplicate", "survivor"])
def test_a_hold_on_any_id_of_a_merged_party_holds_its_bundles_and_that_it_is_one(
    client: httpx.Client, settle: Settle, performer: Performer, held: str
) -> None:
    survivor, duplicate, _ = archived(client, settle)
    placed = hold(client, ("Individual", {"duplicate": duplicate, "survivor": survivor}[held]))
    archive = performer.liaison.archive
    assert archive is not None
    (bundle,) = client.get(BUNDLES).json()
    with pytest.raises(Conflict, match="Law suit"):
        performer.run(archive.purge(bundle["id"], early=True))
    undone = unmerge(client, survivor, duplicate)
    settle()
    assert "Law suit" in outcome(client, undone, "divide")
    erased = created(client, FLOWS, erase_body(survivor["id"]))
    settle(RETENTION_IS_OVER)
    assert "Law suit" in values(tasks(client, erased)["basis"])["reason"]
    assert client.patch(placed["href"], json=RELEASE).status_code == 200
    erased = created(client, FLOWS, erase_body(survivor["id"]))
    settle()
    assert read(client, erased)["state"] == "completed", tasks(client, erased)
    (bundle,) = client.get(BUNDLES).json()
    assert bundle["status"] == "purged"
    assert "identifierHash" not in bundle


def test_a_hold_on_an_archived_customer_stands_against_the_erasure_of_its_party_before_anything_goes(
    client: httpx.Client, settle: Settle
) -> None:
    survivor, _, customer = archived(client, settle)
    hold(client, ("Customer", customer))
    flow = created(client, FLOWS, erase_body(survivor["id"]))
    settle(RETENTION_IS_OVER)
    assert "Law suit" in outcome(client, flow, "basis")
    assert read(client, survivor)["id"] == survivor["id"]


def test_an_interaction_does_not_come_back_to_what_leads_to_it_by_now(
    client: httpx.Client, settle: Settle, performer: Performer
) -> None:
    one, other = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    customer = customer_of(client, one, status="Terminated")
    there = created(client, INTERACTION_V5, interaction_with(other["id"]))
    follows = [{"@type": "InteractionRelationship", "id": there["id"], "relationshipType": "follows"}]
    leaving = interaction_with(one["id"], status="completed", interactionRelationship=follows)
    gone = created(client, INTERACTION_V5, leaving)
    settle()
    begin(client, ARCHIVE, customer, atOnce=True)
    settle()
    assert client.get(gone["href"]).status_code == 410
    back = [{**follows[0], "id": gone["id"]}]
    assert client.patch(there["href"], json={"interactionRelationship": back}).status_code == 200
    archive = performer.liaison.archive
    assert archive is not None
    (bundle,) = client.get(BUNDLES).json()
    told = f"PartyInteraction {gone['id']}: .*{there['id']} leads back to this one by 'follows'"
    with pytest.raises(Conflict, match=told):
        performer.run(archive.restore(bundle["id"]))
    assert client.get(customer["href"]).status_code == 410
    assert client.patch(there["href"], json={"interactionRelationship": []}).status_code == 200
    performer.run(archive.restore(bundle["id"]))
    assert read(client, gone) == gone
