# SPDX-License-Identifier: Apache-2.0
"""Merging (eTOM 1.3.4): of two records of one, one survives with what both had, and everything refers to it."""

import json
import os
from itertools import pairwise
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.storage.documents import aliases, merge_journal
from app.storage.event_log import event_log
from tests.contract.answers import created, patched
from tests.contract.performing import (
    CUSTOMERS,
    FLOWS,
    INTERACTIONS,
    TERMINATE,
    Settle,
    answer,
    begin,
    interaction_with,
    read,
    states,
    tasks,
    values,
)
from tests.paths import INDIVIDUAL, INDIVIDUAL_V5, LEGAL_HOLD, ORGANIZATION_V5, PARTY_ROLE_V5

Body = dict[str, Any]

MERGE_PARTY, MERGE_CUSTOMER = "MergeParty", "MergeCustomer"
REFERRERS = int(os.environ.get("MERGE_REFERRERS", "40"))
"""How many interactions name a duplicate."""
KEPT = {event_log.COLLECTION, aliases.COLLECTION, merge_journal.COLLECTION, "processFlow", "taskFlow", "partyKey"}
"""Where a duplicate stays: in the log of what happened and its keys, as an alias, in the flow of the merge and in the
journal by which that can be undone."""


def person(**more: Any) -> Body:
    return {"@type": "Individual", "givenName": "Ngozi", "familyName": "Okafor", **more}


def email(address: str) -> Body:
    return {"@type": "EmailContactMedium", "emailAddress": address}


def passport(number: str) -> Body:
    return {
        "@type": "IndividualIdentification",
        "identificationType": "passport",
        "identificationId": number,
        "issuingAuthority": "Germany",
    }


def party_ref(party: Body) -> Body:
    return {"@type": "PartyRef", "id": party["id"], "href": party["href"], "@referredType": party["@type"]}


def customer_of(client: httpx.Client, party: Body, **more: Any) -> Body:
    body = {"@type": "Customer", "name": "Ngozi", "status": "Active", "engagedParty": party_ref(party)}
    return created(client, CUSTOMERS, {**body, **more})


def merge(client: httpx.Client, duplicate: Body, survivor: Body, process: str = MERGE_PARTY, **inputs: Any) -> Body:
    """A flow that merges a duplicate into a survivor."""
    told = {"survivor": survivor["id"], "reason": "The same passport", **inputs}
    about = {"id": duplicate["id"], "role": "duplicate", "@referredType": duplicate["@type"]}
    return created(client, FLOWS, {
        "processFlowSpecification": process,
        "relatedEntity": [about],
        "characteristic": [{"name": name, "value": value} for name, value in told.items()],
    })  # fmt: skip


def call_of(party: Body, **more: Any) -> Body:
    """An interaction with a party, which is named by its id alone."""
    call = interaction_with(party["id"], **more)
    del call["relatedParty"][0]["partyOrPartyRole"]["name"]
    return call


def outcome(client: httpx.Client, flow: Body, task: str = "examine") -> str:
    """Why a flow was not performed to its end."""
    assert read(client, flow)["state"] in ("cancelled", "hold")
    return str(values(tasks(client, flow)[task])["reason"])


def places(mongo: MongoClient[dict[str, Any]], database: str, id: str) -> set[str]:
    """The collections in which an id stands, anywhere."""
    return {
        name
        for name in mongo[database].list_collection_names()
        for row in mongo[database][name].find()
        if id in json.dumps(row, default=str)
    }


