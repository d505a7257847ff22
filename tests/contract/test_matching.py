# SPDX-License-Identifier: Apache-2.0
"""Matching by HTTP: who may be the same is asked without a trace, announced once, and kept from who may not know."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.domain.events import DUPLICATE_SUSPECTED
from app.settings import Settings
from app.storage.event_log.event_log import COLLECTION as LOG
from app.storage.hubs.registrations import COLLECTION as HUBS
from app.storage.identity import match_progress
from tests.contract.relaying import relaying
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.listening import Listener, listening
from tests.serving import free_port, serving
from tests.waiting import eventually

PARTY, MATCH, TOPIC = "/tmf-api/party", "/tmf-api/identity/v1/match", "/tmf-api/event/v4/topic"
EVENT = "IndividualDuplicateSuspectedEvent"

ADA: dict[str, Any] = {
    "@type": "Individual",
    "givenName": "Ngozi",
    "familyName": "Okafor",
    "birthDate": "1984-03-17T00:00:00Z",
    "contactMedium": [{"@type": "EmailContactMedium", "emailAddress": "ngozi.okafor@example.org"}],
}
ADA_V4: dict[str, Any] = {
    **{name: ADA[name] for name in ("givenName", "familyName", "birthDate")},
    "contactMedium": [{"mediumType": "email", "characteristic": {"emailAddress": "ngozi.okafor@example.org"}}],
}
PASSPORT = {"@type": "IndividualIdentification", "identificationType": "passport", "issuingAuthority": "NL"}


class Deployment:
    """A server that matches, with its relay, and the tokens that it takes."""

    def __init__(self, client: httpx.Client, provider: IdentityProvider, database: Any) -> None:
        self.client, self.provider, self.database = client, provider, database

    def post(self, path: str, body: Any, *scopes: str, **claims: Any) -> httpx.Response:
        headers = bearer(self.provider.token(*(scopes or ("*:*",)), **claims))
        return self.client.post(path, json=body, headers=headers)

    def create(self, body: Any = ADA, kind: str = "individual", version: str = "v5") -> str:
        made = self.post(f"{PARTY}/{version}/{kind}", body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def settled(self) -> None:
        """Wait until everything that was written is searched, and what that announced is logged."""

        def is_settled() -> bool:
            # In this order: nothing is logged behind what is searched, although nothing waits any more to be logged.
            progress = self.database[match_progress.COLLECTION].find_one() or {}
            waiting = any(self.database[name].find_one({"pending": {"$exists": True}}) for name in WAITING)
            last = next(iter(self.database[LOG].find().sort("_id", -1).limit(1)), {"_id": 0})
            return bool(progress.get("position") == last["_id"] and not waiting)

        eventually(is_settled, "all is searched")

    def match(self, party: Any, *scopes: str, resource: str = "Individual", **more: Any) -> httpx.Response:
        claims = {name: more.pop(name) for name in ("party_id",) if name in more}
        return self.post(MATCH, {"resource": resource, "party": party, **more}, *scopes, **claims)


WAITING = ("individual", "organization", "departed")


@pytest.fixture(scope="module")
def running(settings: Settings, provider: IdentityProvider, mongo: MongoClient[Any]) -> Iterator[Deployment]:
    port = free_port()
    changed = dataclasses.replace(
        settings, port=port, database=f"match_{port}", issuers=provider.url, audience=AUDIENCE, matching=True
    )
    with serving(changed) as url, relaying(changed), httpx.Client(base_url=url) as client:
        yield Deployment(client, provider, mongo[changed.database])
    mongo.drop_database(changed.database)


@pytest.fixture
def deployment(running: Deployment) -> Deployment:
    """It without parties and listeners."""
    running.database[HUBS].delete_many({})
    for path in ("individual", "organization"):
        for each in running.client.get(f"{PARTY}/v5/{path}", headers=bearer(running.provider.token("*:*"))).json():
            headers = bearer(running.provider.token("*:*"))
            assert running.client.delete(each["href"], headers=headers).status_code == 204
    running.settled()
    return running


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["match"]]


def test_a_match_tells_who_may_be_the_same_and_why_without_a_value(deployment: Deployment) -> None:
    one = deployment.create({**ADA, "individualIdentification": [{**PASSPORT, "identificationId": "P7714500"}]})
    less = deployment.create({**ADA, "contactMedium": [], "givenName": "Adaeze"})
    deployment.create({**ADA, "givenName": "Pieter", "familyName": "Visser", "contactMedium": []})
    deployment.settled()
    for version, party in (("v5", ADA), ("v4", ADA_V4)):
        answer = deployment.match(party, version=version).json()
        assert [each["id"] for each in answer["match"]] == [one, less]
        for each in answer["match"]:
            assert each["href"].endswith(f"{PARTY}/{version}/individual/{each['id']}")
            assert sum(part["weight"] for part in each["explanation"]) == each["score"]
        assert (answer["complete"], answer["capped"], len(answer["rulesDigest"])) == (True, False, 64)
        assert not any(value in json.dumps(answer) for value in ("Okafor", "okafor", "1984", "P7714500"))
    assert ids(deployment.match(ADA, minimumGrade="certain")) == [one]
    assert ids(deployment.match({"@type": "PartyRef", "id": one})) == [less]


def test_a_match_leaves_no_trace(deployment: Deployment) -> None:
    deployment.create()
    deployment.settled()

    def everything() -> dict[str, list[Any]]:
        names = [name for name in deployment.database.list_collection_names() if name != "lease"]
        return {name: list(deployment.database[name].find().sort("_id", 1)) for name in sorted(names)}

    before = everything()
    assert len(ids(deployment.match(ADA))) == 1
    assert deployment.match({"@type": "Individual", "birthDate": "x"}).status_code == 400
    assert everything() == before


def test_an_organization_is_matched_with_organizations(deployment: Deployment) -> None:
    delta = {"@type": "Organization", "name": "Delta Towage BV", "tradingName": "Delta Towage"}
    delta["organizationIdentification"] = [  # type: ignore[assignment]
        {**PASSPORT, "@type": "OrganizationIdentification", "identificationType": "kvk", "identificationId": "8123301"}
    ]
    one = deployment.create(delta, "organization")
    deployment.create()
    deployment.settled()
    assert ids(deployment.match(delta, resource="Organization")) == [one]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"party": ADA}, "/resource is mandatory"),
        ({"resource": "Individual"}, "/party is mandatory"),
        ({"resource": "Customer", "party": ADA}, "/resource must be one of Individual, Organization, not 'Customer'"),
        ({"resource": "Individual", "party": {"@type": "PartyRef"}}, "/party/id should be the id of a stored party"),
        ({"resource": "Individual", "party": {"@type": "PartyRef", "id": 1}}, "/party/id should be the id of a stored"),
        ({"resource": "Individual", "party": {"@type": "PartyRef", "id": "x"}}, "/party/id 'x' is no Individual here"),
        ({"resource": "Individual", "party": {"givenName": "A"}}, "/party/@type is mandatory"),
        ({"resource": "Individual", "party": {**ADA, "birthDate": "x"}}, "/party/birthDate "),
        ({"resource": "Individual", "party": ADA, "minimumGrade": "no"}, "/minimumGrade "),
        ({"resource": "Individual", "party": ADA, "version": "v3"}, "/version "),
        ({"resource": "Individual", "version": "v4", "party": {"givenName": "A"}}, "/party/familyName is mandatory"),
        ({"resource": "Individual", "party": {**ADA, "contactMedium": [7]}}, "/party/contactMedium/0 "),
        ({"resource": "Individual", "party": []}, "/party "),
    ],
)
def test_a_wrong_body_is_told_where_it_is_wrong(running: Deployment, body: Any, told: str) -> None:
    answer = running.post(MATCH, body)
    assert answer.status_code == 400
    assert told in answer.json()["message"]


def test_whoever_may_not_know_of_others_may_not_match(deployment: Deployment) -> None:
    identified = [{**PASSPORT, "identificationId": "P7714500"}]
    one = deployment.create({**ADA, "individualIdentification": identified})
    deployment.settled()
    assert deployment.match(ADA, "individual:read").status_code == 403
    assert deployment.match(ADA, "match:read").status_code == 403
    assert deployment.match(ADA, "*:*", party_id=one).status_code == 403
    probe = {
        "@type": "Individual",
        "givenName": "Ngozi",
        "familyName": "Visser",
        "individualIdentification": identified,
    }
    assert ids(deployment.match(probe, "match:read", "individual:read", "identification:reveal")) == [one]
    assert ids(deployment.match(probe, "match:read", "individual:read")) == []


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_suspected_duplicates_are_told_once_to_whom_may_know(deployment: Deployment, version: str) -> None:
    one = deployment.create()
    registrants: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "staff": (("*:*",), {}),
        "certain": (("*:*",), {}),
        "possible": (("*:*",), {}),
        "unscoped": (("individual:*", "hub:*", "*:reveal"), {}),
        "blind": (("*:read", "hub:*"), {}),
        "owner": (("*:*",), {"party_id": one}),
    }
    queries = {each: f"event.duplicateSuspect.grade={each}" for each in ("certain", "possible")}
    with ExitStack() as stack:
        listeners: dict[str, Listener] = {}
        for name, (scopes, claims) in registrants.items():
            listeners[name] = stack.enter_context(listening())
            body = {"callback": listeners[name].url, "query": queries.get(name, "")}
            hub = {"@type": "Hub", **body} if version == "v5" else body
            assert deployment.post(f"{PARTY}/{version}/hub", hub, *scopes, **claims).status_code == 201
        two = deployment.create({**ADA_V4} if version == "v4" else ADA, version=version)
        href = f"{deployment.client.base_url}{PARTY}/{version}/individual/"
        eventually(lambda: EVENT in listeners["staff"].types(), "staff is told")
        deployment.settled()
        marker = deployment.create({"@type": "Individual", "givenName": "Marker", "familyName": "Zz"})
        deployment.client.patch(
            f"{PARTY}/v5/individual/{one}", json={"title": "Dr"}, headers=bearer(deployment.provider.token("*:*"))
        )
        for name in ("staff", "unscoped", "blind"):
            eventually(lambda: marker in json.dumps(listeners[name].received), f"{name} is told of what comes later")  # noqa: B023
        eventually(lambda: one in json.dumps(listeners["owner"].received), "the owner is told of its own")
    told = {name: [each for each in of.received if each["eventType"] == EVENT] for name, of in listeners.items()}
    assert {name: len(of) for name, of in told.items()} == dict.fromkeys(registrants, 0) | {"staff": 1, "certain": 1}
    (event,) = told["staff"]
    assert event["event"]["individual"]["id"] == two
    (suspect,) = event["event"]["duplicateSuspect"]
    assert (suspect["id"], suspect["href"], suspect["grade"]) == (one, href + one, "certain")
    assert sum(each["weight"] for each in suspect["explanation"]) == suspect["score"]
    assert "Okafor" not in json.dumps(event)
    order = [each["eventType"] for each in listeners["staff"].received if two in json.dumps(each["event"])]
    assert order[:2] == ["IndividualCreateEvent", EVENT]
    for name in ("unscoped", "blind", "owner"):
        assert two not in json.dumps([each for each in listeners[name].received if one in json.dumps(each["event"])])


def test_topics_show_suspected_duplicates_to_whom_may_know(deployment: Deployment) -> None:
    one = deployment.create()
    two = deployment.create()
    deployment.settled()
    topic = f"{TOPIC}/party-v5/event"

    def events(*scopes: str, **claims: str) -> list[Any]:
        headers = bearer(deployment.provider.token(*scopes, **claims))
        listed: list[Any] = deployment.client.get(f"{topic}?eventType={EVENT}", headers=headers).json()
        return [each for each in listed if each["event"]["individual"]["id"] == two]

    (event,) = events("*:*")
    assert event["event"]["duplicateSuspect"][0]["id"] == one
    assert events("individual:read", "event:read", "*:reveal") == []
    assert events("*:read", "event:read") == []
    assert events("*:*", party_id=two) == events("*:*", party_id=one) == []
    for scopes, status in ((("*:*",), 200), (("*:read", "event:read"), 404)):
        headers = bearer(deployment.provider.token(*scopes))
        assert deployment.client.get(f"{topic}/{event['id']}", headers=headers).status_code == status


def test_an_announcement_changes_nothing_of_the_party(deployment: Deployment) -> None:
    deployment.create()
    headers = bearer(deployment.provider.token("*:*"))
    made = deployment.post(f"{PARTY}/v5/individual", ADA)
    deployment.settled()
    entry = deployment.database[LOG].find_one({"kind": DUPLICATE_SUSPECTED, "resourceId": made.json()["id"]})
    assert entry
    read = deployment.client.get(made.json()["href"], headers=headers)
    assert (read.headers["ETag"], read.json()) == (made.headers["ETag"], made.json())
    changed = deployment.client.patch(made.json()["href"], json={"title": "Dr"}, headers=headers)
    deployment.settled()
    assert changed.status_code == 200
    at = {"at": dates.text(entry["loggedAt"])}
    assert deployment.client.get(made.json()["href"], params=at, headers=headers).json() == made.json()
