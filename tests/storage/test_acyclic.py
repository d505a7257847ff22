# SPDX-License-Identifier: Apache-2.0
"""Documents that come many at a time form no cycles, either: among themselves, and with those that are there."""

from typing import Any

import pytest

from app.domain.chains import Chains, Link
from app.errors import RelationshipConflict
from app.storage.documents.acyclic import AcyclicRepository
from app.storage.documents.referential_integrity import NewRow
from app.storage.documents.rows import new_row
from app.storage.mongod.durable import Database
from tests.storage.filling import AT

pytestmark = pytest.mark.anyio

CHAINS = Chains("Thing", "relation", "kind")
CHANGE = {"revision": 1, "at": AT, "events": []}


def thing(*ids: str, kind: str = "follows") -> dict[str, Any]:
    return {"relation": [{"id": id, "kind": kind} for id in ids]} if ids else {}


def refused(outcomes: list[Any]) -> list[bool]:
    return [isinstance(each, RelationshipConflict) for each in outcomes]


@pytest.fixture
def things(database: Database) -> AcyclicRepository:
    return AcyclicRepository(database, "Thing", 10_000, chains=CHAINS)


@pytest.mark.parametrize("referring", [False, True], ids=["plain", "referring"])
async def test_of_many_the_one_that_closes_a_cycle_is_refused_and_the_others_stay(
    things: AcyclicRepository, referring: bool
) -> None:
    await things.insert("there", thing("c"), CHANGE)
    news = {"a": thing("b"), "b": thing("a"), "plain": thing(), "c": thing("d"), "d": thing("there"), "e": thing("a")}
    rows = [new_row(id, document, CHANGE) for id, document in news.items()]
    if referring:
        outcomes: list[Any] = await things.insert_referring([NewRow(row, frozenset()) for row in rows])
    else:
        outcomes = [*await things.insert_many(rows)]
    assert refused(outcomes) == [False, True, False, False, True, False]
    assert await things.existing({*news}) == {*news} - {"b", "d"}


async def test_a_document_may_refer_twice_to_one_that_it_can_reach_by_two_ways(things: AcyclicRepository) -> None:
    await things.insert("top", thing(), CHANGE)
    await things.insert("left", thing("top"), CHANGE)
    await things.insert("right", thing("top"), CHANGE)
    seen = await things.insert("below", thing("left"), CHANGE)
    change = {**CHANGE, "revision": 2}
    await things.replace(seen, thing("left", "right", "top"), change)
    assert CHAINS.links((await things.get("below")).document) == {
        Link("follows", "left"),
        Link("follows", "right"),
        Link("follows", "top"),
    }
