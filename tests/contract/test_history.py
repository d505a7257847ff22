# SPDX-License-Identifier: Apache-2.0
"""A resource as it was (`at`): from the log, and from what the relay has not seen yet."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.domain import dates
from app.settings import Settings
from tests.contract.answers import created, patched, refused
from tests.contract.bodies import customer, individual
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.contract.draining import drain
from tests.paths import CUSTOMER, CUSTOMER_V5, INDIVIDUAL

Mongo = MongoClient[dict[str, Any]]
Settle = Callable[[], None]
BEGINNING = "2001-01-01T00:00:00Z"


@pytest.fixture(params=["pending", "logged"])
def settle(request: pytest.FixtureRequest, settings: Settings, client: httpx.Client) -> Settle:
    """A function after which the past is where this run wants it: with the documents, or in the log."""
    return (lambda: drain(settings)) if request.param == "logged" else (lambda: None)


@pytest.fixture
def instants() -> Callable[[], str]:
    """A function that tells the present instant and waits until it is past: changes of one millisecond look alike."""

    def now() -> str:
        at = dates.now()
        while dates.now() == at:
            pass
        told = dates.text(at)
        while dates.now() == dates.instant(told):
            pass
        return told

    return now


def then(client: httpx.Client, href: str, at: str, **more: str) -> httpx.Response:
    return client.get(href, params={"at": at, **more})


def test_each_state_is_there_at_its_own_time(client: httpx.Client, settle: Settle, instants: Callable[[], str]) -> None:
    first = created(client, CUSTOMER, customer(name="one"))
    at_first = instants()
    second = patched(client, first, {"name": "two"})
    at_second = instants()
    third = patched(client, second, {"name": "three", "status": "Active"})
    settle()

    assert then(client, first["href"], at_first).json() == first
    assert then(client, first["href"], at_second).json() == second
    assert then(client, first["href"], instants()).json() == third == client.get(first["href"]).json()


@EACH_COLLECTION
def test_every_resource_has_a_past_in_the_called_version(client: httpx.Client, collection: Collection) -> None:
    body = next(iter(collection.creates.values()))
    shown = created(client, collection.path, body)
    other = collection.path.replace("/v4/", "/v5/") if "/v4/" in collection.path else collection.path
    at = dates.text(dates.now())
    assert then(client, shown["href"], at).json() == shown
    assert then(client, f"{other}/{shown['id']}", at).json() == client.get(f"{other}/{shown['id']}").json()


def test_a_former_state_is_known_by_what_it_was_known_by_then(
    client: httpx.Client, settle: Settle, instants: Callable[[], str]
) -> None:
    made = client.post(CUSTOMER, json=customer())
    at = instants()
    patched(client, made.json(), {"name": "Other"})
    settle()

    href = made.json()["href"]
    answer = then(client, href, at)
    assert answer.headers["etag"] == made.headers["etag"]
    assert answer.headers["memento-datetime"] == answer.headers["last-modified"] == made.headers["last-modified"]
    assert answer.headers["link"] == f'<{href}>; rel="original"'
    again = client.get(answer.headers["content-location"])
    assert (again.json(), again.headers["etag"]) == (made.json(), made.headers["etag"])
    known = client.get(href, params={"at": at}, headers={"If-None-Match": made.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    refused(client.get(href, params={"at": at}, headers={"If-Match": '"other"'}), 412, "65")


def test_of_a_former_state_attributes_are_selected(client: httpx.Client, settle: Settle) -> None:
    shown = created(client, CUSTOMER, customer(name="Delta"))
    settle()
    answer = then(client, shown["href"], dates.text(dates.now()), fields="name").json()
    assert answer == {"id": shown["id"], "href": shown["href"], "@type": "Customer", "name": "Delta"}


def test_before_its_creation_a_resource_is_not_found_and_the_message_tells_when_that_was(
    client: httpx.Client, settle: Settle
) -> None:
    made = client.post(CUSTOMER, json=customer())
    settle()
    told = refused(then(client, made.json()["href"], BEGINNING), 404, "60")
    begin = client.get(made.json()["href"], params={"at": dates.text(dates.now())}).headers["content-location"]
    assert f"it was created at {begin.partition('?at=')[2]}" in told


def test_what_never_was_is_not_found(client: httpx.Client) -> None:
    assert "nor was there one" in refused(client.get(f"{CUSTOMER}/nobody", params={"at": BEGINNING}), 404, "60")


def test_after_its_deletion_a_resource_is_gone_with_a_link_to_its_last_state(
    client: httpx.Client, settle: Settle, instants: Callable[[], str]
) -> None:
    first = created(client, CUSTOMER, customer())
    instants()
    last = patched(client, first, {"name": "Last"})
    at = instants()
    client.delete(first["href"])
    settle()

    answer = then(client, first["href"], instants())
    assert "was deleted at" in refused(answer, 410, "70")
    link, relation = answer.headers["link"].split("; ")
    assert relation == 'rel="predecessor-version"'
    assert client.get(link.strip("<>")).json() == last == then(client, first["href"], at).json()


def test_an_id_that_is_used_again_has_both_pasts(
    client: httpx.Client, settle: Settle, instants: Callable[[], str]
) -> None:
    path = CUSTOMER_V5
    body = {"@type": "Customer", "id": "twice", "engagedParty": {"@type": "PartyRef", "id": "1"}}
    first = created(client, path, {**body, "name": "First"})
    lived = instants()
    client.delete(first["href"])
    between = instants()
    second = created(client, path, {**body, "name": "Second"})
    patched(client, second, {"@type": "Customer", "name": "Third"})
    settle()

    assert then(client, first["href"], lived).json() == first
    refused(then(client, first["href"], between), 410, "70")
    assert then(client, first["href"], instants()).json()["name"] == "Third"


def test_content_that_retention_dropped_is_gone_unless_it_is_the_present(
    client: httpx.Client, settings: Settings, mongo: Mongo, database_name: str, instants: Callable[[], str]
) -> None:
    first = created(client, CUSTOMER, customer(name="one"))
    at = instants()
    second = patched(client, first, {"name": "two"})
    drain(settings)
    mongo[database_name]["event"].update_many({}, {"$unset": {"document": 1, "before": 1}})

    assert "past the retention" in refused(then(client, first["href"], at), 410, "70")
    assert then(client, first["href"], instants()).json() == second


@pytest.mark.parametrize("at", ["", "yesterday", "2024-05-01", "2024-05-01T10:00:00", "2024-13-01T00:00:00Z"])
def test_an_instant_is_a_date_time_with_an_offset(client: httpx.Client, at: str) -> None:
    shown = created(client, INDIVIDUAL, individual())
    assert "'at' is" in refused(then(client, shown["href"], at), 400, "28")


def test_the_future_is_not_told(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual())
    assert "future" in refused(then(client, shown["href"], "2999-01-01T00:00:00Z"), 400, "28")


def test_two_instants_are_refused(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual())
    assert "twice" in refused(client.get(f"{shown['href']}?at={BEGINNING}&at=2002-01-01T00:00:00Z"), 400, "28")


def test_the_plus_of_an_offset_need_not_be_encoded(client: httpx.Client) -> None:
    shown = created(client, INDIVIDUAL, individual())
    told = refused(client.get(f"{shown['href']}?at=2001-01-01T00:00:00+01:00"), 404, "60")
    assert "was not there yet" in told


def test_a_list_has_no_past(client: httpx.Client) -> None:
    refused(client.get(INDIVIDUAL, params={"at": BEGINNING}), 400, "28")
