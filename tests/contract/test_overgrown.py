# SPDX-License-Identifier: Apache-2.0
"""A resource that an earlier release let grow too large for the log: every door works, for it and for all others."""

from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.settings import Settings
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual
from tests.contract.documents import base_path
from tests.contract.draining import drain
from tests.paths import CUSTOMER, INDIVIDUAL
from tests.storage.overgrown import overgrown

Mongo = MongoClient[dict[str, Any]]
EVENTS = f"{base_path('event-v4')}/topic/party-v4/event"
MERGE = {"Content-Type": "application/merge-patch+json"}
ID = "overgrown"
PLACE = f"{INDIVIDUAL}/{ID}"


def _row() -> dict[str, Any]:
    named = {"@type": "Individual", "givenName": "Jane", "familyName": "Doe", "status": "initialized"}
    return overgrown(ID, **named)


@pytest.fixture
def other(client: httpx.Client, settings: Settings, mongo: Mongo) -> dict[str, Any]:
    """Another resource, changed after the overgrown one was; all that waits is in the log."""
    made = created(client, CUSTOMER, customer(name="before"))
    mongo[settings.database]["individual"].insert_one(_row())
    changed = patched(client, made, {"name": "after"})
    drain(settings)
    return changed


@pytest.fixture
def log(mongo: Mongo, settings: Settings) -> Any:
    return mongo[settings.database]["event"]


def test_all_events_reach_the_log(client: httpx.Client, other: dict[str, Any], log: Any) -> None:
    assert [(each["resource"], "document" in each) for each in log.find().sort("_id")] == [
        ("Customer", True),
        ("Individual", False),
        ("Customer", True),
    ]


def test_it_is_read_and_found(client: httpx.Client, other: dict[str, Any]) -> None:
    assert client.get(PLACE, params={"fields": "familyName"}).json()["familyName"] == "Doe"
    [listed] = client.get(INDIVIDUAL, params={"familyName": "Doe", "fields": "givenName"}).json()
    assert listed["id"] == ID


def test_its_event_is_listed_without_a_payload(client: httpx.Client, other: dict[str, Any]) -> None:
    [event] = client.get(EVENTS, params={"event.individual.id": ID}).json()
    assert event["eventType"] == "IndividualAttributeValueChangeEvent"
    assert "event" not in event
    assert client.get(f"{EVENTS}/{event['id']}").json() == event


def test_it_is_deleted_and_its_past_says_what_is_known(
    client: httpx.Client, other: dict[str, Any], settings: Settings, log: Any
) -> None:
    was = dates.text(log.find_one({"resourceId": ID})["at"])
    assert client.delete(PLACE).status_code == 204
    drain(settings)
    assert [each["kind"] for each in log.find({"resourceId": ID}).sort("_id")] == ["AttributeValueChange", "Delete"]
    assert client.get(PLACE).status_code == 404
    told = refused(client.get(PLACE, params={"at": was}), 410, "70")
    assert "is not in the event log" in told
    created(client, INDIVIDUAL, individual(givenName="New"))


def test_it_shrinks_and_is_like_any_other_again(
    client: httpx.Client, other: dict[str, Any], settings: Settings, log: Any
) -> None:
    less = dict.fromkeys((f"m{number}" for number in range(12)), None)
    answer = client.patch(PLACE, json=less, headers=MERGE)
    assert answer.status_code == 200, answer.text
    drain(settings)
    assert client.patch(PLACE, json={"familyName": "Roe"}, headers=MERGE).status_code == 200
    drain(settings)
    last = log.find_one({"resourceId": ID}, sort=[("_id", -1)])
    assert "omission" not in last
    told = client.get(f"{EVENTS}/{last['eventId']}").json()["event"]["individual"]
    assert (last["changed"], told["familyName"]) == (["familyName"], "Roe")


def test_no_resource_grows_so_large_any_more(client: httpx.Client) -> None:
    made = created(client, INDIVIDUAL, individual())
    answers = [client.patch(made["href"], json={f"m{number}": "x" * 1_000_000}, headers=MERGE) for number in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 7 + [413]
    assert "7340032 are the most" in refused(answers[-1], 413, "66")
