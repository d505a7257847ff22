# SPDX-License-Identifier: Apache-2.0
"""Documents that come many at a time form no cycles, either: among themselves, and with those that are there."""

import inspect
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from app.domain.chains import Chains, Link
from app.errors import RelationshipConflict
from app.storage.archive.archived_rows import ArchivedRows, without_pending
from app.storage.documents.acyclic import AcyclicRepository
from app.storage.documents.referential_integrity import NewRow
from app.storage.documents.repository import NewDocument, Repository
from app.storage.documents.rows import new_row
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact
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


Door = Callable[[AcyclicRepository, str, dict[str, Any]], Awaitable[Any]]


async def replace(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    await things.replace(await things.insert(id, thing(), CHANGE), document, {**CHANGE, "revision": 2})


async def replace_within(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    seen, change = await things.insert(id, thing(), CHANGE), {**CHANGE, "revision": 2}
    await transact(things._database, partial(things.replace_within, seen, document, change))


async def update_of(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    work = UnitOfWork(things._database)
    work.replace(things, await things.insert(id, thing(), CHANGE), document, {**CHANGE, "revision": 2})
    await work.commit()


async def insert(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    await things.insert(id, document, CHANGE)


async def insert_within(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    work = UnitOfWork(things._database)
    work.insert(things, id, document, CHANGE)
    await work.commit()


async def insert_many_within(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    await transact(
        things._database, partial(things.insert_many_within, [NewDocument(id, document, CHANGE)], frozenset())
    )


async def insert_many(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    (outcome,) = await things.insert_many([new_row(id, document, CHANGE)])
    if outcome:
        raise outcome


async def insert_referring(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    (outcome,) = await things.insert_referring([NewRow(new_row(id, document, CHANGE), frozenset())])
    if outcome:
        raise outcome


async def check_returning(things: AcyclicRepository, id: str, document: dict[str, Any]) -> None:
    rows = [without_pending(new_row(id, document, CHANGE))]

    async def come_back(session: Any) -> None:
        await things.check_returning(rows, session)
        await ArchivedRows(things._database).insert(things.resource, rows, [CHANGE], session)

    await transact(things._database, come_back)


DOORS: dict[str, Door] = {
    each.__name__: each
    for each in (
        replace,
        replace_within,
        update_of,
        insert,
        insert_within,
        insert_many_within,
        insert_many,
        insert_referring,
        check_returning,
    )
}
"""What lets a document in, by the method of the repository through which it comes."""


def test_no_method_of_a_repository_lets_a_document_in_that_is_no_door_here() -> None:
    lets_in = {"document", "rows", "news"}
    methods = inspect.getmembers(Repository, inspect.isfunction)
    asked = {
        "needs_check",
        *(name for name, method in methods if lets_in & inspect.signature(method).parameters.keys()),
    }
    assert {name for name in asked if not name.startswith("_")} == {*DOORS, "needs_check"}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
async def test_no_door_lets_in_what_leads_back(things: AcyclicRepository, door: Door) -> None:
    await things.insert("b", thing("a"), CHANGE)
    with pytest.raises(RelationshipConflict, match="leads back"):
        await door(things, "a", thing("b"))
    await door(things, "c", thing("b", "nowhere"))
    assert CHAINS.links((await things.get("c")).document) == {Link("follows", "b"), Link("follows", "nowhere")}
    with pytest.raises(RelationshipConflict, match="leads back"):
        await door(things, "nowhere", thing("c"))
