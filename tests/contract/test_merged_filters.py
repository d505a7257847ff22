# SPDX-License-Identifier: Apache-2.0
"""Filters by merged ids: lists, topics and listeners find what names the survivor by now, in every version."""

import dataclasses
from contextlib import ExitStack

import httpx
import pytest

from app.settings import Settings
from tests.contract.answers import created, found, patched, refused
from tests.contract.bodies import customer, individual
from tests.contract.conftest import Deploy
from tests.contract.draining import drain
from tests.contract.merging import add_alias, remove_alias
from tests.contract.relaying import relaying
from tests.identity_provider import IdentityProvider, bearer
from tests.listening import Listener, listening
from tests.paths import CUSTOMER, CUSTOMER_V5, EVENTS, INDIVIDUAL, INDIVIDUAL_V5
from tests.waiting import eventually

SOON = 3
OF_LOSER = [
    "engagedParty.id=loser",
    'engagedParty.id="loser"',
    "engagedParty.id=loser,nobody",
    "filter=$[?(@.engagedParty.id=='loser')]",
    "engagedParty.id.ne=other",
]
OF_OTHERS = ["engagedParty.id.ne=loser", "filter=$[?(@.engagedParty.id!='loser')]", "engagedParty.id=other"]


def own_settings(server: httpx.Client, settings: Settings) -> Settings:
    """The settings of a deployed server."""
    port = server.base_url.port
    assert port is not None
    return dataclasses.replace(settings, port=port, database=f"liaison_test_{port}")


@pytest.fixture(scope="module")
def merged(deploy: Deploy, settings: Settings) -> httpx.Client:
    """A server where the individual `loser` was merged into `survivor`, who is a customer, as is somebody else."""
    server = deploy(open_topics=True)
    for id in ("survivor", "other"):
        created(server, INDIVIDUAL_V5, {"@type": "Individual", **individual(id=id)})
        created(server, CUSTOMER, customer(name=id, engagedParty={"id": id, "@referredType": "Individual"}))
    add_alias(settings, own_settings(server, settings).database, "Individual", "loser", "survivor")
    eventually(lambda: found(server, INDIVIDUAL, "id=loser"), "the server knows of the merge", SOON)
    return server


@pytest.mark.parametrize("path", [CUSTOMER, CUSTOMER_V5])
@pytest.mark.parametrize(("query", "name"), [*((q, "survivor") for q in OF_LOSER), *((q, "other") for q in OF_OTHERS)])
def test_a_list_finds_what_names_the_survivor(merged: httpx.Client, path: str, query: str, name: str) -> None:
    answer = merged.get(f"{path}?{query}")
    assert ([each["name"] for each in answer.json()], answer.headers["x-total-count"]) == ([name], "1")


@pytest.mark.parametrize("path", [INDIVIDUAL, INDIVIDUAL_V5])
def test_the_merged_id_itself_finds_the_survivor(merged: httpx.Client, path: str) -> None:
    assert found(merged, path, "id=loser") == ["survivor"]
    assert found(merged, path, "id.ne=loser") == ["other"]


def test_a_bound_token_learns_of_no_merge_but_its_own(
    guarded: str, settings: Settings, provider: IdentityProvider, clean_database: str
) -> None:
    staff, own = bearer(provider.token("*:*")), bearer(provider.token("*:*", party_id="mine"))
    with httpx.Client(base_url=guarded, headers=staff) as client:
        for id in ("mine", "theirs"):
            created(client, INDIVIDUAL_V5, {"@type": "Individual", **individual(id=id)})
        related = [{"id": "theirs", "role": "payer", "@referredType": "Individual"}]
        engaged = {"id": "mine", "@referredType": "Individual"}
        buyer = created(client, CUSTOMER, customer(engagedParty=engaged, relatedParty=related))
        for loser, survivor in (("was-mine", "mine"), ("was-theirs", "theirs")):
            add_alias(settings, clean_database, "Individual", loser, survivor)
        eventually(lambda: found(client, CUSTOMER, "relatedParty.id=was-theirs"), "the server knows of both", SOON)
        asked = {
            query: [each["id"] for each in client.get(f"{CUSTOMER}?{query}", headers=own).json()]
            for query in ("engagedParty.id=was-mine", "relatedParty.id=was-theirs", "relatedParty.id=theirs")
        }
    assert asked == {
        "engagedParty.id=was-mine": [buyer["id"]],
        "relatedParty.id=was-theirs": [],
        "relatedParty.id=theirs": [buyer["id"]],
    }


def hub_of(collection: str) -> str:
    return f"{collection.rpartition('/')[0]}/hub"


def names_heard(listener: Listener) -> list[str]:
    return [each["event"]["customer"]["name"] for each in listener.received]


