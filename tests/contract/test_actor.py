# SPDX-License-Identifier: Apache-2.0
"""Who asked for a change is noted with it, as far as a gateway says so in the header that a setting names."""

from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.contract.conftest import Deploy, Stored
from tests.paths import INDIVIDUAL

NAMED = {"@type": "Individual", "givenName": "Jane", "familyName": "Lamborgizzia"}


@pytest.fixture(scope="module")
def guarded(deploy: Deploy) -> httpx.Client:
    """A server behind a gateway that names who sends a request."""
    return deploy(actor_header="X-Actor")


@pytest.fixture
def changes(guarded: httpx.Client, mongo: MongoClient[dict[str, Any]]) -> Any:
    """A function that reads the changes that are kept with an individual of that server."""
    database = mongo[f"liaison_test_{guarded.base_url.port}"]
    return lambda known: (database["individual"].find_one({"_id": known}) or {})["pending"]


def created(client: httpx.Client, headers: Any) -> str:
    return str(client.post(INDIVIDUAL, json=NAMED, headers=headers).raise_for_status().json()["id"])


@pytest.mark.parametrize(
    ("headers", "actor"),
    [
        ({"X-Actor": "alice"}, "alice"),
        ({"x-actor": "alice@example.com"}, "alice@example.com"),
        ({"X-Actor": "Zoë".encode()}, "Zoë"),
        ({"X-Actor": b"\xff"}, "\ufffd"),
        ([("X-Actor", "alice"), ("X-Actor", "mallory")], "alice, mallory"),
        ({"X-Actor": "a" * 256}, "a" * 256),
        ({"X-Actor": "a" * 257}, "a" * 255 + "…"),
        ({"X-Actor": ""}, None),
        ({"X-Other": "alice"}, None),
    ],
)
def test_the_actor_is_noted_with_the_change(guarded: httpx.Client, changes: Any, headers: Any, actor: str) -> None:
    [change] = changes(created(guarded, headers))
    assert change["actor"] == actor


def test_each_change_has_the_actor_and_the_correlation_id_of_its_request(guarded: httpx.Client, changes: Any) -> None:
    id = created(guarded, {"X-Actor": "alice", "X-Correlation-ID": "one"})
    by_bob = {"X-Actor": "bob", "X-Correlation-ID": "two"}
    guarded.patch(f"{INDIVIDUAL}/{id}", json={"familyName": "Smith"}, headers=by_bob).raise_for_status()

    first, second = changes(id)
    assert (first["actor"], first["correlationId"]) == ("alice", "one")
    assert (second["actor"], second["correlationId"]) == ("bob", "two")
    assert second["events"][0]["before"] == {"familyName": "Lamborgizzia"}


def test_a_deletion_has_its_actor_too(guarded: httpx.Client, mongo: MongoClient[dict[str, Any]]) -> None:
    id = created(guarded, {"X-Actor": "alice"})
    guarded.delete(f"{INDIVIDUAL}/{id}", headers={"X-Actor": "bob"}).raise_for_status()

    left = mongo[f"liaison_test_{guarded.base_url.port}"]["departed"].find_one({"id": id})
    assert left
    assert [change["actor"] for change in left["pending"]] == ["alice", "bob"]


def test_without_the_setting_nobody_is_believed(client: httpx.Client, stored: Stored) -> None:
    id = created(client, {"X-Actor": "mallory"})
    assert stored("individual", id)["pending"][0]["actor"] is None
