# SPDX-License-Identifier: Apache-2.0
"""Lists, topics and hubs speak one language: what one of them refuses, every other does with the same words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.answers import created, found, refused
from tests.contract.bodies import customer, individual, interaction
from tests.paths import CUSTOMER, EVENTS, INDIVIDUAL, INTERACTION
from tests.served import VERSIONS

LISTENER = "http://127.0.0.1:9/events"
SYMBOLS = {"=": "==", ".eq": "==", ".ne": "!=", ".gt": ">", ".gte": ">=", ".lt": "<", ".lte": "<=", ".regex": "=~"}


class Refused(NamedTuple):
    """A condition on an attribute of an individual, and what is said of it."""

    attribute: str
    operator: str
    value: str
    told: str

    def query(self, prefix: str = "") -> str:
        operator = "" if self.operator == "=" else self.operator
        return f"{prefix}{self.attribute}{operator}={quote(self.value, safe='')}"

    def json_path(self, prefix: str = "") -> str:
        return f"$[?(@.{prefix}{self.attribute} {SYMBOLS[self.operator]} '{self.value}')]"


REFUSED = [
    *(
        Refused("birthDate", operator, value, told)
        for operator in ("=", ".ne", ".gt", ".gte", ".lt", ".lte")
        for value, told in [
            ("hello", "'birthDate' is a date-time: 'hello' should be like 2024-05-01T10:00:00Z or 2024-05-01"),
            ("2024-05-01T10:00:00", "should be like 2024-05-01T10:00:00Z"),
            ("1990-02-30", "'birthDate' is a date-time: there is no day 1990-02-30"),
        ]
    ),
    Refused("birthDate", ".regex", "1990", "'birthDate' is a date-time; regular expressions are for text"),
    *(
        Refused("contactMedium", operator, "email", "'contactMedium' is an array of objects; compare an attribute")
        for operator in ("=", ".ne", ".gt", ".lte")
    ),
    Refused("contactMedium", ".regex", "email", "'contactMedium' is an array of objects; regular expressions"),
    Refused(
        "contactMedium.validFor",
        "=",
        "now",
        "as contactMedium.validFor.endDateTime: endDateTime, startDateTime",
    ),
    Refused("partyCharacteristic", "=", '[{"name":"x"}]', "'partyCharacteristic' is an array of objects"),
    Refused("creditRating.ratingScore", "=", "high", "'creditRating.ratingScore' is a number, not 'high'"),
    Refused("creditRating.ratingScore", ".lt", "high", "'creditRating.ratingScore' is a number, not 'high'"),
    Refused("creditRating.ratingScore", ".regex", "7", "regular expressions are for text"),
    Refused("languageAbility.isFavouriteLanguage", "=", "yes", "is true or false, not 'yes'"),
    Refused("languageAbility.isFavouriteLanguage", ".gt", "true", "has no order"),
    Refused("status", "=", "Initialisd", "'Initialisd' is not a known status; did you mean 'initialized'? It is"),
    Refused("status", ".ne", "dead or alive", "it is one of: initialized, validated, deceased"),
    Refused("href", ".regex", "x", "'href' is compared with '=' and '.ne' only"),
    Refused("href", ".gt", "x", "'href' is compared with '=' and '.ne' only"),
    Refused("familynam", "=", "x", "'familynam' is not a known attribute; did you mean 'familyName'?"),
    Refused("skill.skilName", "=", "x", "'skill.skilName' is not a known attribute; did you mean 'skillName'?"),
]


def doors(client: httpx.Client, condition: Refused) -> Iterator[tuple[str, httpx.Response]]:
    """Every way to send a condition, and its answer."""
    for version in VERSIONS:
        party, topic = f"/tmf-api/party/{version}", f"{EVENTS}/topic/party-{version}"
        within, inner = condition.query("event.individual."), condition.json_path("event.individual.")
        yield f"list {version}", client.get(f"{party}/individual?{condition.query()}")
        yield f"events {version}", client.get(f"{topic}/event?{within}")
        for hub in (f"{party}/hub", f"{topic}/hub"):
            yield (
                f"hub at {hub.replace(EVENTS, 'TMF688')}",
                client.post(hub, json={"callback": LISTENER, "query": within}),
            )
        if "@" not in condition.value:
            yield f"filter {version}", client.get(f"{party}/individual", params={"filter": condition.json_path()})
            yield f"filter of events {version}", client.get(f"{topic}/event", params={"filter": inner})
            query = f"filter={quote(inner, safe='')}"
            yield f"filter of a hub {version}", client.post(hub, json={"callback": LISTENER, "query": query})
    yield (
        "hub of all",
        client.post(f"{EVENTS}/hub", json={"callback": LISTENER, "query": condition.query("event.individual.")}),
    )


@pytest.mark.parametrize("condition", REFUSED, ids=Refused.query)
def test_what_one_door_refuses_every_door_refuses_with_the_same_words(client: httpx.Client, condition: Refused) -> None:
    created(client, INDIVIDUAL, individual())
    told = {}
    for door, answer in doors(client, condition):
        assert answer.status_code == 400, (door, answer.text)
        told[door] = answer.json()["message"].replace("event.individual.", "")
    by_version = {frozenset(said for door, said in told.items() if version in door) for version in VERSIONS}
    assert all(len(said) == 1 for said in by_version), told
    assert all(condition.told in said for said in told.values()), told


@pytest.mark.parametrize(
    ("value", "told"), [("5", "is a text, not '5'"), ("true", "is a text, not 'true'")], ids=["number", "boolean"]
)
def test_a_json_path_that_compares_another_type_says_so(client: httpx.Client, value: str, told: str) -> None:
    answer = client.get(INDIVIDUAL, params={"filter": f"$[?(@.familyName == {value})]"})
    assert f"'familyName' {told}; write it in quotes" in refused(answer, 400, "28")


OF_LISTS = [
    ("topic", "id.regex=(", "regular expression"),
    ("topic", "nam=x", "did you mean 'name'"),
    ("topic/party-v4/hub", "registered=hello", "'registered' is a date-time: 'hello' should be like"),
    ("topic/party-v4/hub", "registered.regex=2024", "regular expressions are for text"),
    ("topic/party-v4/hub", "state=actve", "did you mean 'active'? It is one of: active, retrying, paused, suspended"),
    ("topic/party-v4/event", "eventTime=hello", "'eventTime' is a date-time: 'hello' should be like"),
    ("topic/party-v4/event", "source=x", "'source' is an object; compare an attribute within it"),
    ("topic/party-v4/event", "event=x", "'event' is an object; compare an attribute within it"),
]


@pytest.mark.parametrize(("path", "query", "told"), OF_LISTS)
def test_the_lists_of_tmf688_refuse_alike(client: httpx.Client, path: str, query: str, told: str) -> None:
    assert told in refused(client.get(f"{EVENTS}/{path}?{query}"), 400, "28")


@pytest.mark.parametrize("query", ["eventTime=hello", "eventTime=~2024", "source=x"])
def test_the_members_of_notifications_are_compared_as_the_events_of_a_topic(client: httpx.Client, query: str) -> None:
    told = refused(client.get(f"{EVENTS}/topic/party-v5/event?{query}"), 400, "28").split(":")[0].split(";")[0]
    hub = client.post("/tmf-api/party/v5/hub", json={"callback": LISTENER, "query": query})
    assert told in refused(hub, 400, "28")


def test_registrations_are_found_by_the_date_that_they_show(client: httpx.Client) -> None:
    hub = f"{EVENTS}/topic/party-v4/hub"
    created(client, hub, {"callback": LISTENER})
    (shown,) = client.get(hub).json()
    today = datetime.now(UTC).date()
    for query, count in [
        (f"registered={shown['registered']}", 1),
        (f"registered.lte={today}", 1),
        (f"registered.gt={today - timedelta(days=1)}", 1),
        (f"registered.lt={today - timedelta(days=1)}", 0),
        (f"registered.ne={shown['registered']}", 0),
        ("state=active", 1),
    ]:
        assert len(client.get(hub, params=dict([query.split("=")])).json()) == count, query


@pytest.mark.parametrize(
    ("path", "body", "sent", "asked"),
    [
        (CUSTOMER, customer, "active", ["Active", "ACTIVE", "active"]),
        (CUSTOMER, customer, "Inactive", ["Suspended", "inactive", "SUSPENDED"]),
        (INTERACTION, interaction, "open", ["opened", "Open", "OPENED"]),
        (INDIVIDUAL, individual, "Initialised", ["initialized", "Initialised", "INITIALIZED"]),
    ],
)
def test_a_state_is_found_however_it_was_spelt(
    client: httpx.Client, path: str, body: Any, sent: str, asked: list[str]
) -> None:
    shown = created(client, path, body(status=sent))
    for text in asked:
        assert found(client, path, f"status={text}") == [shown["id"]]
        assert found(client, path, f"status.in={text},{text.lower()}") == [shown["id"]]
        assert found(client, path, f"status.ne={text}") == []
        assert found(client, path, f"filter=$[?(@.status=='{text}')]") == [shown["id"]]
        assert found(client, path, f"filter=$[?(@.status!='{text}')]") == []


def test_a_state_is_found_after_it_was_patched(client: httpx.Client) -> None:
    shown = created(client, CUSTOMER, customer(status="created"))
    assert found(client, CUSTOMER, "status=Created") == [shown["id"]]
    assert client.patch(shown["href"], json={"status": "ACTIVE"}).status_code == 200
    assert found(client, CUSTOMER, "status=Created") == []
    assert found(client, CUSTOMER, "status=active") == [shown["id"]]


def test_what_a_former_release_has_written_is_found_in_every_spelling(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    shown = [created(client, CUSTOMER, customer(status=text)) for text in ("active", "ACTIVE", "Closed")]
    mongo[clean_database]["customer"].update_many({}, {"$unset": {"state": True}})
    assert found(client, CUSTOMER, "name=Delta&status=Active") == [each["id"] for each in shown[:2]]
    assert found(client, CUSTOMER, "status.ne=aCTIVE") == [shown[2]["id"]]
