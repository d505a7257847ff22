# SPDX-License-Identifier: Apache-2.0
"""TMF688 where clients may write: topics of their own, and the events that they report to these."""

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from pymongo import MongoClient

from app.settings import Settings
from app.spec.bundle import bundle
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import verify_chain
from app.storage.mongod.client import connect
from tests.contract.answers import created, found, refused
from tests.contract.bodies import CALLBACK, customer
from tests.contract.documents import DOCUMENTS, base_path, violations
from tests.contract.draining import drain
from tests.paths import CUSTOMER
from tests.serving import free_port, serving

Mongo = MongoClient[dict[str, Any]]
BASE = base_path("event-v4")
TOPICS = f"{BASE}/topic"
DOCUMENT = bundle("event-v4")
SUSPECTED = {"eventType": "FraudSuspectedEvent", "event": {"case": {"id": "4711", "score": 87}}}


class Opened(NamedTuple):
    """A server with open topics: its settings, its database, and a client."""

    settings: Settings
    database: Any
    client: httpx.Client


@pytest.fixture(scope="module")
def running(settings: Settings, mongo: Mongo) -> Iterator[Opened]:
    port = free_port()
    changed = dataclasses.replace(settings, port=port, database=f"liaison_test_{port}", open_topics=True)
    with serving(changed) as url, httpx.Client(base_url=url) as client:
        yield Opened(changed, mongo[changed.database], client)
    mongo.drop_database(changed.database)


@pytest.fixture
def opened(running: Opened) -> Opened:
    """That server; its database is empty when the test begins."""
    for name in running.database.list_collection_names(filter={"type": "collection"}):
        running.database[name].delete_many({})
    return running


@pytest.fixture
def client(opened: Opened) -> httpx.Client:
    return opened.client


@pytest.fixture
def topic(client: httpx.Client) -> dict[str, Any]:
    """A topic that a client has created."""
    return created(client, TOPICS, {"name": "Fraud"})


def events_of(topic: dict[str, Any]) -> str:
    return f"{topic['href']}/event"


def logged(opened: Opened) -> list[dict[str, Any]]:
    """What the log holds, in its order, once a relay was at work."""
    drain(opened.settings)
    return list(opened.database["event"].find(sort=[("_id", 1)]))


async def chain_of(settings: Settings) -> int:
    """How many entries the log has, of which each vouches for the one before it."""
    async with connect(settings) as client:
        async for reached in verify_chain(EventLog(client[settings.database]), 1, None):
            entries = reached.entries
    return entries


# Topics


def test_a_topic_is_created_read_listed_and_deleted(client: httpx.Client) -> None:
    body = {"name": "Fraud", "headerQuery": "eventType=A", "contentQuery": "case.score.gt=5", "owner": "Risk"}
    answer = client.post(TOPICS, json=body)
    shown = answer.json()
    assert answer.status_code == 201, answer.text
    assert violations(DOCUMENT, "/topic", "post", 201, shown) == []
    assert shown.items() >= {**body, "@type": "Topic"}.items()
    assert answer.headers["location"] == shown["href"] == f"{client.base_url}{TOPICS}/{shown['id']}"

    assert client.get(shown["href"]).json() == shown
    assert shown in client.get(TOPICS).json()
    assert found(client, TOPICS, "name=Fraud") == [shown["id"]]
    assert found(client, TOPICS, "sort=-id&limit=1") == [max(DOCUMENTS)]
    assert found(client, f"{shown['href']}/event", "") == []

    gone = client.delete(shown["href"])
    assert (gone.status_code, gone.content) == (204, b"")
    for method, end in (("GET", ""), ("DELETE", ""), ("GET", "/event"), ("GET", "/hub"), ("POST", "/event")):
        sent = SUSPECTED if method == "POST" else None
        refused(client.request(method, shown["href"] + end, json=sent), 404, "60")
    assert shown not in client.get(TOPICS).json()


@pytest.mark.parametrize("example", ["minimal", "full"])
def test_the_examples_of_the_document_do_as_they_say(client: httpx.Client, example: str) -> None:
    made: dict[str, dict[str, Any]] = {}
    for path in ("/topic", "/topic/{topicId}/event"):
        body = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["examples"][example][
            "value"
        ]
        made[path] = created(client, BASE + path.format(topicId=made.get("/topic", {}).get("id")), body)
        assert made[path].items() >= body.items()
        assert violations(DOCUMENT, path, "post", 201, made[path]) == []
        one = path.replace("event", "event/{id}") if "event" in path else "/topic/{id}"
        assert violations(DOCUMENT, one, "get", 200, client.get(made[path]["href"]).json()) == []


