# SPDX-License-Identifier: Apache-2.0
"""A party's timeline: its interactions, the last one first, and a conversation in its order. Each is one query on one
index, and costs what the page costs, however much there is."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.composition.resource_access import indexed_owners
from app.domain.query.query import parse_query
from app.resources.lists.filtering import filter_of
from app.resources.resource import Resource
from app.settings import Settings
from app.storage.documents import indexes
from app.storage.documents.counting import CAP, Counter, Counting
from app.storage.mongod.client import connect
from tests.bench.timeline import COLLECTION, rows
from tests.served import PARTS
from tests.storage.test_explain import DECLARED, FEW, LIMIT, SPELT_FREELY, Asked

INTERACTIONS = {
    part.contract.version: part.resources["PartyInteraction"]
    for part in PARTS.values()
    if "PartyInteraction" in part.resources
}
NAMED = {"v4": "relatedParty.id", "v5": "relatedParty.partyOrPartyRole.id"}
MANY = 4 * CAP
each_version = pytest.mark.parametrize("resource", INTERACTIONS.values(), ids=INTERACTIONS)


@pytest.fixture(scope="module")
def database(mongodb_uri: str, mongo: MongoClient[dict[str, Any]]) -> Iterator[Any]:
    """A database with the declared indexes, and parties with few and with many interactions."""
    name = "liaison_test_timeline"

    async def ensured() -> None:
        async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
            await indexes.ensure(client[name], DECLARED, SPELT_FREELY, indexed_owners([*PARTS.values()]))

    asyncio.run(ensured())
    for party, number in (("few", LIMIT), ("many", MANY)):
        mongo[name][COLLECTION].insert_many(list(rows(party, number)))
    yield mongo[name]
    mongo.drop_database(name)


def timeline(resource: Resource, party: str) -> str:
    return f"{NAMED[resource.version]}={party}&sort=-interactionDate.startDateTime"


@each_version
def test_the_first_page_of_a_timeline_costs_no_more_of_many_than_of_few(database: Any, resource: Resource) -> None:
    few, many = (Asked(database, resource, timeline(resource, party)).plan() for party in ("few", "many"))
    assert "SORT" not in few.names | many.names
    assert many.keys <= few.keys + FEW
    assert many.documents <= few.documents + FEW
    assert len(Asked(database, resource, timeline(resource, "many")).ids()) == LIMIT + 1


@each_version
def test_a_timeline_begins_with_the_last_and_goes_on_where_the_page_ended(database: Any, resource: Resource) -> None:
    first = Asked(database, resource, timeline(resource, "many")).ids()
    starts = [
        database[COLLECTION].find_one({"_id": id})["document"]["interactionDate"]["startDateTime"] for id in first
    ]
    assert starts == sorted(starts, reverse=True)
    later = Asked(database, resource, timeline(resource, "many"), offset=MANY // 2, behind=True)
    assert later.ids() == Asked(database, resource, timeline(resource, "many"), offset=MANY // 2).ids()
    assert later.plan().keys <= LIMIT + FEW


@each_version
def test_a_total_that_may_be_an_estimate_is_not_counted_again_and_again(
    database: Any, mongodb_uri: str, resource: Resource
) -> None:
    criteria = filter_of(resource, parse_query(f"{NAMED[resource.version]}=many").where)

    async def run() -> None:
        async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
            counter = Counter(client[database.name][COLLECTION], 10_000)
            counted = await counter.total(criteria, Counting.ESTIMATED)
            assert counted is not None
            assert counted.number >= CAP
            assert await counter.cached_estimate(criteria) == counted
            assert await counter.cached_estimate({**criteria, "state": "opened"}) is None

    asyncio.run(run())
