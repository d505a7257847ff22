# SPDX-License-Identifier: Apache-2.0
"""TMF688 as the read side of the event log: topics, their events in the version of the topic, and their hubs."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pymongo import MongoClient

from app.domain.query.cursor import Cursor, Position, read_cursor
from app.settings import Settings
from tests.contract.answers import created, found, patched, refused
from tests.contract.bodies import CALLBACK, customer, individual, organization
from tests.contract.documents import DOCUMENTS, base_path, violations
from tests.contract.draining import drain
from tests.paths import CUSTOMER, INDIVIDUAL, ORGANIZATION

Mongo = MongoClient[dict[str, Any]]
TOPICS = base_path("event-v4") + "/topic"
CUSTOMERS = f"{TOPICS}/customer-v4/event"
CUSTOMERS_V5 = f"{TOPICS}/customer-v5/event"
PARTIES = f"{TOPICS}/party-v4/event"
OF_APIS = sorted(name for name, document in DOCUMENTS.items() if document["x-tmf-resources"])

Story = dict[str, Any]


@pytest.fixture
def story(client: httpx.Client, settings: Settings) -> Story:
    """What two customers and a party went through: created, renamed, activated, and one deleted."""
    delta = created(client, CUSTOMER, customer(name="Delta"))
    gamma = created(client, CUSTOMER, customer(name="Gamma"))
    delta = patched(client, delta, {"name": "Delta Logistics"})
    delta = patched(client, delta, {"status": "Active"})
    client.delete(gamma["href"])
    jane = created(client, INDIVIDUAL, individual())
    drain(settings)
    return {"delta": delta, "gamma": gamma, "jane": jane}


def events(client: httpx.Client, path: str, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code in (200, 206), answer.text
    assert violations(DOCUMENTS["event-v4"], "/topic/{topicId}/event", "get", 200, answer.json()) == []
    return list(answer.json())


def types(client: httpx.Client, path: str, query: str = "") -> list[str]:
    return [event["eventType"].removeprefix("Customer").removesuffix("Event") for event in events(client, path, query)]


# Topics


def test_there_is_a_topic_for_each_version_of_each_api(client: httpx.Client) -> None:
    answer = client.get(TOPICS)
    assert violations(DOCUMENTS["event-v4"], "/topic", "get", 200, answer.json()) == []
    assert sorted(topic["id"] for topic in answer.json()) == OF_APIS
    for topic in answer.json():
        assert client.get(topic["href"]).json() == topic


def test_a_topic_says_which_events_belong_to_it(client: httpx.Client, story: Story) -> None:
    query = client.get(f"{TOPICS}/customer-v4").json()["headerQuery"]
    assert events(client, CUSTOMERS, query) == events(client, CUSTOMERS)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("id=party-v4", ["party-v4"]),
        ("id.regex=^party-v&sort=-id", ["party-v5", "party-v4"]),
        ("headerQuery*=CustomerDelete&sort=id", ["customer-v4", "customer-v5"]),
        ("sort=name&limit=2", OF_APIS[:2]),
        ("filter=[?(@.id=='party-v4')]", ["party-v4"]),
        ("contentQuery.exists=true", []),
    ],
)
def test_topics_are_filtered_sorted_and_paged(client: httpx.Client, query: str, ids: list[str]) -> None:
    assert found(client, TOPICS, query) == ids


def test_of_a_topic_attributes_are_selected(client: httpx.Client) -> None:
    one = client.get(f"{TOPICS}/party-v4", params={"fields": "name"}).json()
    assert one.keys() == {"id", "href", "@type", "name"}
    assert one in client.get(TOPICS, params={"fields": "name"}).json()


def test_an_unknown_topic_is_not_found_naming_those_there_are(client: httpx.Client) -> None:
    for path in ("", "/event", "/event/1", "/hub", "/hub/1"):
        assert "customer-v5" in refused(client.get(f"{TOPICS}/tree-v4{path}"), 404, "60")
    refused(client.get(TOPICS, params={"nmae": "x"}), 400, "28")
    refused(client.get(TOPICS, params={"sort": "nmae"}), 400, "28")


def test_topics_and_events_are_not_written_from_outside(client: httpx.Client) -> None:
    for path, body in ((TOPICS, {"name": "Mine"}), (CUSTOMERS, {"eventType": "Mine"})):
        answer = client.post(path, json=body)
        refused(answer, 405, "61")
        assert answer.headers["allow"] == "GET, HEAD"
    refused(client.delete(f"{TOPICS}/customer-v4"), 405, "61")


def test_the_entry_point_leads_to_the_topics(client: httpx.Client) -> None:
    entry = client.get(base_path("event-v4")).json()
    (topics,) = (resource["href"] for resource in entry["resource"] if resource["name"] == "Topic")
    assert len(client.get(topics).json()) == len(OF_APIS)


# Events


def test_events_come_in_the_order_of_the_log(client: httpx.Client, story: Story) -> None:
    assert types(client, CUSTOMERS) == ["Create", "Create", "AttributeValueChange", "StateChange", "Delete"]
    assert types(client, CUSTOMERS_V5) == types(client, CUSTOMERS)


def test_an_event_of_v4_holds_the_whole_resource_and_one_of_v5_what_changed(client: httpx.Client, story: Story) -> None:
    (older,) = events(client, CUSTOMERS, "eventType=CustomerStateChangeEvent")
    (newer,) = events(client, CUSTOMERS_V5, "eventType=CustomerStateChangeEvent")
    assert older["event"] == {"customer": story["delta"]}
    assert newer["event"]["customer"].keys() >= {"id", "href", "@type", "status"}
    assert "name" not in newer["event"]["customer"]
    assert newer["event"]["customer"]["href"] == story["delta"]["href"].replace("/v4/", "/v5/")
    assert older["eventId"] == older["id"] == newer["id"]
    assert older["@type"] == older["eventType"]
    assert older["href"].endswith(f"{CUSTOMERS}/{older['id']}")


def test_an_event_is_read_at_its_address(client: httpx.Client, story: Story) -> None:
    for event in events(client, CUSTOMERS) + events(client, CUSTOMERS_V5):
        answer = client.get(event["href"])
        assert (answer.status_code, answer.json()) == (200, event)
        assert violations(DOCUMENTS["event-v4"], "/topic/{topicId}/event/{id}", "get", 200, event) == []


def test_an_event_belongs_to_the_topics_of_its_api_only(client: httpx.Client, story: Story) -> None:
    (event,) = events(client, PARTIES)
    refused(client.get(f"{CUSTOMERS}/{event['id']}"), 404, "60")
    assert client.get(f"{PARTIES}/{event['id']}").json() == event


def test_the_id_of_a_customer_gives_all_that_happened_to_it(client: httpx.Client, story: Story) -> None:
    query = f"event.customer.id={story['delta']['id']}"
    assert types(client, CUSTOMERS, query) == ["Create", "AttributeValueChange", "StateChange"]
    assert types(client, CUSTOMERS, f"event.customer.id={story['gamma']['id']}") == ["Create", "Delete"]
    assert types(client, CUSTOMERS, f"event.customer.href={story['gamma']['href']}") == ["Create", "Delete"]


FILTERS = [
    ("eventType=CustomerCreateEvent", 2),
    ("eventType.ne=CustomerCreateEvent", 3),
    ("eventType.regex=Delete|State", 2),
    ("@type=CustomerDeleteEvent", 1),
    ("@baseType=Event", 5),
    ("@baseType=Thing", 0),
    ("domain=Commercial&title.regex=^Customer create", 2),
    ("title=Customer delete;title=Customer state change", 2),
    ("priority.gt=3", 0),
    ("source.id=liaison", 5),
    ("relatedParty.exists=false", 5),
    ("relatedParty.id=1", 0),
    ("eventTime.gt=2001-01-01", 5),
    ("timeOccurred.lt=2001-01-01", 0),
    ("correlationId.exists=true", 5),
    ("correlationId=none-of-these", 0),
    ("id.exists=true", 5),
    ("event.customer.name=Gamma", 2),
    ("event.customer.name.ne=Gamma", 3),
    ("event.customer.name.regex=Logistics&event.customer.status=Active", 1),
    ("event.customer.engagedParty.id=7301", 5),
    ("event.customer.account.exists=false", 5),
    ("event.exists=true", 5),
    ("filter=[?(@.event.customer.name=='Delta Logistics' %26%26 @.eventType!='CustomerStateChangeEvent')]", 1),
    ("filter=[?(@.title=='Customer create' || @.title=='Customer delete')]", 3),
]


@pytest.mark.parametrize(("query", "number"), FILTERS)
@pytest.mark.parametrize("path", [CUSTOMERS, CUSTOMERS_V5])
def test_events_are_filtered_by_what_they_hold(
    client: httpx.Client, story: Story, path: str, query: str, number: int
) -> None:
    answer = client.get(f"{path}?{query}")
    assert (answer.status_code, len(answer.json())) == (200, number), answer.text
    assert answer.headers["x-total-count"] == str(number)


def test_a_condition_on_one_resource_leaves_the_events_of_others_alone(
    client: httpx.Client, settings: Settings
) -> None:
    created(client, INDIVIDUAL, individual(status="validated"))
    created(client, ORGANIZATION, organization(name="Delta"))
    drain(settings)
    individuals, organizations = ["IndividualCreateEvent"], ["OrganizationCreateEvent"]
    for query, expected in (
        ("event.individual.status=validated", individuals),
        ("event.individual.status.ne=validated", organizations),
        ("event.individual.exists=true", individuals),
        ("event.organization.exists=false", individuals),
        ("event.individual.id.exists=false", organizations),
        ("event.organization.name.exists=false", individuals),
        ("filter=[?(!(@.event.organization.name=='Delta'))]", individuals),
    ):
        assert [event["eventType"] for event in events(client, PARTIES, query)] == expected, query


def test_elements_of_arrays_within_a_payload_are_asked_for(client: httpx.Client, settings: Settings) -> None:
    media = [{"mediumType": "email", "preferred": True, "characteristic": {"emailAddress": "a@example.com"}}]
    created(client, INDIVIDUAL, individual(contactMedium=media))
    drain(settings)
    assert len(events(client, PARTIES, "event.individual.contactMedium.characteristic.emailAddress=a@example.com")) == 1
    preferred = "@.preferred==true"
    for test, number in ((preferred, 1), (f"{preferred} %26%26 @.mediumType=='fax'", 0)):
        assert len(events(client, PARTIES, f"filter=event.individual.contactMedium[?({test})]")) == number


@pytest.mark.parametrize(
    ("query", "status", "code", "told"),
    [
        ("evenType=x", 400, "28", "eventType"),
        ("event.individual.id=x", 400, "28", "customer"),
        ("event.customer.nmae=x", 400, "28", "name"),
        ("description=x", 501, "2", "event.<resource>.id"),
        ("sort=title", 501, "2", "eventType"),
        ("sort=event", 400, "28", "object"),
        ("limit=x", 400, "28", "limit"),
        ("cursor=x", 400, "28", "cursor"),
        ("event.customer.href.gt=x", 400, "28", "event.customer.id"),
    ],
)
def test_what_cannot_be_asked_is_refused_naming_what_can(
    client: httpx.Client, query: str, status: int, code: str, told: str
) -> None:
    assert told in refused(client.get(f"{CUSTOMERS}?{query}"), status, code)


def test_events_are_sorted(client: httpx.Client, story: Story) -> None:
    in_order = [event["id"] for event in events(client, CUSTOMERS)]
    assert found(client, CUSTOMERS, "sort=eventTime,timeOccurred,id") == in_order
    names = [event["event"]["customer"]["name"] for event in events(client, CUSTOMERS, "sort=-event.customer.name")]
    assert names == ["Gamma", "Gamma", "Delta Logistics", "Delta Logistics", "Delta"]
    by_customer = [each["event"]["customer"]["id"] for each in events(client, CUSTOMERS, "sort=event.customer.id")]
    assert by_customer == sorted(by_customer)


@pytest.mark.parametrize("sort", ["", "sort=-eventType&", "sort=event.customer.name,-timeOccurred&"])
def test_pages_are_followed_through_the_whole_list(client: httpx.Client, story: Story, sort: str) -> None:
    whole = found(client, CUSTOMERS, sort)
    paged: list[str] = []
    answer = client.get(f"{CUSTOMERS}?{sort}limit=2")
    while True:
        paged += [event["id"] for event in answer.json()]
        if "next" not in answer.links:
            break
        # What is sorted by sealed payloads is sorted in memory.
        assert ("cursor=" in answer.links["next"]["url"]) is ("event." not in sort)
        answer = client.get(answer.links["next"]["url"])
    assert paged == whole
    assert answer.headers["content-range"] == "items 5-5/5"


def test_a_cursor_that_no_list_gave_is_of_no_use(client: httpx.Client, story: Story) -> None:
    url = client.get(f"{CUSTOMERS}?limit=2").links["next"]["url"]
    ahead, _, behind = url.partition("cursor=")
    cursor = read_cursor(behind.partition("&")[0])
    assert cursor
    forged = Cursor(cursor.offset, Position((), "9" * 30), cursor.digest).token()
    assert client.get(f"{ahead}cursor={forged}").json() == client.get(url).json()


def test_a_total_is_estimated_or_left_out_as_the_client_prefers(client: httpx.Client, story: Story) -> None:
    answer = client.get(CUSTOMERS, params={"limit": 1}, headers={"Prefer": "count=none"})
    assert "x-total-count" not in answer.headers
    answer = client.get(CUSTOMERS, headers={"Prefer": "count=estimated"})
    assert (answer.headers["x-total-count"], answer.headers["preference-applied"]) == ("5", "count=estimated")


def test_of_an_event_attributes_are_selected(client: httpx.Client, story: Story) -> None:
    event = events(client, CUSTOMERS, "limit=1")[0]
    answer = client.get(event["href"], params={"fields": "event.customer.name"}).json()
    assert answer.keys() == {"id", "href", "@type", "@baseType", "event"}
    assert answer["event"]["customer"] == {"name": "Delta", "@type": "Customer"}


def test_an_event_whose_content_was_dropped_shows_without_it(
    client: httpx.Client, story: Story, mongo: Mongo, database_name: str
) -> None:
    before = [events(client, path) for path in (CUSTOMERS, CUSTOMERS_V5)]
    mongo[database_name]["event"].update_many({}, {"$unset": {"document": 1, "before": 1}})
    after = [events(client, path) for path in (CUSTOMERS, CUSTOMERS_V5)]
    bare = [[{name: value for name, value in each.items() if name != "event"} for each in page] for page in before]
    assert after == bare
    assert types(client, CUSTOMERS, f"event.customer.id={story['gamma']['id']}") == ["Create", "Delete"]
    assert events(client, CUSTOMERS, "event.customer.name=Gamma") == []


def test_what_only_v4_can_express_is_no_event_of_v5(client: httpx.Client, settings: Settings) -> None:
    """v5 has one attribute for the `name` and the `fullName` of v4: that both are given is kept for v4 alone."""
    shown = created(client, INDIVIDUAL, individual(fullName="Jane"))
    patched(client, shown, {"fullName": "Jane", "name": "Jane"})
    drain(settings)
    older, newer = (client.get(f"{TOPICS}/party-{version}/event") for version in ("v4", "v5"))
    (told, untold), (same,) = older.json(), newer.json()
    assert told["id"] == same["id"]
    assert newer.headers["x-total-count"] == "1"
    assert client.get(f"{PARTIES}/{untold['id']}").json() == untold
    refused(client.get(f"{TOPICS}/party-v5/event/{untold['id']}"), 404, "60")


# Hubs


@pytest.mark.parametrize("topic", OF_APIS)
def test_a_listener_of_a_topic_registers_is_listed_read_and_unregisters(client: httpx.Client, topic: str) -> None:
    hub = f"{TOPICS}/{topic}/hub"
    answer = client.post(hub, json={"callback": CALLBACK})
    shown = answer.json()
    assert answer.status_code == 201, answer.text
    document = DOCUMENTS["event-v4"]
    assert violations(document, "/topic/{topicId}/hub", "post", 201, shown) == []
    assert shown["href"] == answer.headers["location"] == f"{client.base_url}{hub}/{shown['id']}"

    one = client.get(shown["href"]).json()
    assert one.items() >= shown.items()
    assert client.get(hub).json() == [one]
    assert violations(document, "/topic/{topicId}/hub", "get", 200, [one]) == []
    assert client.delete(shown["href"]).status_code == 204
    refused(client.get(shown["href"]), 404, "60")
    assert client.get(hub).json() == []


def test_the_hub_of_an_api_and_that_of_its_topic_have_the_same_listeners(client: httpx.Client) -> None:
    at_api = client.post(f"{base_path('customer-v4')}/hub", json={"callback": CALLBACK}).json()
    hub = f"{TOPICS}/customer-v4/hub"
    assert found(client, hub, "") == [at_api["id"]]
    assert at_api["id"] in refused(client.post(hub, json={"callback": CALLBACK}), 409, "69")
    assert found(client, f"{TOPICS}/customer-v5/hub", "") == []
    assert client.delete(f"{hub}/{at_api['id']}").status_code == 204


def test_the_listeners_of_a_topic_are_filtered_sorted_and_paged(client: httpx.Client) -> None:
    hub = f"{TOPICS}/customer-v4/hub"
    one, two = (created(client, hub, {"callback": f"{CALLBACK}/{name}"})["id"] for name in "ab")
    assert found(client, hub, "sort=-callback") == [two, one]
    assert found(client, hub, f"callback={quote(CALLBACK)}/b") == [two]
    assert found(client, hub, "state=active&offset=1") == [two]
    refused(client.get(hub, params={"calback": "x"}), 400, "28")
    refused(client.get(hub, params={"sort": "authentication"}), 400, "28")


def test_a_query_names_attributes_of_the_resources_of_the_topic(client: httpx.Client) -> None:
    hub = f"{TOPICS}/customer-v4/hub"
    created(client, hub, {"callback": CALLBACK, "query": "event.customer.status=Active"})
    refused(client.post(hub, json={"callback": CALLBACK, "query": "event.individual.status=x"}), 400, "28")


def test_a_query_at_the_hub_of_all_topics_names_attributes_of_any_resource(client: httpx.Client) -> None:
    hub = f"{base_path('event-v4')}/hub"
    created(client, hub, {"callback": CALLBACK, "query": "event.customer.status=Active"})
    created(client, hub, {"callback": CALLBACK, "query": "eventType=IndividualDeleteEvent"})
