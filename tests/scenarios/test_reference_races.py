# SPDX-License-Identifier: Apache-2.0
"""Customers that engage parties while these are deleted, at two servers: no customer is left without its party."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.settings import Settings
from tests.chaos.processes import Deployment, deployed
from tests.contract.bodies import individual, interaction
from tests.paths import CUSTOMER, INDIVIDUAL, INTERACTION

pytestmark = pytest.mark.anyio

PARTIES = 40
SECONDS = 60


@pytest.fixture
def deployment(settings: Settings, tmp_path: Path, clean_database: str) -> Iterator[Deployment]:
    with deployed(replace(settings, relay=False), tmp_path, relays=0) as deployment:
        yield deployment


def reference(id: str) -> dict[str, str]:
    return {"id": id, "href": f"{INDIVIDUAL}/{id}", "@referredType": "Individual"}


async def race(client: httpx.AsyncClient, urls: list[str], id: str, draw: random.Random) -> list[httpx.Response]:
    """The answers to the deletion of a party and to what comes to refer to it, all at once and to any server."""

    def at(path: str) -> str:
        return draw.choice(urls) + path

    new = {"name": id, "engagedParty": reference(id)}
    other = (
        await client.post(at(CUSTOMER), json={"name": id, "engagedParty": {"id": "1", "@referredType": "x"}})
    ).json()["id"]
    asked: list[Callable[[], Awaitable[httpx.Response]]] = [
        lambda: client.delete(at(f"{INDIVIDUAL}/{id}")),
        lambda: client.post(at(CUSTOMER), json=new),
        lambda: client.post(at(CUSTOMER), json=new, headers={"Idempotency-Key": id}),
        lambda: client.patch(at(f"{CUSTOMER}/{other}"), json={"engagedParty": reference(id)}),
        lambda: client.post(at(INTERACTION), json=interaction(relatedParty=[reference(id)])),
    ]
    draw.shuffle(asked)
    return await asyncio.gather(*(ask() for ask in asked))


def homeless(mongo: MongoClient[dict[str, Any]], database: str) -> set[str]:
    """The parties that customers engage and that are not there."""
    engaged = mongo[database]["customer"].distinct(
        "document.engagedParty.id", {"document.engagedParty.href": {"$ne": None}}
    )
    there = mongo[database]["individual"].distinct("_id")
    return set(engaged) - set(there)


async def parties(client: httpx.AsyncClient, url: str) -> list[str]:
    made = [await client.post(url + INDIVIDUAL, json=individual()) for _ in range(PARTIES)]
    return [answer.json()["id"] for answer in made]


async def test_no_customer_is_left_without_its_party(
    deployment: Deployment, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    draw = random.Random(7)
    seen: Counter[tuple[str, int]] = Counter()
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        for id in await parties(client, deployment.urls[0]):
            for answer in await race(client, deployment.urls, id, draw):
                seen[answer.request.method, answer.status_code] += 1
    assert homeless(mongo, clean_database) == set()
    assert seen.keys() <= {
        ("DELETE", 204),
        ("DELETE", 409),
        ("POST", 201),
        ("POST", 400),
        ("POST", 409),  # The party is another customer already.
        ("PATCH", 200),
        ("PATCH", 400),
        ("PATCH", 409),
    }
    assert seen["DELETE", 204] + seen["DELETE", 409] == PARTIES


async def test_nor_is_any_when_a_server_is_killed_meanwhile(
    deployment: Deployment, mongo: MongoClient[dict[str, Any]], clean_database: str
) -> None:
    draw = random.Random(11)
    async with httpx.AsyncClient(timeout=SECONDS) as client:
        ids = await parties(client, deployment.urls[0])
        races = [asyncio.ensure_future(race(client, deployment.urls, id, draw)) for id in ids]
        await asyncio.wait(races, return_when=asyncio.FIRST_COMPLETED)
        deployment.servers[0].kill()
        outcomes: list[Any] = await asyncio.gather(*races, return_exceptions=True)
    assert any(isinstance(outcome, list) for outcome in outcomes)
    assert all(isinstance(outcome, list | httpx.TransportError) for outcome in outcomes), outcomes
    assert homeless(mongo, clean_database) == set()