def test_the_survivor_has_of_both_and_everything_refers_to_it(client: httpx.Client, settle: Settle) -> None:
    survivor = created(client, INDIVIDUAL_V5, person(contactMedium=[email("a@example.com")], gender="female"))
    more = {"contactMedium": [email("a@example.com"), email("b@example.com")], "gender": "f", "title": "Dr"}
    duplicate = created(client, INDIVIDUAL_V5, person(individualIdentification=[passport("1")], **more))
    buyer = customer_of(client, duplicate)
    call = created(client, INTERACTIONS, interaction_with(duplicate["id"], survivor["id"]))
    role = {"@type": "PartyRole", "name": "Dealer", "engagedParty": party_ref(duplicate)}
    dealer = created(client, PARTY_ROLE_V5, role)
    flow = merge(client, duplicate, survivor)
    settle()
    assert (read(client, flow)["state"], set(states(client, flow).values())) == ("completed", {"completed"})
    united = read(client, survivor)
    assert [each["emailAddress"] for each in united["contactMedium"]] == ["a@example.com", "b@example.com"]
    assert (united["gender"], united["title"]) == ("female", "Dr")
    assert united["individualIdentification"] == duplicate["individualIdentification"]
    for each in (buyer, dealer):
        assert read(client, each)["engagedParty"] == {
            **each["engagedParty"],
            "id": survivor["id"],
            "href": survivor["href"],
        }
    related = read(client, call)["relatedParty"]
    assert [each["partyOrPartyRole"]["id"] for each in related] == [survivor["id"], survivor["id"]]
    assert duplicate["id"] not in client.get(INDIVIDUAL).text
    listed = client.get(CUSTOMERS, params={"engagedParty.id": survivor["id"]}).json()
    assert [each["id"] for each in listed] == [buyer["id"]]