@pytest.mark.parametrize(
    ("body", "status", "code", "told"),
    [
        ({}, 400, "23", "/name"),
        ({"name": " "}, 400, "23", "/name"),
        ({"name": 7}, 400, "24", "/name"),
        ({"name": "x" * 201}, 400, "24", "/name"),
        ({"name": "x", "headerQuery": "evenType=A"}, 400, "28", "eventType"),
        ({"name": "x", "headerQuery": "eventType=A&limit=3"}, 400, "28", "limit"),
        ({"name": "x", "contentQuery": "filter=$[?("}, 400, "28", "filter"),
        ({"name": "Party Management v4"}, 409, "69", "choose another name"),
        ({"name": "Fraud"}, 409, "69", "choose another name"),
    ],
)
def test_a_topic_that_cannot_be_is_refused(
    client: httpx.Client, topic: dict[str, Any], body: dict[str, Any], status: int, code: str, told: str
) -> None:
    assert told in refused(client.post(TOPICS, json=body), status, code)


def test_no_more_topics_are_created_than_a_list_can_hold(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.storage.hubs.custom_topics.MOST_TOPICS", 2)
    first, _ = (created(client, TOPICS, {"name": name}) for name in "ab")
    assert "delete one" in refused(client.post(TOPICS, json={"name": "c"}), 409, "69")
    client.delete(first["href"])
    created(client, TOPICS, {"name": "c"})


def test_the_topic_of_an_api_stays_and_takes_no_events(opened: Opened) -> None:
    for answer in (
        opened.client.delete(f"{TOPICS}/customer-v4"),
        opened.client.post(f"{TOPICS}/customer-v4/event", json=SUSPECTED),
    ):
        assert "customer-v4 is the topic of an API" in refused(answer, 409, "69")
    assert opened.client.get(f"{TOPICS}/customer-v4").status_code == 200
    assert logged(opened) == []


def test_the_log_tells_who_created_and_deleted_a_topic(opened: Opened, topic: dict[str, Any]) -> None:
    opened.client.delete(topic["href"], headers={"X-Correlation-ID": "clean-up"})
    made, ended = logged(opened)
    assert (made["eventType"], made["resourceId"], made["document"]["name"]) == (
        "TopicCreateEvent",
        topic["id"],
        "Fraud",
    )
    assert (ended["eventType"], ended["correlationId"], ended["revision"]) == ("TopicDeleteEvent", "clean-up", 2)


def test_the_listeners_of_a_topic_end_with_it(opened: Opened, topic: dict[str, Any]) -> None:
    query = "eventType=FraudSuspectedEvent&event.case.score.gte=80&event.case.notes.exists=false"
    shown = created(opened.client, f"{topic['href']}/hub", {"callback": CALLBACK, "query": query})
    other = created(opened.client, f"{TOPICS}/customer-v4/hub", {"callback": CALLBACK})
    assert found(opened.client, f"{topic['href']}/hub", "") == [shown["id"]]
    opened.client.delete(topic["href"])
    assert [row["_id"] for row in opened.database["hub"].find()] == [other["id"]]


def test_a_listener_of_all_topics_may_ask_for_what_clients_report(client: httpx.Client) -> None:
    for query in ("eventType=FraudSuspectedEvent", "event.case.score.gte=80", "filter=event.cases[?(@.score>80)]"):
        created(client, f"{BASE}/hub", {"callback": CALLBACK, "query": query})
    wrong = {"callback": CALLBACK, "query": "event.customer.nmae=x"}
    assert "name" in refused(client.post(f"{BASE}/hub", json=wrong), 400, "28")


# Events


def test_a_reported_event_is_read_at_once_and_in_the_list_when_it_is_logged(
    opened: Opened, topic: dict[str, Any]
) -> None:
    answer = opened.client.post(events_of(topic), json=SUSPECTED, headers={"X-Correlation-ID": "case-4711"})
    shown = answer.json()
    assert answer.status_code == 201, answer.text
    assert violations(DOCUMENT, "/topic/{topicId}/event", "post", 201, shown) == []
    assert answer.headers["location"] == shown["href"] == f"{events_of(topic)}/{shown['id']}"
    assert shown.items() >= {**SUSPECTED, "eventId": shown["id"], "correlationId": "case-4711"}.items()
    assert shown["@type"] == "FraudSuspectedEvent"
    assert opened.client.get(shown["href"]).json() == shown
    assert found(opened.client, events_of(topic), "") == []

    entry = logged(opened)[-1]
    assert (entry["eventId"], entry["eventType"], entry["correlationId"]) == (
        shown["id"],
        "FraudSuspectedEvent",
        "case-4711",
    )
    assert opened.client.get(shown["href"]).json() == shown
    assert opened.client.get(events_of(topic)).json() == [shown]
    assert opened.database["departed"].count_documents({}) == 0


def test_what_a_client_says_of_an_event_is_told_as_it_was_said(opened: Opened, topic: dict[str, Any]) -> None:
    said = {
        **SUSPECTED,
        "eventId": "fraud-7",
        "eventTime": "2024-05-01T10:00:05Z",
        "timeOccurred": "2024-05-01T10:00:00.5Z",
        "correlationId": "theirs",
        "severity": {"level": 3},
        "@type": "FraudEvent",
        "@baseType": "SecurityEvent",
    }
    shown = created(opened.client, events_of(topic), {**said, "id": "mine", "href": "http://elsewhere"})
    assert shown.items() >= {**said, "timeOccurred": "2024-05-01T10:00:00.500Z"}.items()
    assert shown["id"] not in ("mine", "fraud-7")
    drain(opened.settings)
    assert opened.client.get(events_of(topic)).json() == [shown]
    blank = created(opened.client, events_of(topic), {**SUSPECTED, "@type": "", "eventId": " "})
    assert (blank["@type"], blank["eventId"]) == ("FraudSuspectedEvent", blank["id"])


REPORTED: list[dict[str, Any]] = [
    {"eventType": "FraudSuspectedEvent", "eventTime": "2024-05-01T10:00:00Z", "event": {"case": {"score": 10}}},
    {
        "eventType": "FraudConfirmedEvent",
        "eventTime": "2024-05-02T10:00:00Z",
        "title": "Sure",
        "event": {"case": {"score": 90, "id": "c2"}},
    },
    {
        "eventType": "FraudSuspectedEvent",
        "event": {"case": {"score": 50}},
        "relatedParty": [{"id": "42", "role": "customer", "@referredType": "Customer"}],
    },
]


def test_reported_events_are_filtered_sorted_and_paged(opened: Opened, topic: dict[str, Any]) -> None:
    other = created(opened.client, TOPICS, {"name": "Other"})
    for path in (events_of(other), events_of(topic)):
        for body in REPORTED:
            created(opened.client, path, body)
    drain(opened.settings)
    for query, scores in (
        ("", [10, 90, 50]),
        ("eventType=FraudConfirmedEvent", [90]),
        ("event.case.score.gt=20", [90, 50]),
        ("event.case.id=c2", [90]),
        ("eventTime.lt=2024-05-02", [10]),
        ("timeOccurred=2024-05-02", [90]),
        ("sort=-event.case.score", [90, 50, 10]),
        ("sort=-eventType&limit=2", [50, 10]),
        ("relatedParty.id=42", [50]),
        ("filter=relatedParty[?(@.id=='42' %26%26 @.role=='customer')]", [50]),
        ("filter=[?(@.event.case.score==10 || @.title=='Sure')]", [10, 90]),
        ("offset=1&limit=1", [90]),
    ):
        answer = opened.client.get(f"{events_of(topic)}?{query}")
        assert [event["event"]["case"]["score"] for event in answer.json()] == scores, query
        assert violations(DOCUMENT, "/topic/{topicId}/event", "get", 200, answer.json()) == []
    assert "eventType" in refused(opened.client.get(f"{events_of(topic)}?evenType=x"), 400, "28")


def test_an_event_is_found_by_its_address_and_in_its_own_topic_only(opened: Opened, topic: dict[str, Any]) -> None:
    other = created(opened.client, TOPICS, {"name": "Other"})
    shown = created(opened.client, events_of(topic), SUSPECTED)
    for _ in ("before it is logged", "after"):
        refused(opened.client.get(f"{events_of(other)}/{shown['id']}"), 404, "60")
        refused(opened.client.get(f"{TOPICS}/party-v4/event/{shown['id']}"), 404, "60")
        drain(opened.settings)
    assert found(opened.client, events_of(topic), f"href={shown['href']}") == [shown["id"]]
    selected = opened.client.get(shown["href"], params={"fields": "event.case.id"}).json()
    assert selected["event"] == {"case": {"id": "4711"}}
    assert "eventTime" not in selected


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ({}, "23", "/eventType"),
        ({"eventType": ""}, "23", "/eventType"),
        ({"eventType": "A", "event": "x"}, "24", "/event"),
        ({"eventType": "A", "eventTime": "2024-05-01T10:00:00"}, "24", "/eventTime"),
        ({"eventType": "A", "source": {"name": "x"}}, "23", "/source/id"),
        ({"eventType": "CustomerCreateEvent"}, "24", "/eventType"),
        ({"eventType": "TopicDeleteEvent"}, "24", "/eventType"),
    ],
)
def test_an_event_that_cannot_be_is_refused(
    opened: Opened, topic: dict[str, Any], body: dict[str, Any], code: str, told: str
) -> None:
    assert told in refused(opened.client.post(events_of(topic), json=body), 400, code)
    assert [entry["resource"] for entry in logged(opened)] == ["Topic"]


