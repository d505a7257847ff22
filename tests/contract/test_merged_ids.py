# SPDX-License-Identifier: Apache-2.0
"""Merged ids: who reads one is led to its survivor, who writes is told of that; for others it was never there."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.settings import Settings
from tests.contract.answers import created, refused
from tests.contract.bodies import customer, individual
from tests.contract.conftest import Deploy
from tests.contract.documents import COLLECTIONS, DOCUMENTS, V5, Collection, violations
from tests.contract.merging import MERGEABLE, add_alias
from tests.contract.test_archived import archive
from tests.identity_provider import IdentityProvider, bearer
from tests.paths import CUSTOMER, INDIVIDUAL, INDIVIDUAL_V5

EACH_MERGEABLE = pytest.mark.parametrize("collection", MERGEABLE, ids=str)
MERGED = "Resource was merged into another"
NEVER = "never-was-there"

Merge = Callable[[str, str, str], None]
"""Makes the id of a deleted document of a resource an alias of another one."""


@pytest.fixture
def merge(settings: Settings, clean_database: str) -> Merge:
    return lambda resource, loser, survivor: add_alias(settings, clean_database, resource, loser, survivor)


@pytest.fixture
def caller(guarded: str, clean_database: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=guarded) as client:
        yield client


def merged_pair(client: httpx.Client, collection: Collection, merge: Merge) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two resources, of which the first was merged into the second."""
    body = next(iter(collection.creates.values()))
    loser = created(client, collection.path, body)
    assert client.delete(loser["href"]).status_code == 204
    survivor = created(client, collection.path, body)
    merge(collection.resource, loser["id"], survivor["id"])
    return loser, survivor


@EACH_MERGEABLE
def test_a_read_of_a_merged_id_is_led_to_the_survivor_in_the_same_version(
    client: httpx.Client, merge: Merge, collection: Collection
) -> None:
    loser, survivor = merged_pair(client, collection, merge)
    for query in ("", "fields=id%2C%40type"):
        asked = f"{loser['href']}?{query}" if query else loser["href"]
        location = f"{survivor['href']}?{query}" if query else survivor["href"]
        answer = client.get(asked, follow_redirects=False)
        assert survivor["href"] in refused(answer, 301, "71")
        assert (answer.json()["referenceError"], answer.headers["location"]) == (survivor["href"], location)
        assert answer.headers["cache-control"] == "no-cache"
        head = client.head(asked, follow_redirects=False)
        assert (head.status_code, head.headers["location"], head.content) == (301, location, b"")
        assert client.get(asked, follow_redirects=True).json()["id"] == survivor["id"]
    document, path = DOCUMENTS[collection.document], f"{collection.template}/{{id}}"
    assert violations(document, path, "get", 301, client.get(loser["href"]).json()) == []


@EACH_MERGEABLE
def test_a_write_to_a_merged_id_is_refused_and_names_the_survivor(
    client: httpx.Client, merge: Merge, collection: Collection
) -> None:
    loser, survivor = merged_pair(client, collection, merge)
    for answer in (client.patch(loser["href"], json={"@type": collection.resource}), client.delete(loser["href"])):
        assert survivor["href"] in refused(answer, 409, "69")
        assert (answer.json()["reason"], answer.json()["referenceError"]) == (MERGED, survivor["href"])
    assert client.put(loser["href"], json={}).status_code == 405
    assert client.get(survivor["href"]).json() == survivor


@pytest.mark.parametrize("collection", [each for each in V5 if each in MERGEABLE], ids=str)
def test_a_merged_id_is_taken(client: httpx.Client, merge: Merge, collection: Collection) -> None:
    loser, survivor = merged_pair(client, collection, merge)
    body = {**next(iter(collection.creates.values())), "id": loser["id"]}
    answer = client.post(collection.path, json=body)
    assert survivor["href"] in refused(answer, 409, "69")
    assert (answer.json()["reason"], answer.json()["referenceError"]) == (MERGED, survivor["href"])
    assert created(client, collection.path, {**body, "id": NEVER})["id"] == NEVER


def test_what_was_merged_is_still_in_its_own_past(client: httpx.Client, merge: Merge) -> None:
    loser = created(client, INDIVIDUAL, individual())
    then = dates.text(dates.now())
    client.delete(loser["href"])
    survivor = created(client, INDIVIDUAL, individual())
    merge("Individual", loser["id"], survivor["id"])
    assert client.get(loser["href"], params={"at": then}).json() == loser
    refused(client.get(loser["href"], params={"at": dates.text(dates.now())}), 410, "70")


def test_aliases_are_led_on_when_their_survivor_is_merged(client: httpx.Client, merge: Merge) -> None:
    first, second, third = (created(client, INDIVIDUAL, individual()) for _ in range(3))
    for loser, survivor in ((first, second), (second, third)):
        client.delete(loser["href"])
        merge("Individual", loser["id"], survivor["id"])
    for each in (first, second):
        assert client.get(each["href"]).headers["location"] == third["href"]


