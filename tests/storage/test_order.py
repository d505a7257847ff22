# SPDX-License-Identifier: Apache-2.0
"""Pages of an ordered list: walked from one cursor to the next they make the list, whatever its documents hold."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymongo import MongoClient

from app.settings import Settings
from app.storage.documents.counting import Counting
from app.storage.documents.order import Key, Order
from app.storage.documents.repository import Page, Repository
from app.storage.mongod.client import connect

AT = datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)

texts = st.sampled_from(["", "a", "b", "A", "é", "a\0b", "aa", "1", "true"])
numbers = st.sampled_from([0, 1, -1, 1.0, 1.5, 2**53, 2**53 + 1, -(2**63), 2**63 - 1, 1e19, -0.0])
moments = st.sampled_from([AT, AT.replace(year=1), AT.replace(year=9999), AT.replace(microsecond=121_000)])
scalars = st.none() | st.booleans() | numbers | texts | moments
objects = st.dictionaries(st.sampled_from("xy"), scalars, max_size=1)
arrays = st.lists(scalars | objects | st.lists(scalars, max_size=2), max_size=3)
anything = scalars | objects | arrays

keys = st.builds(Key, st.sampled_from([("a",), ("b",), ("c", "d")]), st.booleans())
orders = st.lists(keys, max_size=3, unique_by=lambda key: key.path).flatmap(
    lambda chosen: st.builds(Order, st.just(tuple(chosen)), st.booleans())
)
sizes = st.lists(st.integers(1, 5), min_size=1)

Find = Callable[..., Page]


def documents(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Documents with these values, or nothing there."""
    return st.fixed_dictionaries({}, optional=values)


ordinary = documents(a=scalars, b=scalars, c=documents(d=scalars) | scalars)
within = documents(d=scalars | objects) | scalars
within_arrays = st.lists(within | st.lists(within, max_size=2), max_size=3) | documents(d=anything)
# Of one document, the database cannot order two arrays.
extraordinary = documents(a=anything, b=scalars | objects, c=within) | documents(a=scalars, c=within_arrays)


@pytest.fixture(scope="module")
def rows(mongo: MongoClient[dict[str, Any]], database_name: str) -> Iterator[Any]:
    """A collection of these tests alone, as an operator sees it."""
    yield mongo[database_name]["ordered"]
    mongo[database_name]["ordered"].drop()


@pytest.fixture(scope="module")
def find(mongodb_uri: str, database_name: str) -> Iterator[Find]:
    """`Repository.find` on that collection, for tests that are no coroutines: hypothesis knows none."""
    with asyncio.Runner() as runner:

        async def opened() -> Any:
            return connect(Settings(mongodb_uri=mongodb_uri))

        client = runner.run(opened())
        repository = Repository(client[database_name], "ordered", 5000)

        async def found(*part: Any, **how: Any) -> Page:
            return await repository.find({}, *part, counting=Counting.NONE, **how)

        yield lambda *part, **how: runner.run(found(*part, **how))
        runner.run(client.close())


def envelope(id: str, document: dict[str, Any]) -> dict[str, Any]:
    return {"_id": id, "revision": 1, "changed": AT, "document": document}


def fill(rows: Any, kept: list[dict[str, Any]]) -> None:
    rows.delete_many({})
    rows.insert_many([envelope(f"{number:02}", document) for number, document in enumerate(kept)])


def ids(rows: Any, order: Order) -> list[str]:
    """The whole list, as the database orders it."""
    return [row["_id"] for row in rows.find({}, {"_id": 1}, sort=order.sort)]


def walked(find: Find, order: Order, sizes: list[int], between: Callable[[], None] = lambda: None) -> list[list[str]]:
    """The ids on each page: where a place is told, the next page begins behind it, else at its offset."""
    pages: list[list[str]] = []
    offset, behind, more = 0, None, True
    while more:
        page = find(offset, sizes[len(pages) % len(sizes)], order=order, behind=behind)
        pages.append([item.id for item in page.items])
        offset, more = offset + len(page.items), page.more
        behind = order.position(page.items[-1].id, page.items[-1].document) if page.items else None
        between()
    return pages


def flat(pages: list[list[str]]) -> list[str]:
    return [id for page in pages for id in page]


@settings(max_examples=60)
@given(kept=st.lists(extraordinary, min_size=1, max_size=20), order=orders, sizes=sizes)
def test_the_pages_make_the_list(
    rows: Any, find: Find, kept: list[dict[str, Any]], order: Order, sizes: list[int]
) -> None:
    fill(rows, kept)
    assert flat(walked(find, order, sizes)) == ids(rows, order)


@settings(max_examples=60)
@given(
    kept=st.lists(ordinary, min_size=1, max_size=20),
    order=orders,
    sizes=sizes,
    more=st.lists(ordinary, max_size=10),
    doomed=st.lists(st.integers(0, 19), max_size=10),
)
def test_who_pages_misses_nothing_and_sees_nothing_twice_while_others_come_and_go(
    rows: Any,
    find: Find,
    kept: list[dict[str, Any]],
    order: Order,
    sizes: list[int],
    more: list[dict[str, Any]],
    doomed: list[int],
) -> None:
    fill(rows, kept)
    coming, going = list(enumerate(more)), list(doomed)

    def others() -> None:
        if coming:
            number, document = coming.pop()
            rows.insert_one(envelope(f"{number * 7 % 20:02}-new", document))
        if going:
            rows.delete_one({"_id": f"{going.pop():02}"})

    seen = flat(walked(find, order, sizes, others))
    stayed = [id for id in ids(rows, order) if "new" not in id]
    assert [id for id in seen if id in stayed] == stayed
    assert len(set(seen)) == len(seen)