def test_a_listener_by_a_merged_id_follows_the_merge_and_its_undoing(merged: httpx.Client, settings: Settings) -> None:
    own = own_settings(merged, settings)
    drain(own)
    [buyer] = merged.get(CUSTOMER_V5, params={"engagedParty.id": "other"}).json()
    condition = "event.customer.engagedParty.id"
    queries = [f"{condition}=elder", f"filter=$[?(@.{condition}=='elder')]", f"{condition}.ne=elder"]
    with ExitStack() as stack:
        listeners = {
            (path, query): stack.enter_context(listening()) for path in (CUSTOMER, CUSTOMER_V5) for query in queries
        }
        for (path, query), listener in listeners.items():
            created(merged, hub_of(path), {"callback": listener.url, "query": query, "@type": "Hub"})
        stack.enter_context(relaying(own))
        for name in ("before", "merged", "undone", "again", "last"):
            if name in ("merged", "again"):
                add_alias(settings, own.database, "Individual", "elder", "other")
            elif name in ("undone", "last"):
                remove_alias(settings, own.database, "Individual", "elder")
            patched(merged, buyer, {"@type": "Customer", "name": name})
            at = name in ("merged", "again")
            for (_, query), listener in listeners.items():
                if at is not (query == queries[-1]):
                    eventually(lambda: name in names_heard(listener), f"{query} is told of {name}")  # noqa: B023
    for (_, query), listener in listeners.items():
        assert names_heard(listener) == (
            ["before", "undone", "last"] if query == queries[-1] else ["merged", "again"]
        ), query


def test_a_topic_by_a_merged_id_has_what_names_the_survivor(merged: httpx.Client, settings: Settings) -> None:
    drain(own_settings(merged, settings))
    for version in ("v4", "v5"):
        events = f"{EVENTS}/topic/customer-{version}/event"
        told = {
            id: merged.get(events, params={"event.customer.engagedParty.id": id}).json() for id in ("loser", "survivor")
        }
        assert told["loser"] == told["survivor"]
        assert [each["eventType"] for each in told["loser"]] == ["CustomerCreateEvent"]


def test_a_topic_of_a_client_takes_events_that_name_the_survivor(merged: httpx.Client) -> None:
    topic = created(merged, f"{EVENTS}/topic", {"name": "Cases", "contentQuery": "case.party.id=loser"})
    report = {"eventType": "CaseOpenedEvent", "event": {"case": {"party": {"id": "survivor"}}}}
    created(merged, f"{topic['href']}/event", report)
    report["event"] = {"case": {"party": {"id": "other"}}}
    assert "contentQuery" in refused(merged.post(f"{topic['href']}/event", json=report), 400, "24")


def test_a_listener_of_a_party_follows_the_merge_of_that_alone(
    guarded: str, settings: Settings, provider: IdentityProvider, clean_database: str
) -> None:
    staff, own = bearer(provider.token("*:*")), bearer(provider.token("*:*", party_id="mine"))
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(base_url=guarded, headers=staff))
        for id in ("mine", "theirs"):
            created(client, INDIVIDUAL_V5, {"@type": "Individual", **individual(id=id)})
        related = [{"id": "theirs", "role": "payer", "@referredType": "Individual"}]
        engaged = {"id": "mine", "@referredType": "Individual"}
        buyer = created(client, CUSTOMER, customer(engagedParty=engaged, relatedParty=related))
        drain(settings)
        queries = {
            "event.customer.engagedParty.id=was-mine": ["one", "last"],
            "event.customer.relatedParty.id=was-theirs;event.customer.name=last": ["last"],
        }
        heard = {query: stack.enter_context(listening()) for query in queries}
        for query, listener in heard.items():
            body = {"callback": listener.url, "query": query}
            assert client.post(hub_of(CUSTOMER), json=body, headers=own).status_code == 201
        for loser, survivor in (("was-mine", "mine"), ("was-theirs", "theirs")):
            add_alias(settings, clean_database, "Individual", loser, survivor)
        for name in ("one", "last"):
            patched(client, buyer, {"name": name})
        stack.enter_context(relaying(settings))
        for listener in heard.values():
            eventually(lambda: "last" in names_heard(listener), "the listener is told")  # noqa: B023
        assert {query: names_heard(listener) for query, listener in heard.items()} == queries
        eventually(lambda: found(client, CUSTOMER, "relatedParty.id=was-theirs"), "the server knows of both", SOON)
        events = f"{EVENTS}/topic/customer-v4/event"
        asked = {
            query: len(client.get(f"{events}?{query}", headers=own).json())
            for query in ("event.customer.engagedParty.id=was-mine", "event.customer.relatedParty.id=was-theirs")
        }
    assert list(asked.values()) == [3, 0]
