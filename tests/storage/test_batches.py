# SPDX-License-Identifier: Apache-2.0
"""Rows are read until they are many bytes, and not to the end of a list of which the rest will not be sent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.storage.documents.batches import FIRST, GROWTH, size_of
from app.storage.documents.counting import Counting, Total
from app.storage.documents.order import Key, Order
from app.storage.documents.page_query import PageQuery, PageReader
from app.storage.mongod.durable import durable

pytestmark = pytest.mark.anyio

DATABASE = "liaison_test_batches"
ROWS = 120
ROW_BYTES = 100_000
KIND = {"document.kind": {"$eq": "a"}}
BY_NUMBER = Order((Key(("number",)),))


@pytest.fixture(scope="module")
def planted(mongo: MongoClient[dict[str, Any]]) -> Any:
    text = "x" * ROW_BYTES
    rows = mongo[DATABASE]["thing"]
    rows.insert_many({"_id": f"{n:04}", "document": {"kind": "a", "number": n, "x": text}} for n in range(ROWS))
    yield rows
    mongo.drop_database(DATABASE)


@pytest.fixture
async def reader(mongodb_uri: str, planted: Any) -> AsyncIterator[PageReader]:
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri) as client:
        yield PageReader(durable(client[DATABASE], planted.name), 5000)


@pytest.mark.parametrize("criteria", [{}, KIND], ids=["all", "filtered"])
@pytest.mark.parametrize("counting", Counting)
@pytest.mark.parametrize("order", [Order(), BY_NUMBER], ids=["by id", "sorted"])
@pytest.mark.parametrize("most", [1, ROW_BYTES, 10 * ROW_BYTES, 30 * ROW_BYTES])
async def test_the_parts_of_a_list_end_early_and_together_are_all_of_it(
    reader: PageReader, criteria: dict[str, Any], counting: Counting, order: Order, most: int
) -> None:
    seen: list[str] = []
    more = True
    while more:
        part = PageQuery(len(seen), 1000, order, most_bytes=most)
        found = await reader.read(criteria, part, counting)
        size = size_of(found.rows)
        assert size <= max(FIRST * ROW_BYTES, most) * (1 + GROWTH)
        assert found.rows
        seen += [row["_id"] for row in found.rows]
        more = found.more
        assert found.total is None or found.total.number == ROWS
        assert (found.total is None) == (counting is Counting.NONE)
    assert seen == [f"{n:04}" for n in range(ROWS)]


async def test_a_list_that_fits_is_whole(reader: PageReader) -> None:
    found = await reader.read(KIND, PageQuery(0, 1000, most_bytes=10**9), Counting.EXACT)
    assert (len(found.rows), found.total, found.more) == (ROWS, Total(ROWS), False)
    found = await reader.read(KIND, PageQuery(0, 7, most_bytes=10**9), Counting.EXACT)
    assert (len(found.rows), found.total, found.more) == (7, Total(ROWS), True)
