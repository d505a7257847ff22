# SPDX-License-Identifier: Apache-2.0
"""Relationships in bulk creates, in many at once, and in what an earlier release stored: both ends agree."""

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.errors import RelationshipConflict, TmfError
from app.resources.bulk import AlreadyThere, CreatedResource, New
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.contract.test_relationships import CHILD, PARENT, children, children_of, company, parent_of, ref

pytestmark = pytest.mark.anyio

Body = dict[str, Any]


def parent(id: str) -> Body:
    return {PARENT: {"@type": PARENT[0].upper() + PARENT[1:], **ref(id)}}


@pytest.fixture
async def liaison(settings: Settings, clean_database: str) -> AsyncIterator[Liaison]:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await liaison.prepare()
        yield liaison


@pytest.fixture
def organizations(liaison: Liaison) -> Engine:
    """Those of v5."""
    return next(
        api.engines["Organization"] for api in liaison.apis if api.version == "v5" and "Organization" in api.engines
    )


def parts(bodies: list[Body], size: int) -> list[list[Body]]:
    """The bodies, so many at a time."""
    return [bodies[start : start + size] for start in range(0, len(bodies), size)]


async def tree(liaison: Liaison) -> dict[str, str | None]:
    """The parent of each organization, of which both ends agree; those that live elsewhere count for none."""
    documents = await liaison.database["organization"].find({}, {"document": 1}).to_list()
    shown = {row["_id"]: row["document"] for row in documents}
    upwards = {(up, id) for id, each in shown.items() if (up := parent_of(each)) in shown}
    downwards = {(id, child) for id, each in shown.items() for child in children_of(each) if child in shown}
    assert upwards == downwards
    assert all(len(children_of(each)) == len({*children_of(each)}) for each in shown.values())
    return {id: up if (up := parent_of(each)) in shown else None for id, each in shown.items()}


def drawn_forest(drawn: Random, count: int) -> tuple[dict[str, str | None], list[Body]]:
    """The parents of organizations, and their bodies in any order, which tell of them at one end or at both."""
    ids = [f"o{number}" for number in range(count)]
    above = {
        id: drawn.choice(ids[:number]) if number and drawn.random() < 0.8 else None for number, id in enumerate(ids)
    }
    told = {id: drawn.choice(("child", "parent", "both")) for id in ids}
    bodies = []
    for id, up in above.items():
        below = [child for child, parent in above.items() if parent == id and told[child] != "child"]
        body = company(id, **(children(*below) if below else {}))
        bodies.append({**body, **parent(up)} if up and told[id] != "parent" else body)
    drawn.shuffle(bodies)
    return above, bodies


@pytest.mark.parametrize("seed", range(4))
async def test_an_import_in_any_order_has_both_ends(liaison: Liaison, organizations: Engine, seed: int) -> None:
    above, bodies = drawn_forest(Random(seed), 60)
    for _ in range(2):
        outcomes = [each for part in parts(bodies, 7) for each in await organizations.create_each([*map(New, part)])]
        assert await tree(liaison) == above
    assert {type(each) for each in outcomes} == {AlreadyThere}


@pytest.mark.parametrize("seed", range(6))
async def test_many_imports_and_creates_at_once_have_both_ends(
    liaison: Liaison, organizations: Engine, seed: int
) -> None:
    above, bodies = drawn_forest(Random(seed), 48)

    async def create(part: list[Body]) -> None:
        if len(part) == 1:
            await organizations.create(part[0])
            return
        assert all(isinstance(each, CreatedResource) for each in await organizations.create_each([*map(New, part)]))

    await asyncio.gather(*map(create, parts(bodies, 1 + seed % 3 * 5)))
    assert await tree(liaison) == above


async def test_of_a_cycle_in_an_import_one_is_refused(liaison: Liaison, organizations: Engine) -> None:
    ring = [company("a", **parent("b")), company("b", **parent("c")), company("c", **parent("a"))]
    others = [company("d"), company("e", **parent("d"))]
    outcomes = await organizations.create_each([*map(New, [*ring, *others])])
    assert [type(each) for each in outcomes] == [CreatedResource] * 2 + [RelationshipConflict] + [CreatedResource] * 2
    assert isinstance(outcomes[2], TmfError)
    assert outcomes[2].message.endswith("above itself: c → a → b → c")
    assert await tree(liaison) == {"a": "b", "b": None, "d": None, "e": "d"}


async def test_what_an_earlier_release_stored_gets_its_other_ends(
    liaison: Liaison, organizations: Engine, mongo: MongoClient[Body], clean_database: str
) -> None:
    await organizations.create_many([company(id) for id in "abcdef"])
    rows = mongo[clean_database]["organization"]
    said = {"a": parent("b"), "c": children("d", "a"), "e": parent("f"), "f": parent("e")}
    for id, document in said.items():
        [(name, value)] = document.items()
        rows.update_one({"_id": id}, {"$set": {f"document.{name}": value}})
    await liaison.relationships["Organization"].complete()
    shown = {row["_id"]: row["document"] for row in rows.find()}
    assert (children_of(shown["b"]), parent_of(shown["d"])) == (["a"], "c")
    # What cannot be is left as it is: a second parent, and a cycle.
    assert (parent_of(shown["a"]), children_of(shown["c"])) == ("b", ["d", "a"])
    assert not any(CHILD in shown[id] for id in "ef")
    before = list(rows.find())
    await liaison.relationships["Organization"].complete()
    assert list(rows.find()) == before