def test_the_id_of_what_was_merged_and_erased_is_not_there_and_stays_taken(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str, merge: Merge
) -> None:
    loser, _ = merged_pair(client, next(each for each in MERGEABLE if each.path == INDIVIDUAL_V5), merge)
    mongo[clean_database]["alias"].update_one({"id": loser["id"]}, {"$set": {"survivor": ""}})
    for method in ("GET", "PATCH", "DELETE"):
        refused(client.request(method, loser["href"], json={"title": "Dr"}), 404, "60")
    body = {"@type": "Individual", **individual(id=loser["id"])}
    assert "was erased, and its id stays taken" in refused(client.post(INDIVIDUAL_V5, json=body), 409, "69")


def test_what_was_merged_into_something_deleted_is_not_there(client: httpx.Client, merge: Merge) -> None:
    collection = next(each for each in MERGEABLE if each.path == INDIVIDUAL)
    loser, survivor = merged_pair(client, collection, merge)
    client.delete(survivor["href"])
    for method in ("GET", "PATCH", "DELETE"):
        refused(client.request(method, loser["href"], json={"title": "Dr"}), 404, "60")


def test_what_was_merged_into_something_archived_is_gone_to_the_same_bundle(
    settings: Settings, client: httpx.Client, merge: Merge
) -> None:
    survivor = created(client, CUSTOMER, customer(status="Closed"))
    merge("Customer", NEVER, survivor["id"])
    archive(settings, survivor["id"])
    answers = [client.get(f"{CUSTOMER}/{id}") for id in (NEVER, survivor["id"])]
    merged, archived = [(refused(answer, 410, "70"), answer.headers["link"]) for answer in answers]
    assert merged == archived


def test_the_survivor_has_the_name_that_the_proxy_says(deploy: Deploy, settings: Settings) -> None:
    trusting = deploy(forwarded_from="127.0.0.0/8")
    survivor = created(trusting, INDIVIDUAL_V5, {"@type": "Individual", **individual()})
    add_alias(settings, f"liaison_test_{trusting.base_url.port}", "Individual", NEVER, survivor["id"])
    outside = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Prefix": "/crm"}
    answer = trusting.get(f"{INDIVIDUAL_V5}/{NEVER}?fields=id", headers=outside)
    href = f"https://api.example.com/crm{INDIVIDUAL_V5}/{survivor['id']}"
    assert answer.headers["location"] == f"{href}?fields=id"


class TestPartyBoundTokens:
    """Who may see the survivor is led to it; for others there is no difference to an id that never was."""

    @pytest.fixture
    def survivor(self, caller: httpx.Client, provider: IdentityProvider, merge: Merge) -> str:
        """The id of an individual, into which `merged` was merged."""
        headers = bearer(provider.token("individual:create"))
        made = caller.post(INDIVIDUAL, json=individual(), headers=headers)
        merge("Individual", "merged", made.json()["id"])
        return str(made.json()["id"])

    def answers(self, caller: httpx.Client, token: str, id: str) -> list[httpx.Response]:
        requests = [("GET", None), ("PATCH", {"title": "Dr"}), ("DELETE", None)]
        return [caller.request(how, f"{INDIVIDUAL}/{id}", json=body, headers=bearer(token)) for how, body in requests]

    @pytest.mark.parametrize("claims", [{}, {"party_id": "the survivor"}], ids=["anybody", "the party"])
    def test_who_sees_the_survivor_is_led_to_it(
        self, caller: httpx.Client, provider: IdentityProvider, survivor: str, claims: dict[str, str]
    ) -> None:
        token = provider.token("individual:*", **dict.fromkeys(claims, survivor))
        answers = self.answers(caller, token, "merged")
        assert [answer.status_code for answer in answers] == [301, 409, 409]
        assert all(answer.json()["referenceError"].endswith(survivor) for answer in answers)

    def test_for_others_it_is_as_if_it_had_never_been(
        self, caller: httpx.Client, provider: IdentityProvider, survivor: str
    ) -> None:
        token = provider.token("individual:*", party_id="somebody-else")
        merged, never = (self.answers(caller, token, id) for id in ("merged", NEVER))
        assert [answer.status_code for answer in (*merged, *never)] == [404] * 6
        for one, other in zip(merged, never, strict=True):
            assert one.text.replace("merged", NEVER) == other.text
            assert one.headers.keys() == other.headers.keys()


def test_ids_of_what_is_never_merged_are_not_looked_for(client: httpx.Client, merge: Merge) -> None:
    for collection in COLLECTIONS:
        if collection not in MERGEABLE:
            merge(collection.resource, f"{collection.version}-x", "y")
            refused(client.get(f"{collection.path}/{collection.version}-x"), 404, "60")
