# SPDX-License-Identifier: Apache-2.0
"""Merges as others lose data by them, one test for each of these ways."""

from typing import Any

import httpx
from pymongo import MongoClient

from tests.contract.answers import created, refused
from tests.contract.performing import (
    ARCHIVE,
    FLOWS,
    INTERACTIONS,
    Performer,
    Settle,
    begin,
    interaction_with,
    read,
    states,
    tasks,
    values,
)
from tests.contract.test_archive_process import erase_body
from tests.contract.test_merge import (
    MERGE_CUSTOMER,
    call_of,
    customer_of,
    email,
    merge,
    outcome,
    passport,
    person,
)
from tests.contract.test_unmerge import content, unmerge
from tests.paths import INDIVIDUAL_V5


def test_a_clash_of_unique_identifiers_deletes_nothing(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    third = created(client, INDIVIDUAL_V5, person(individualIdentification=[passport("1")]))
    survivor, duplicate = created(client, INDIVIDUAL_V5, person()), created(client, INDIVIDUAL_V5, person())
    # Written before that was unique, so that it collides.
    old = {"document.individualIdentification": [passport("1")]}
    mongo[database_name]["individual"].update_one({"_id": duplicate["id"]}, {"$set": old})
    call = created(client, INTERACTIONS, call_of(duplicate))
    everything = [third, survivor, duplicate, call]
    before = [read(client, each) for each in everything]
    flow = merge(client, duplicate, survivor)
    settle()
    assert "Another individual has the same identification already" in outcome(client, flow, "unite")
    assert [read(client, each) for each in everything] == before
    assert mongo[database_name]["alias"].count_documents({}) == 0


def test_nothing_that_lives_is_merged_into_what_has_ended_or_is_archived(client: httpx.Client, settle: Settle) -> None:
    live, over = (customer_of(client, created(client, INDIVIDUAL_V5, person()), status=s) for s in ("Active", "Closed"))
    flow = merge(client, live, over, MERGE_CUSTOMER)
    settle()
    assert outcome(client, flow) == f"{over['id']} is Closed, and {live['id']} is Active: merge it the other way round"
    begin(client, ARCHIVE, over, atOnce=True)
    settle()
    flow = merge(client, live, over, MERGE_CUSTOMER)
    settle()
    assert outcome(client, flow).startswith(f"Customer {over['id']} is archived, in the bundle ")
    assert read(client, live) == live


def test_an_undone_merge_can_be_done_the_other_way_round(client: httpx.Client, settle: Settle) -> None:
    one, other = (created(client, INDIVIDUAL_V5, person(contactMedium=[email(f"{n}@a.org")])) for n in "ab")
    calls = [created(client, INTERACTIONS, call_of(each)) for each in (one, other)]
    merge(client, one, other)
    settle()
    refused_flow = merge(client, other, one)
    settle()
    assert "was merged into" in outcome(client, refused_flow)
    unmerge(client, other, one)
    settle()
    undecided = merge(client, other, one)
    settle()
    assert "`overrule: true`" in outcome(client, undecided), "undone is decided: they are not the same"
    flow = merge(client, other, one, overrule=True)
    settle()
    assert read(client, flow)["state"] == "completed", outcome(client, flow)
    assert client.get(other["href"]).headers["Location"] == one["href"]
    assert [each["emailAddress"] for each in read(client, one)["contactMedium"]] == ["a@a.org", "b@a.org"]
    named = {read(client, each)["relatedParty"][0]["partyOrPartyRole"]["id"] for each in calls}
    assert named == {one["id"]}
    unmerge(client, one, other)
    settle()
    assert [content(read(client, each)) for each in (one, other)] == [content(each) for each in (one, other)]


def test_a_contact_of_both_is_there_once_and_what_names_both_stays(client: httpx.Client, settle: Settle) -> None:
    contact = created(client, INDIVIDUAL_V5, person(givenName="Ada"))
    related = call_of(contact)["relatedParty"]
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person(relatedParty=related)) for _ in range(2))
    both = created(client, INTERACTIONS, interaction_with(survivor["id"], contact["id"], duplicate["id"]))
    merge(client, duplicate, survivor)
    settle()
    assert read(client, survivor)["relatedParty"] == survivor["relatedParty"]
    named = [each["partyOrPartyRole"]["id"] for each in read(client, both)["relatedParty"]]
    assert named == [survivor["id"], contact["id"], survivor["id"]]
    unmerge(client, survivor, duplicate)
    settle()
    assert [content(read(client, each)) for each in (survivor, duplicate, both)] == [
        content(each) for each in (survivor, duplicate, both)
    ]


def test_a_duplicate_is_not_erased_by_a_merge_and_nobody_can_say_so(
    client: httpx.Client, settle: Settle, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person(title="Dr")) for _ in range(2))
    settle()
    (made,) = mongo[database_name]["event"].find({"resourceId": duplicate["id"]})
    merge(client, duplicate, survivor)
    settle()
    assert "destroyed" not in (mongo[database_name]["partyKey"].find_one({"_id": duplicate["id"]}) or {})
    past = client.get(duplicate["href"], params={"at": made["at"].isoformat().replace("+00:00", "Z")})
    assert (past.status_code, past.json()["title"]) == (200, "Dr")
    assert duplicate["id"] in refused(client.post(FLOWS, json=erase_body(duplicate["id"])), 400, "24")
    assert client.get(duplicate["href"]).status_code == 301


def test_what_comes_while_a_merge_settles_goes_back_with_the_duplicate(
    client: httpx.Client, settle: Settle, perform: Performer
) -> None:
    survivor, duplicate = (created(client, INDIVIDUAL_V5, person()) for _ in range(2))
    flow = merge(client, duplicate, survivor)
    perform()
    assert states(client, flow)["unite"] == "completed"
    late = created(client, INTERACTIONS, call_of(duplicate))
    undone = unmerge(client, survivor, duplicate)
    perform()
    told = values(tasks(client, undone)["divide"])["reason"]
    assert told == f"it waits for the end of the flow {flow['id']}, which merged them"
    settle()
    assert read(client, flow)["state"] == read(client, undone)["state"] == "completed"
    assert values(tasks(client, flow)["follow"])["late"] == 1
    assert content(read(client, late)) == content(late)


def test_what_comes_while_two_merges_settle_is_led_to_the_last_survivor_and_back_step_by_step(
    client: httpx.Client, settle: Settle, perform: Performer
) -> None:
    first, second, third = (created(client, INDIVIDUAL_V5, person()) for _ in range(3))
    merge(client, first, second)
    perform()
    late = created(client, INTERACTIONS, call_of(first))
    merge(client, second, third)
    perform()
    settle()

    def named() -> str:
        return str(read(client, late)["relatedParty"][0]["partyOrPartyRole"]["id"])

    assert named() == third["id"]
    for survivor, duplicate in ((third, second), (second, first)):
        unmerge(client, survivor, duplicate)
        settle()
        assert named() == duplicate["id"]