def test_after_a_merge_the_duplicate_stands_nowhere_but_in_what_is_kept_of_it(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    undeclared = {"x-introducedBy": {"id": duplicate["id"], "note": ["who?", {"again": {"id": duplicate["id"]}}]}}
    made = [created(client, INTERACTIONS, call_of(duplicate, **undeclared)) for _ in range(REFERRERS)]
    made.append(customer_of(client, duplicate, relatedParty=call_of(duplicate)["relatedParty"]))
    made.append(created(client, INDIVIDUAL_V5, person(relatedParty=call_of(duplicate)["relatedParty"])))
    flow = merge(client, duplicate, survivor)
    settle()
    assert read(client, flow)["state"] == "completed"
    assert len(values(tasks(client, flow)["unite"])["plan"]["references"]) == len(made)
    assert places(mongo, database_name, duplicate["id"]) <= KEPT
    for each in made:
        assert read(client, each) == json.loads(json.dumps(each).replace(duplicate["id"], survivor["id"])) | {
            name: read(client, each)[name] for name in ("lastUpdate",) if name in each
        }


def test_a_dry_run_tells_exactly_what_will_be_and_changes_nothing(client: httpx.Client, settle: Settle) -> None:
    survivor = created(client, INDIVIDUAL_V5, person(contactMedium=[email("a@example.com")]))
    duplicate = created(client, INDIVIDUAL_V5, person(contactMedium=[email("b@example.com")], title="Dr"))
    buyer = customer_of(client, duplicate)
    dry = merge(client, duplicate, survivor, dryRun=True)
    settle()
    assert read(client, dry)["state"] == "completed"
    assert [read(client, each) for each in (survivor, duplicate, buyer)] == [survivor, duplicate, buyer]
    told = values(tasks(client, dry)["examine"])["plan"]
    attributes = {"contactMedium": "both", "title": "duplicate"}
    ends = {"duplicate": duplicate["id"], "survivor": survivor["id"], "attributes": attributes}
    assert told == {
        "merged": [{"resource": "Individual", **ends}],
        "references": [{"resource": "Customer", "id": buyer["id"], "at": ["/engagedParty"]}],
    }
    flow = merge(client, duplicate, survivor)
    settle()
    assert json.dumps(values(tasks(client, flow)["unite"])["plan"]) == json.dumps(told)


def test_identifiers_of_the_duplicate_are_the_survivors(client: httpx.Client, settle: Settle) -> None:
    survivor = created(client, INDIVIDUAL_V5, person(individualIdentification=[passport("1")]))
    duplicate = created(client, INDIVIDUAL_V5, person(individualIdentification=[passport("2")]))
    merge(client, duplicate, survivor)
    settle()
    told = client.post(INDIVIDUAL_V5, json=person(individualIdentification=[passport("2")])).json()
    assert survivor["href"] in told["message"]


@pytest.mark.parametrize("decision", ["merge", "refuse"])
def test_somebody_decides_what_becomes_of_two_live_customers(
    client: httpx.Client, settle: Settle, decision: str
) -> None:
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    ours, theirs = customer_of(client, survivor), customer_of(client, duplicate, description="From the shop")
    call = created(client, INTERACTIONS, interaction_with(theirs["id"]))
    flow = merge(client, duplicate, survivor)
    settle()
    assert outcome(client, flow) == (
        f"both are live customers, {ours['id']} and {theirs['id']}: somebody should decide whether these are merged, "
        "too"
    )
    assert answer(client, tasks(client, flow)["examine"], customers=decision).status_code == 200
    settle()
    if decision == "refuse":
        assert "merge these, or end one of them" in outcome(client, flow)
        assert [read(client, each) for each in (duplicate, theirs, call)] == [duplicate, theirs, call]
        return
    # What was decided there, the next task asks again: the customers may be others by then.
    if read(client, flow)["state"] == "hold":
        assert answer(client, tasks(client, flow)["unite"], customers=decision).status_code == 200
        settle()
    assert read(client, flow)["state"] == "completed"
    assert read(client, ours)["description"] == "From the shop"
    assert read(client, call)["relatedParty"][0]["partyOrPartyRole"]["id"] == ours["id"]


def test_customers_are_merged_by_themselves(client: httpx.Client, settle: Settle) -> None:
    survivor, duplicate = (customer_of(client, created(client, INDIVIDUAL_V5, person())) for _ in range(2))
    patched(client, duplicate, {"@type": "Customer", "status": "Suspended"})
    call = created(client, INTERACTIONS, interaction_with(duplicate["id"]))
    flow = merge(client, duplicate, survivor, MERGE_CUSTOMER)
    settle()
    assert read(client, flow)["state"] == "completed"
    assert read(client, survivor)["status"] == "Active"
    assert read(client, call)["relatedParty"][0]["partyOrPartyRole"]["id"] == survivor["id"]


def test_what_cannot_be_merged_says_why(client: httpx.Client, settle: Settle) -> None:
    one, other, third = (created(client, INDIVIDUAL_V5, person()) for _ in range(3))
    company = created(client, ORGANIZATION_V5, {"@type": "Organization", "name": "Delta"})
    refused = {
        "it is the survivor itself": merge(client, one, one),
        f"there is no Individual {company['id']}": merge(client, other, company),
    }
    settle()
    for reason, flow in refused.items():
        assert outcome(client, flow) == reason
    first = merge(client, one, other)
    settle()
    assert read(client, first)["state"] == "completed"
    chained = merge(client, third, one)
    settle()
    assert (
        outcome(client, chained)
        == f"Individual {one['id']} was merged into {other['id']} already, by the flow {first['id']}"
    )
    held = {"@type": "EntityRef", "id": third["id"], "@referredType": "Individual"}
    created(client, LEGAL_HOLD, {
        "@type": "LegalHold", "reason": "Law suit", "placedBy": "Legal department", "heldEntity": [held],
    })  # fmt: skip
    kept = merge(client, third, other)
    settle()
    assert "is held by" in outcome(client, kept)
    assert read(client, third) == third


def test_nothing_is_merged_while_a_process_is_about_it(client: httpx.Client, settle: Settle) -> None:
    one, other = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    ours, theirs = customer_of(client, one), customer_of(client, other)
    running = begin(client, TERMINATE, theirs, reason="customerWish", wishedDate="2999-12-31")
    flow = merge(client, theirs, ours, MERGE_CUSTOMER)
    settle()
    assert outcome(client, flow) == f"the flow {running['id']} of {TERMINATE} is about it; end it first"


def test_aliases_lead_to_the_last_survivor(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    people = [created(client, INDIVIDUAL_V5, person()) for _ in range(4)]
    for duplicate, survivor in pairwise(people):
        merge(client, duplicate, survivor)
        settle()
    rows = mongo[database_name][aliases.COLLECTION].find({}, {"id": 1, "survivor": 1, "_id": 0})
    assert list(rows) == [{"id": each["id"], "survivor": people[-1]["id"]} for each in people[:-1]]


def test_what_would_refer_to_itself_is_left_out(client: httpx.Client, settle: Settle) -> None:
    survivor = created(client, INDIVIDUAL_V5, person())
    known = interaction_with(survivor["id"], "7001")["relatedParty"]
    duplicate = created(client, INDIVIDUAL_V5, person(relatedParty=known))
    merge(client, duplicate, survivor)
    settle()
    assert [each["partyOrPartyRole"]["id"] for each in read(client, survivor)["relatedParty"]] == ["7001"]