def test_a_topic_takes_the_events_that_its_queries_hold_for(client: httpx.Client) -> None:
    queries = {"headerQuery": "eventType=FraudSuspectedEvent", "contentQuery": "case.score.gte=80"}
    severe = events_of(created(client, TOPICS, {"name": "Severe", **queries}))
    created(client, severe, SUSPECTED)
    for body, told in (
        ({**SUSPECTED, "eventType": "FraudConfirmedEvent"}, "headerQuery: eventType=FraudSuspectedEvent"),
        ({**SUSPECTED, "event": {"case": {"score": 79}}}, "contentQuery: case.score.gte=80"),
        ({"eventType": "FraudSuspectedEvent"}, "contentQuery"),
    ):
        assert told in refused(client.post(severe, json=body), 400, "24")


def test_an_event_under_a_key_is_reported_once(opened: Opened, topic: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "report-1"}
    first, again = (opened.client.post(events_of(topic), json=SUSPECTED, headers=key) for _ in range(2))
    drain(opened.settings)
    late = opened.client.post(events_of(topic), json=SUSPECTED, headers=key)
    assert first.status_code == again.status_code == late.status_code == 201
    assert first.json() == again.json() == late.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert found(opened.client, events_of(topic), "") == [first.json()["id"]]
    refused(opened.client.post(events_of(topic), json={"eventType": "Other"}, headers=key), 422, "100")


