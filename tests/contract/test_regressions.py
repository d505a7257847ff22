# SPDX-License-Identifier: Apache-2.0
"""What other servers of these APIs are known to get wrong, each as one short story."""

import httpx
import pytest

from tests.contract.answers import created, found, refused, settled
from tests.contract.bodies import individual
from tests.contract.documents import EACH_COLLECTION, V4, Collection
from tests.paths import INDIVIDUAL


@EACH_COLLECTION
def test_a_create_answers_201_not_200(client: httpx.Client, collection: Collection) -> None:
    assert client.post(collection.path, json=collection.creates["minimal"]).status_code == 201


@EACH_COLLECTION
def test_a_patch_answers_200_with_the_whole_resource(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    answer = client.patch(shown["href"], json={"x": 1})
    assert (answer.status_code, settled(answer.json())) == (200, settled({**shown, "x": 1}))


@EACH_COLLECTION
def test_fields_is_not_ignored(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    assert collection.state in shown
    assert collection.state not in client.get(f"{shown['href']}?fields=id").json()
    assert all(collection.state not in item for item in client.get(f"{collection.path}?fields=id").json())


@EACH_COLLECTION
def test_a_filter_is_not_ignored(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    other = next(state for state in collection.lifecycle["moves"] if state != shown[collection.state])
    assert found(client, collection.path, f"{collection.state}={other}") == []
    assert found(client, collection.path, "id=nothing-has-this") == []


@EACH_COLLECTION
def test_a_list_without_a_match_is_empty_not_404(client: httpx.Client, collection: Collection) -> None:
    answer = client.get(collection.path)
    assert (answer.status_code, answer.json(), answer.headers["x-total-count"]) == (200, [], "0")


@EACH_COLLECTION
def test_the_total_counts_the_matches_not_the_page(client: httpx.Client, collection: Collection) -> None:
    for _ in range(3):
        created(client, collection.path, collection.creates["minimal"])
    answer = client.get(f"{collection.path}?limit=1")
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("3", "1")


@EACH_COLLECTION
def test_a_patch_empties_no_array(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    arrays = {name: value for name, value in shown.items() if isinstance(value, list)}
    assert arrays
    client.patch(shown["href"], json={"x": 1})
    assert arrays.items() <= client.get(shown["href"]).json().items()


@EACH_COLLECTION
def test_a_patch_appends_to_no_array(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    arrays = {name: value for name, value in shown.items() if isinstance(value, list)}
    for _ in range(2):
        assert client.patch(shown["href"], json=arrays).json() == shown


@EACH_COLLECTION
def test_a_delete_of_what_is_not_there_is_404_not_204(client: httpx.Client, collection: Collection) -> None:
    refused(client.delete(f"{collection.path}/never-was"), 404, "60")


@pytest.mark.parametrize("collection", V4, ids=str)
def test_a_create_with_a_known_id_overwrites_nothing(client: httpx.Client, collection: Collection) -> None:
    first = created(client, collection.path, collection.creates["full"])
    second = created(client, collection.path, {**first, "x": 1})
    assert second["id"] != first["id"]
    assert client.get(collection.path).json() == [first, second]


@EACH_COLLECTION
def test_a_patch_of_what_is_not_there_creates_nothing(client: httpx.Client, collection: Collection) -> None:
    refused(client.patch(f"{collection.path}/never-was", json=collection.creates["full"]), 404, "60")
    assert client.get(collection.path).json() == []


def test_a_state_is_not_lost_by_a_patch_without_one(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual(status="validated"))
    assert client.patch(shown["href"], json={"title": "Dr"}).json()["status"] == "validated"


def test_the_server_tells_nothing_of_what_it_is_made_of(client: httpx.Client) -> None:
    for path in (INDIVIDUAL, f"{INDIVIDUAL}/x", "/nope"):
        told = str(client.get(path).headers).lower()
        assert not any(name in told for name in ("werkzeug", "flask", "connexion", "python", "x-powered-by"))


def test_nothing_private_of_the_database_is_shown(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual(x={"y": 1}, contactMedium=[{"mediumType": "fax"}]))
    for text in (str(shown), client.get(INDIVIDUAL).text):
        assert not any(name in text for name in ("_id'", "_v4", "pending", "revision", "document"))
