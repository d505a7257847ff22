# SPDX-License-Identifier: Apache-2.0
"""Many who change the same resource at once, in one process and in several: all of them do, one after the other."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.settings import Settings
from tests.chaos.processes import deployed
from tests.contract.answers import refused
from tests.contract.bodies import individual
from tests.paths import INDIVIDUAL, INDIVIDUAL_V5

pytestmark = pytest.mark.anyio

SECONDS = 60
"""How long a client waits; the server gives up long before."""


@pytest.fixture(scope="module")
def urls(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Two server processes on one database; nothing takes the events from where they wait."""
    with deployed(replace(settings, relay=False), tmp_path_factory.mktemp("logs"), relays=0) as deployment:
        yield deployment.urls


@pytest.fixture
def row(mongo: MongoClient[dict[str, Any]], clean_database: str) -> Any:
    """A function that reads how an individual is kept."""
    return lambda key: mongo[clean_database]["individual"].find_one({"_id": key})


async def sent(urls: Sequence[str], requests: Sequence[dict[str, Any]]) -> list[httpx.Response]:
    """The answers to requests that are sent at the same time, to the servers in turns."""
    limits = httpx.Limits(max_connections=len(requests))
    async with httpx.AsyncClient(timeout=SECONDS, limits=limits) as client:
        return await asyncio.gather(
            *(
                client.request(**{**each, "url": urls[number % len(urls)] + each["url"]})
                for number, each in enumerate(requests)
            )
        )


async def individual_of(url: str, **more: Any) -> str:
    """The id of a new individual."""
    (answer,) = await sent([url], [{"method": "POST", "url": INDIVIDUAL, "json": individual(**more)}])
    return str(answer.json()["id"])


def patches(id: str, bodies: Sequence[Any], **headers: str) -> list[dict[str, Any]]:
    """Requests that patch an individual, in turns in version 4 and version 5, which shows such names alike."""
    paths = [INDIVIDUAL, INDIVIDUAL_V5]
    return [
        {"method": "PATCH", "url": f"{paths[number % 2]}/{id}", "json": body, "headers": headers}
        for number, body in enumerate(bodies)
    ]


@pytest.mark.parametrize("number", [20, 200])
@pytest.mark.parametrize("servers", [1, 2])
async def test_all_patches_of_different_attributes_are_done(
    urls: list[str], row: Any, servers: int, number: int
) -> None:
    id = await individual_of(urls[0])
    answers = await sent(urls[:servers], patches(id, [{f"n{n}": n} for n in range(number)]))
    assert [answer.status_code for answer in answers] == [200] * number, {answer.text for answer in answers}
    kept = row(id)
    assert kept["revision"] == number + 1
    assert {name: kept["document"].get(name) for name in (f"n{n}" for n in range(number))} == {
        f"n{n}": n for n in range(number)
    }
    assert [change["revision"] for change in kept["pending"]] == list(range(1, number + 2))
    told = [event["changed"] for change in kept["pending"][1:] for event in change["events"]]
    assert sorted(told) == sorted([f"n{n}"] for n in range(number))


@pytest.mark.parametrize("servers", [1, 2])
async def test_of_many_who_saw_the_same_edition_one_changes_it(urls: list[str], row: Any, servers: int) -> None:
    id = await individual_of(urls[0])
    (seen,) = await sent(urls, [{"method": "GET", "url": f"{INDIVIDUAL}/{id}"}])
    bodies = [{"title": str(n)} for n in range(20)]
    answers = await sent(urls[:servers], patches(id, bodies, **{"If-Match": seen.headers["etag"]}))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 19
    assert row(id)["revision"] == 2


@pytest.mark.parametrize("servers", [1, 2])
async def test_a_test_of_a_json_patch_is_made_on_what_others_wrote(urls: list[str], row: Any, servers: int) -> None:
    id = await individual_of(urls[0], turn=0)
    counting = [
        [{"op": "test", "path": "/turn", "value": 0}, {"op": "replace", "path": "/turn", "value": n + 1}]
        for n in range(20)
    ]
    requests = patches(id, counting, **{"Content-Type": "application/json-patch+json"})
    answers = await sent(urls[:servers], [{**each, "url": f"{INDIVIDUAL}/{id}"} for each in requests])
    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(lost) == 19
    assert {refused(answer, 409, "69") for answer in lost}
    assert row(id)["revision"] == 2


@pytest.mark.parametrize("servers", [1, 2])
async def test_one_delete_among_patches_and_deletes_is_done(urls: list[str], row: Any, servers: int) -> None:
    id = await individual_of(urls[0])
    deletes = [{"method": "DELETE", "url": f"{INDIVIDUAL}/{id}"}] * 10
    changes = patches(id, [{f"n{n}": n} for n in range(10)])
    answers = await sent(urls[:servers], [each for pair in zip(changes, deletes, strict=True) for each in pair])
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    assert [answer.status_code for answer in answers].count(204) == 1
    assert row(id) is None


@pytest.mark.parametrize("number", [20, 100])
@pytest.mark.parametrize("servers", [1, 2])
async def test_all_repeats_of_a_create_get_the_first_answer(
    urls: list[str], mongo: MongoClient[dict[str, Any]], clean_database: str, servers: int, number: int
) -> None:
    create = {"method": "POST", "url": INDIVIDUAL, "json": individual(), "headers": {"Idempotency-Key": "one"}}
    answers = await sent(urls[:servers], [create] * number)
    assert [answer.status_code for answer in answers] == [201] * number, {answer.text for answer in answers}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert mongo[clean_database]["individual"].count_documents({}) == 1
