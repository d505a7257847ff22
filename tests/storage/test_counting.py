# SPDX-License-Identifier: Apache-2.0
"""How many documents a list has, told as the client prefers; and lists that take too long."""

from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from app.errors import InvalidQuery, Unavailable
from app.storage.documents import counting
from app.storage.documents.counting import CAP, DRAWS, Counter, Counting, Total
from app.storage.documents.filters import field
from app.storage.documents.repository import Repository
from app.storage.mongod.durable import Database
from tests.storage.filling import AT, filled

pytestmark = pytest.mark.anyio


def slow(behind: int = 0) -> dict[str, Any]:
    """A filter that takes the database long for every document but the first so many."""
    numbers = {"$cond": [{"$lt": ["$document.n", behind]}, 1, 1_000_000]}
    return {"$expr": {"$gt": [{"$sum": {"$range": [0, {"$add": [numbers, "$document.n"]}]}}, -1]}}


@pytest.mark.parametrize("criteria", [{}, {"document.kind": {"$eq": "a"}}], ids=["all", "filtered"])
async def test_nothing_is_counted_when_nobody_wants_to_know(documents: Repository, criteria: dict[str, Any]) -> None:
    await filled(documents, 7, kind="a")
    pages = [await documents.find(criteria, *part, counting=Counting.NONE) for part in ((0, 5), (5, 5), (0, 0), (9, 5))]
    assert [(len(page.items), page.total, page.more) for page in pages] == [
        (5, None, True),
        (2, None, False),
        (0, None, True),
        (0, None, False),
    ]


async def test_few_documents_are_counted_where_an_estimate_would_do(documents: Repository) -> None:
    await filled(documents, 7, kind="a")
    wanted = {field(("kind",)): {"$eq": "a"}}
    pages = [await documents.find(wanted, offset, 3, counting=Counting.ESTIMATED) for offset in (0, 3, 6, 9)]
    assert [page.total for page in pages] == [Total(7)] * 4
    assert (await documents.find({}, 0, 3, counting=Counting.ESTIMATED)).total == Total(7, exact=False)


async def test_many_documents_are_estimated_from_a_sample(documents: Repository, rows: Any) -> None:
    rows.insert_many(
        [{"_id": f"{n:05}", "revision": 1, "changed": AT, "document": {"half": n % 2, "n": n}} for n in range(5 * CAP)]
    )
    half, few = ({"document.half": {"$eq": 1}}, {"document.n": {"$lt": CAP + 5}})
    total = (await documents.find(half, 0, 3, counting=Counting.ESTIMATED)).total
    assert total is not None
    assert not total.exact
    # With 400 drawn, the share is within 15 points of a half but for once in hundreds of millions of runs.
    assert 1.75 * CAP < total.number < 3.25 * CAP
    assert (await documents.find(half, 3, 3, counting=Counting.ESTIMATED)).total == total, (
        "it is told alike for a while"
    )
    least = (await documents.find(few, CAP + 2, 2, counting=Counting.ESTIMATED)).total
    assert least is not None
    assert least.number >= CAP + 5


async def test_a_sample_that_the_database_fails_to_draw_is_drawn_again_and_then_told_of(
    database: Database, mongo: MongoClient[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where many were deleted just before, the database takes seconds to draw a sample.
    rows = mongo[database.name]["sampled"]
    rows.drop()
    rows.insert_many([{"_id": f"{n:05}", "document": {"n": 0}} for n in range(5 * CAP)])
    failing = {"$expr": {"$gt": [{"$divide": [1, "$document.n"]}, 0]}}
    with pytest.raises(OperationFailure) as failure:
        rows.count_documents(failing)
    drawn: list[object] = []
    share = Counter._count_sample

    async def noted(self: Counter, stages: Any, draws: int = DRAWS) -> int:
        drawn.append(draws)
        return await share(self, stages, draws)

    # No database fails so when it is wanted: this one fails for another reason, each time.
    monkeypatch.setattr(counting, "DRAWN_TWICE", failure.value.code)
    monkeypatch.setattr(Counter, "_count_sample", noted)
    with pytest.raises(Unavailable, match="could not be estimated"):
        await Counter(database["sampled"], 5000).total_from_count(failing, Counting.ESTIMATED, CAP + 1)
    assert drawn == [*range(DRAWS, 0, -1)]
    rows.drop()


async def test_where_a_sample_would_be_much_of_a_collection_all_are_counted(documents: Repository, rows: Any) -> None:
    rows.insert_many(
        [{"_id": f"{n:05}", "revision": 1, "changed": AT, "document": {"kind": "a"}} for n in range(CAP + 10)]
    )
    found = await documents.find({"document.kind": {"$eq": "a"}}, 0, 3, counting=Counting.ESTIMATED)
    assert found.total == Total(CAP + 10)


async def test_a_query_that_takes_too_long_is_unavailable(database: Database) -> None:
    documents = Repository(database, "Individual", 5)
    await filled(documents, 3)
    with pytest.raises(Unavailable, match="took too long") as refused:
        await documents.find(slow(), 0, 10)
    assert refused.value.headers == {"Retry-After": "1"}


async def test_an_expression_that_takes_too_long_is_the_clients_to_narrow(database: Database) -> None:
    documents = Repository(database, "Individual", 5)
    await filled(documents, 3)
    searching = slow() | {field(("name",)): {"$not": {"$regex": "a.*b"}}}
    with pytest.raises(InvalidQuery, match=r"begin it with '\^' and the text that is known") as refused:
        await documents.find(searching, 0, 10)
    assert refused.value.headers == {}


async def test_an_expression_that_the_database_cannot_read_is_refused(documents: Repository) -> None:
    await filled(documents, 1)
    with pytest.raises(InvalidQuery, match="cannot search for the regular expression; write a simpler one"):
        await documents.find({field(("name",)): {"$regex": "(?P<" + "n" * 40 + ">a)"}}, 0, 10)


@pytest.mark.parametrize(("counting", "cheaper"), [(Counting.EXACT, "estimated"), (Counting.ESTIMATED, "none")])
async def test_a_count_that_takes_too_long_tells_what_would_be_quicker(
    database: Database, counting: Counting, cheaper: str
) -> None:
    documents = Repository(database, "Individual", 5)
    await filled(documents, 3)
    with pytest.raises(Unavailable, match=f"send 'Prefer: count={cheaper}'") as refused:
        await documents.find(slow(), 0, 0, counting=counting)
    assert refused.value.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(("counting", "cheaper"), [(Counting.EXACT, "estimated"), (Counting.ESTIMATED, "none")])
async def test_a_page_that_is_found_soon_does_not_make_up_for_a_count_that_is_not(
    database: Database, counting: Counting, cheaper: str
) -> None:
    documents = Repository(database, "Individual", 250)
    await filled(documents, 50)
    with pytest.raises(Unavailable, match=f"send 'Prefer: count={cheaper}'"):
        await documents.find(slow(behind=2), 0, 1, counting=counting)
    assert (await documents.find(slow(behind=2), 0, 1, counting=Counting.NONE)).more
