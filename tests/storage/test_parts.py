# SPDX-License-Identifier: Apache-2.0
"""A page and its total: one round trip, out of the same indexes as each of both alone."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from pymongo import MongoClient

from app.domain.query.cursor import Position
from app.storage.documents.counting import Counter, Counting, Total
from app.storage.documents.order import BY_ID, Key, Order
from app.storage.documents.page_query import PageQuery, PageReader, RowPage
from app.storage.mongod.durable import durable
from tests.storage.commands import Commands, heard

pytestmark = pytest.mark.anyio

NAME = "thing"
NAMESAKES, OTHERS = 30, 3_000
LIMIT = 4
FEW = 5
"""Keys and documents that the database may read beyond those it needs."""

WANTED = {"document.kind": {"$eq": "a"}}
BOTH = {"$and": [WANTED, {"document.state": {"$eq": "new"}}]}
BY_STATE = Order((Key(("state",)),))
BACKWARDS = Order((Key(("state",), descending=True),), descending=True)


class Things:
    """A collection of things of which some are of the kind `a`, and a client whose commands are counted."""

    def __init__(self, client: Any, database: str, commands: Commands) -> None:
        self._rows = durable(client[database], NAME)
        self.commands = commands

    async def read(self, criteria: dict[str, Any], part: PageQuery, counting: Counting = Counting.EXACT) -> RowPage:
        """The part, without the commands before it."""
        self.commands.sent.clear()
        return await PageReader(self._rows, 5000).read(criteria, part, counting)


@pytest.fixture(scope="module")
def planted(mongo: MongoClient[dict[str, Any]]) -> Any:
    """The collection, with an index for each kind of list."""
    rows = mongo["liaison_test_parts"][NAME]
    rows.create_index([("document.kind", 1), ("_id", 1)])
    rows.create_index([("document.kind", 1), ("document.state", 1), ("_id", 1)])
    rows.insert_many([row(number, "a" if number % 101 == 0 else "b") for number in range(101 * NAMESAKES)])
    yield rows
    mongo.drop_database("liaison_test_parts")


def row(number: int, kind: str) -> dict[str, Any]:
    document = {"kind": kind, "state": "new" if number % 2 else "old", "more": "x" * 100}
    return {"_id": f"{number:04}", "revision": 1, "changed": None, "document": document}


@pytest.fixture
async def things(mongodb_uri: str, planted: Any) -> AsyncIterator[Things]:
    commands = Commands()
    async with heard(mongodb_uri, commands) as client:
        yield Things(client, planted.database.name, commands)


def explained(rows: Any, part: PageQuery, criteria: dict[str, Any], counting: Counting) -> tuple[Any, Any]:
    """What the database says of the page and of the count, in one pipeline."""
    counter = Counter(rows, 5000)
    count = {"$unionWith": {"coll": NAME, "pipeline": counter.stages(criteria, counting)}}
    command = {"aggregate": NAME, "pipeline": [*part.stages(criteria), count], "cursor": {}}
    told = rows.database.command("explain", command, verbosity="executionStats")
    page, union = told["stages"]
    return page["$cursor"], union["$unionWith"]["pipeline"]


def names(plan: Any) -> set[str]:
    """The stages of a winning plan, or of what ran."""
    if isinstance(plan, list):
        return set().union(*map(names, plan))
    if not isinstance(plan, Mapping):
        return set()
    own = {plan["stage"]} if isinstance(plan.get("stage"), str) else set()
    return own.union(*(names(inner) for name, inner in plan.items() if name != "rejectedPlans"))


@pytest.mark.parametrize(
    ("criteria", "order"),
    [(WANTED, BY_ID), (BOTH, BY_ID), (WANTED, BY_STATE), (WANTED, BACKWARDS)],
    ids=["one attribute", "two attributes", "sorted", "sorted descending"],
)
@pytest.mark.parametrize("behind", [False, True], ids=["first", "sought"])
def test_the_page_comes_out_of_an_index_and_the_count_without_documents(
    planted: Any, criteria: dict[str, Any], order: Order, behind: bool
) -> None:
    place = Position(("new",) if order.keys else (), "0101") if behind else None
    page, count = explained(planted, PageQuery(0, LIMIT, order, place), criteria, Counting.EXACT)
    assert "IXSCAN" in names(page)
    assert not names(page) & {"COLLSCAN", "SORT"}
    # Backwards, documents are fetched to tell what is null there from what is undefined, and count again when found.
    assert page["executionStats"]["totalDocsExamined"] <= 2 * (LIMIT + FEW)
    assert names(count) == {"COUNT_SCAN"}


@pytest.mark.parametrize("counting", [Counting.EXACT, Counting.ESTIMATED])
@pytest.mark.parametrize("offset", [0, 2, NAMESAKES - 1, NAMESAKES + 5])
async def test_a_filtered_page_and_its_total_are_one_round_trip(
    things: Things, counting: Counting, offset: int
) -> None:
    found = await things.read(WANTED, PageQuery(offset, LIMIT), counting)
    assert dict(things.commands.sent) == {("aggregate", NAME): 1}
    assert [row["_id"] for row in found.rows] == [f"{101 * n:04}" for n in range(NAMESAKES)][offset : offset + LIMIT]
    assert (found.total, found.more) == (Total(NAMESAKES), offset + LIMIT < NAMESAKES)


async def test_where_nothing_matches_one_round_trip_tells(things: Things) -> None:
    assert await things.read({"document.kind": {"$eq": "c"}}, PageQuery(0, LIMIT)) == RowPage([], Total(0), more=False)
    assert dict(things.commands.sent) == {("aggregate", NAME): 1}


async def test_a_page_that_nobody_counts_is_one_round_trip(things: Things) -> None:
    found = await things.read(WANTED, PageQuery(2, LIMIT), Counting.NONE)
    assert dict(things.commands.sent) == {("find", NAME): 1}
    assert (len(found.rows), found.total, found.more) == (LIMIT, None, True)


async def test_a_long_page_needs_no_second_batch(things: Things) -> None:
    found = await things.read({"document.kind": {"$eq": "b"}}, PageQuery(0, 1000))
    assert dict(things.commands.sent) == {("aggregate", NAME): 1}
    assert (len(found.rows), found.total) == (1000, Total(100 * NAMESAKES))