def test_a_topic_under_a_key_is_created_once(opened: Opened) -> None:
    key = {"Idempotency-Key": "topic-1"}
    first, again = (opened.client.post(TOPICS, json={"name": "Fraud"}, headers=key) for _ in range(2))
    assert first.json() == again.json()
    assert [entry["eventType"] for entry in logged(opened)] == ["TopicCreateEvent"]


def test_reported_events_are_in_one_chain_with_all_others_each_once(opened: Opened, topic: dict[str, Any]) -> None:
    ids = [created(opened.client, events_of(topic), {**SUSPECTED, "title": str(number)})["id"] for number in range(5)]
    created(opened.client, CUSTOMER, customer())
    drain(opened.settings)
    ids += [created(opened.client, events_of(topic), SUSPECTED)["id"]]
    entries = logged(opened)
    assert [entry["_id"] for entry in entries] == list(range(1, 9))
    assert [entry["eventId"] for entry in entries if entry["resource"] == "Event"] == ids
    assert asyncio.run(chain_of(opened.settings)) == len(entries)
    assert found(opened.client, f"{TOPICS}/customer-v4/event", "") == [entries[6]["eventId"]]


def test_a_reported_event_whose_content_was_dropped_shows_without_it(opened: Opened, topic: dict[str, Any]) -> None:
    shown = created(opened.client, events_of(topic), SUSPECTED)
    drain(opened.settings)
    opened.database["event"].update_many({}, {"$unset": {"document": 1, "before": 1}})
    bare = opened.client.get(shown["href"]).json()
    assert bare == {name: value for name, value in shown.items() if name != "event"}
    assert found(opened.client, events_of(topic), "eventType=FraudSuspectedEvent") == [shown["id"]]


def test_where_topics_are_closed_again_they_can_still_be_read(opened: Opened, topic: dict[str, Any]) -> None:
    shown = created(opened.client, events_of(topic), SUSPECTED)
    drain(opened.settings)
    closed = dataclasses.replace(opened.settings, port=free_port(), open_topics=False)
    with serving(closed) as url, httpx.Client(base_url=url) as client:
        paths = (f"{TOPICS}/{topic['id']}", f"{TOPICS}/{topic['id']}/event")
        assert client.get(paths[0]).json()["name"] == "Fraud"
        assert found(client, paths[1], "") == [shown["id"]]
        refused(client.delete(paths[0]), 405, "61")
        assert client.post(paths[1], json=SUSPECTED).headers["allow"] == "GET, HEAD"
        assert "createEvent" not in client.get(f"{BASE}/openapi.json").text


def test_a_repeat_says_that_the_topic_has_ended(opened: Opened) -> None:
    key = {"Idempotency-Key": "topic-once"}
    first = opened.client.post(TOPICS, json={"name": "Passing"}, headers=key)
    assert "Liaison-Deleted" not in opened.client.post(TOPICS, json={"name": "Passing"}, headers=key).headers
    assert opened.client.delete(first.headers["location"]).status_code == 204
    gone = opened.client.post(TOPICS, json={"name": "Passing"}, headers=key)
    assert (gone.status_code, gone.json(), gone.headers["Liaison-Deleted"]) == (201, first.json(), "true")
