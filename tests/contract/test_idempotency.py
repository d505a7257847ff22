# SPDX-License-Identifier: Apache-2.0
"""A POST with an `Idempotency-Key` creates once, however often it is sent (IETF httpapi draft)."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.conftest import Stored
from tests.contract.documents import COLLECTIONS, EACH_COLLECTION, HUBS, V5, VERSIONS, Collection
from tests.paths import INDIVIDUAL
from tests.waiting import eventually

EVERY_HUB = pytest.mark.parametrize("hub", HUBS)
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
REGISTRATION = {"callback": "https://listener.example.com/events", "query": "fields=status"}
TOLD = ("Location", "ETag", "Last-Modified")
WRONG_KEYS = ["", "x" * 256, "two words", '"half', 'half"', 'a"b', '""', '"two words"', "ü".encode(), "a\tb"]
SEVERAL = 20


def same(first: httpx.Response, again: httpx.Response) -> bool:
    """Whether `again` is the answer `first` over again, and says so."""
    assert "Idempotency-Replayed" not in first.headers
    alike = (again.status_code, again.content) == (first.status_code, first.content)
    return (
        alike
        and all(again.headers.get(name) == first.headers.get(name) for name in TOLD)
        and again.headers["Idempotency-Replayed"] == "true"
    )


@EACH_COLLECTION
def test_a_repeat_gets_the_first_answer_and_creates_nothing(client: httpx.Client, collection: Collection) -> None:
    first = client.post(collection.path, json=collection.creates["full"], headers=KEY)
    assert first.status_code == 201, first.text
    for _ in range(2):
        assert same(first, client.post(collection.path, json=collection.creates["full"], headers=KEY))
    assert client.get(collection.path).json() == [first.json()]
    assert client.get(first.headers["Location"]).headers["ETag"] == first.headers["ETag"]


@EACH_COLLECTION
def test_a_repeat_gets_the_first_answer_whatever_became_of_the_resource(
    client: httpx.Client, collection: Collection
) -> None:
    body = collection.creates["minimal"]
    first = client.post(collection.path, json=body, headers=KEY)
    assert client.patch(first.headers["Location"], json={"remark": "changed"}).status_code == 200
    assert same(first, client.post(collection.path, json=body, headers=KEY))
    assert client.delete(first.headers["Location"]).status_code == 204
    assert same(first, client.post(collection.path, json=body, headers=KEY))
    assert client.get(collection.path).json() == []


@EACH_COLLECTION
def test_a_repeat_shows_what_it_selects(client: httpx.Client, collection: Collection) -> None:
    body = collection.creates["full"]
    first = client.post(collection.path, json=body, headers=KEY)
    again = client.post(collection.path, json=body, headers=KEY, params={"fields": "id"})
    shown = client.get(first.headers["Location"], params={"fields": "id"})
    assert (again.json(), again.headers["ETag"]) == (shown.json(), shown.headers["ETag"])
    assert same(first, client.post(collection.path, json=body, headers=KEY))


@EACH_COLLECTION
def test_of_many_equal_creates_at_once_one_creates(
    client: httpx.Client, collection: Collection, stored: Stored
) -> None:
    def create(_: int) -> httpx.Response:
        return client.post(collection.path, json=collection.creates["full"], headers=KEY)

    with ThreadPoolExecutor(SEVERAL) as clients:
        answers = list(clients.map(create, range(SEVERAL)))
    assert [each.status_code for each in answers] == [201] * SEVERAL
    assert len({each.content for each in answers}) == 1
    assert Counter("Idempotency-Replayed" in each.headers for each in answers) == {True: SEVERAL - 1, False: 1}
    assert client.get(collection.path).json() == [answers[0].json()]
    assert len(stored(collection.kept_in, answers[0].json()["id"])["pending"]) == 1


def test_a_client_that_hung_up_gets_its_answer_when_it_repeats(client: httpx.Client) -> None:
    content = json.dumps(individual()).encode()
    head = (
        f"POST {INDIVIDUAL} HTTP/1.1\r\nHost: here\r\nIdempotency-Key: {KEY['Idempotency-Key']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=30) as line:
        line.sendall(head.encode() + content)
    (first,) = eventually(lambda: client.get(INDIVIDUAL).json(), "the individual is created")
    again = client.post(INDIVIDUAL, json=individual(), headers=KEY)
    assert (again.status_code, again.json()) == (201, first)


def test_the_spelling_of_the_same_json_does_not_matter(client: httpx.Client) -> None:
    body = {"givenName": "Zoë", "familyName": "Ok", "x": [{"a": 1, "b": {"c": None, "d": 2.5}}]}
    first = client.post(INDIVIDUAL, json=body, headers=KEY)
    other = {"x": [{"b": {"d": 2.5, "c": None}, "a": 1}], "familyName": "Ok", "givenName": "Zoë"}
    for content in (json.dumps(other, indent=3), json.dumps(body, ensure_ascii=False)):
        assert same(first, client.post(INDIVIDUAL, content=content.encode(), headers=KEY))


@pytest.mark.parametrize(
    "other", [{"x": [1, 2]}, {"x": [2, 1], "y": None}, {"x": ["2", 1]}, {"x": [True, 2]}, {"x": []}, {}]
)
def test_another_body_under_the_same_key_is_refused(client: httpx.Client, other: dict[str, Any]) -> None:
    first = client.post(INDIVIDUAL, json=individual(x=[2, 1]), headers=KEY)
    told = client.post(INDIVIDUAL, json=individual(**other), headers=KEY)
    assert "send a new key" in refused(told, 422, "100")
    assert "Idempotency-Replayed" not in told.headers
    assert same(first, client.post(INDIVIDUAL, json=individual(x=[2, 1]), headers=KEY))
    assert client.post(INDIVIDUAL, json=individual(**other), headers={"Idempotency-Key": "new"}).status_code == 201


@EACH_COLLECTION
def test_a_failure_is_not_remembered(client: httpx.Client, collection: Collection) -> None:
    refused(client.post(collection.path, content=b"{", headers=KEY), 400, "22")
    wrong = {**collection.creates["minimal"], collection.state: 7}
    refused(client.post(collection.path, json=wrong, headers=KEY), 400, "24")
    answer = client.post(collection.path, json=collection.creates["minimal"], headers=KEY)
    assert (answer.status_code, answer.headers.get("Idempotency-Replayed")) == (201, None)


@pytest.mark.parametrize("collection", V5, ids=str)
def test_an_id_that_is_taken_is_a_conflict_under_a_key_too(client: httpx.Client, collection: Collection) -> None:
    body = {**collection.creates["minimal"], "id": "chosen"}
    first = client.post(collection.path, json=body)
    refused(client.post(collection.path, json=body, headers=KEY), 409, "69")
    assert client.delete(first.headers["Location"]).status_code == 204
    second = client.post(collection.path, json=body, headers=KEY)
    assert second.status_code == 201
    assert same(second, client.post(collection.path, json=body, headers=KEY))
    refused(client.post(collection.path, json=body, headers={"Idempotency-Key": "new"}), 409, "69")


@pytest.mark.parametrize(("old", "new"), VERSIONS, ids=str)
def test_each_collection_of_each_version_has_its_own_keys(
    client: httpx.Client, old: Collection, new: Collection
) -> None:
    answers = [client.post(each.path, json=each.creates["minimal"], headers=KEY) for each in (old, new)]
    assert [each.status_code for each in answers] == [201, 201]
    assert len({each.json()["id"] for each in answers}) == 2
    others = [each for each in COLLECTIONS if each.resource != new.resource]
    for other in others:
        assert client.post(other.path, json=other.creates["minimal"], headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["a", "x" * 255, "!#$%&'()*+,-./09:;<=>?@AZ[]^_`az{|}~\\"])
def test_a_key_is_opaque_and_may_be_quoted(client: httpx.Client, key: str) -> None:
    first = client.post(INDIVIDUAL, json=individual(), headers={"Idempotency-Key": key})
    assert first.status_code == 201, first.text
    assert same(first, client.post(INDIVIDUAL, json=individual(), headers={"Idempotency-Key": f'"{key}"'}))
    other = client.post(INDIVIDUAL, json=individual(), headers={"Idempotency-Key": f"{key[1:]}b"})
    assert other.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("key", WRONG_KEYS)
def test_what_is_no_key_is_refused(client: httpx.Client, key: Any) -> None:
    for path, body in ((INDIVIDUAL, individual()), (HUBS[0], REGISTRATION)):
        told = refused(client.post(path, json=body, headers={"Idempotency-Key": key}), 400, "26")
        assert "1 to 255 visible ASCII characters" in told
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    refused(client.post(INDIVIDUAL, json=individual(), headers=twice), 400, "26")
    assert client.get(INDIVIDUAL).json() == []


def test_without_a_key_every_post_creates(
    client: httpx.Client, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    assert len({created(client, INDIVIDUAL, individual())["id"] for _ in range(3)}) == 3
    assert mongo[database_name]["idempotency"].count_documents({}) == 0


def test_a_large_resource_is_repeated_like_any_other(client: httpx.Client) -> None:
    body = individual(remark=["ü" * 1000] * 500)
    first = client.post(INDIVIDUAL, json=body, headers=KEY)
    assert first.status_code == 201
    assert same(first, client.post(INDIVIDUAL, json=body, headers=KEY))


@EVERY_HUB
def test_a_registration_is_repeated_like_a_resource(client: httpx.Client, hub: str) -> None:
    first = client.post(hub, json=REGISTRATION, headers=KEY)
    assert first.status_code == 201, first.text
    assert same(first, client.post(hub, json=REGISTRATION, headers=KEY))
    refused(client.post(hub, json=REGISTRATION), 409, "69")
    refused(client.post(hub, json=REGISTRATION, headers={"Idempotency-Key": "new"}), 409, "69")
    refused(client.post(hub, json={**REGISTRATION, "query": "fields=id"}, headers=KEY), 422, "100")
    assert client.delete(first.headers["Location"]).status_code == 204
    assert same(first, client.post(hub, json=REGISTRATION, headers=KEY))
    refused(client.get(first.headers["Location"]), 404, "60")


@EVERY_HUB
def test_of_many_equal_registrations_at_once_one_registers(client: httpx.Client, hub: str) -> None:
    def register(_: int) -> httpx.Response:
        return client.post(hub, json=REGISTRATION, headers=KEY)

    with ThreadPoolExecutor(SEVERAL) as clients:
        answers = list(clients.map(register, range(SEVERAL)))
    assert [each.status_code for each in answers] == [201] * SEVERAL
    assert len({each.content for each in answers}) == 1


def test_hubs_have_their_own_keys(client: httpx.Client) -> None:
    ids = {client.post(hub, json=REGISTRATION, headers=KEY).json()["id"] for hub in HUBS}
    assert len(ids) == len(HUBS)


KEYED = {"Idempotency-Key": "once-and-gone"}


@EACH_COLLECTION
def test_a_repeat_says_that_what_was_created_is_deleted(client: httpx.Client, collection: Collection) -> None:
    body = next(iter(collection.creates.values()))
    first = client.post(collection.path, json=body, headers=KEYED)
    assert first.status_code == 201, first.text
    again = client.post(collection.path, json=body, headers=KEYED)
    assert "Liaison-Deleted" not in again.headers
    assert client.delete(first.headers["location"]).status_code == 204
    gone = client.post(collection.path, json=body, headers=KEYED)
    assert (gone.status_code, gone.json()) == (201, first.json())
    assert (gone.headers["Idempotency-Replayed"], gone.headers["Liaison-Deleted"]) == ("true", "true")
    at = {"at": dates.text(dates.now())}
    assert "was deleted" in refused(client.get(first.headers["location"], params=at), 410, "70")


@pytest.mark.parametrize("hub", HUBS)
def test_a_repeat_says_that_a_registration_has_ended(client: httpx.Client, hub: str) -> None:
    body = {"callback": "https://listener.example.com/events"}
    first = client.post(hub, json=body, headers=KEYED)
    assert "Liaison-Deleted" not in client.post(hub, json=body, headers=KEYED).headers
    assert client.delete(first.headers["location"]).status_code == 204
    gone = client.post(hub, json=body, headers=KEYED)
    assert (gone.status_code, gone.json(), gone.headers["Liaison-Deleted"]) == (201, first.json(), "true")
