"""The documents of a resource: each write carries its change, and nobody overwrites what they have not seen."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.domain.cursor import Position
from app.domain.ids import new_id
from app.errors import Conflict, InvalidQuery, NotFound, PayloadTooLarge, Unavailable
from app.storage.counting import CAP, Counting, Total
from app.storage.durable import Database
from app.storage.filters import field
from app.storage.many import Stale
from app.storage.order import Key, Order
from app.storage.repository import DEPARTED, Page, Repository, collection_of
from app.storage.rows import Stored, new_row
from app.system.ports import free_port

pytestmark = pytest.mark.anyio

AT = datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)
LATER = datetime(2024, 5, 2, tzinfo=UTC)
MEGABYTE = 1024 * 1024


def change(revision: int, at: datetime = AT, **more: Any) -> dict[str, Any]:
    return {"revision": revision, "at": at, "events": [{"id": new_id(), "kind": "Create", "changed": []}], **more}


def beside(change: dict[str, Any], **before: Any) -> dict[str, Any]:
    """The change as it is kept when it replaced what its events do not tell."""
    return {**change, "beside": {"changed": sorted(before), "before": before}}


@pytest.fixture
def documents(database: Database) -> Repository:
    return Repository(database, "Individual", 5000)


@pytest.fixture
def rows(mongo: MongoClient[dict[str, Any]], database_name: str) -> Any:
    """The collection as an operator sees it."""
    return mongo[database_name]["individual"]


@pytest.fixture
def departed(mongo: MongoClient[dict[str, Any]], database_name: str) -> Any:
    """The changes that deleted documents left, by resource and id."""

    def left(resource: str, id: str) -> list[Any]:
        found = mongo[database_name][DEPARTED].find({"resource": resource, "id": id}, sort=[("_id", 1)])
        return [change for row in found for change in row["pending"]]

    return left


def slow(behind: int = 0) -> dict[str, Any]:
    """A filter that takes the database long for every document but the first so many."""
    numbers = {"$cond": [{"$lt": ["$document.n", behind]}, 1, 1_000_000]}
    return {"$expr": {"$gt": [{"$sum": {"$range": [0, {"$add": [numbers, "$document.n"]}]}}, -1]}}


async def filled(documents: Repository, count: int, **more: Any) -> list[str]:
    ids = [new_id() for _ in range(count)]
    await documents.insert_many([new_row(id, {"n": index, **more}, change(1)) for index, id in enumerate(ids)])
    return ids


async def test_a_new_document_is_kept_together_with_its_change(documents: Repository, rows: Any) -> None:
    announced, document = change(1), {"givenName": "Ann", "birthDate": AT, "a.b": {"": None}}
    assert await documents.insert("1", document, announced) == Stored("1", 1, document, AT)
    assert rows.find_one() == {
        "_id": "1",
        "revision": 1,
        "created": AT,
        "changed": AT,
        "document": document,
        "pending": [announced],
    }


async def test_what_was_kept_is_read_back(documents: Repository) -> None:
    document = {"givenName": "Ann", "birthDate": AT, "n": 2**62, "x": [{"y": 1.0}, None, True]}
    await documents.insert("1", document, change(1))
    assert await documents.get("1") == Stored("1", 1, document, AT)


async def test_an_id_that_is_taken_is_a_conflict(documents: Repository, rows: Any) -> None:
    await documents.insert("1", {"n": 1}, change(1))
    with pytest.raises(Conflict, match="Individual 1 exists already"):
        await documents.insert("1", {"n": 2}, change(1))
    assert [row["document"] for row in rows.find()] == [{"n": 1}]


@pytest.mark.parametrize("id", ["nobody", "", "$where", "\0", "x" * 5000])
async def test_a_document_that_is_not_there_is_not_found(documents: Repository, id: str) -> None:
    with pytest.raises(NotFound, match="There is no Individual with the id") as missing:
        await documents.get(id)
    assert len(missing.value.message) < 300


async def test_a_replaced_document_has_its_changes_in_their_order(documents: Repository, rows: Any) -> None:
    first, second, third = change(1), change(2, LATER), change(3, LATER)
    seen = await documents.insert("1", {"n": 1, "gone": True}, first)
    seen = await documents.replace(seen, {"n": 2}, second)
    assert await documents.replace(seen, {"n": 3}, third) == Stored("1", 3, {"n": 3}, LATER)
    assert rows.find_one() == {
        "_id": "1",
        "revision": 3,
        "created": AT,
        "changed": LATER,
        "document": {"n": 3},
        "pending": [first, beside(second, n=1, gone=True), beside(third, n=2)],
    }


async def test_a_change_after_the_relay_has_drained_the_others_is_pending_again(
    documents: Repository, rows: Any
) -> None:
    seen = await documents.insert("1", {"n": 1}, change(1))
    rows.update_one({"_id": "1"}, {"$unset": {"pending": True}})
    announced = change(2)
    await documents.replace(seen, {"n": 2}, announced)
    assert rows.find_one()["pending"] == [beside(announced, n=1)]


async def test_the_successor_of_a_deleted_document_is_not_taken_for_it(documents: Repository, rows: Any) -> None:
    seen = await documents.insert("1", {"n": 1}, change(1))
    await documents.remove(seen, change(2))
    await documents.insert("1", {"n": 2}, change(1, LATER))
    with pytest.raises(Stale):
        await documents.replace(seen, {"n": 3}, change(2))
    with pytest.raises(Stale):
        await documents.remove(seen, change(2))
    assert rows.find_one()["document"] == {"n": 2}


async def test_what_others_have_changed_meanwhile_is_not_overwritten(documents: Repository, rows: Any) -> None:
    stale = await documents.insert("1", {"n": 1}, change(1))
    await documents.replace(stale, {"n": 2}, change(2))
    before = rows.find_one()
    with pytest.raises(Stale):
        await documents.replace(stale, {"n": 3}, change(2))
    with pytest.raises(Stale):
        await documents.remove(stale, change(2))
    assert rows.find_one() == before


async def test_of_many_who_saw_the_same_one_replaces_it(documents: Repository, rows: Any) -> None:
    seen = await documents.insert("1", {"n": 0}, change(1))
    outcomes = await asyncio.gather(
        *(documents.replace(seen, {"n": n}, change(2)) for n in range(1, 11)), return_exceptions=True
    )
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Stored)]
    assert sum(isinstance(outcome, Stale) for outcome in outcomes) == 9
    assert rows.find_one()["document"] == winner.document
    assert len(rows.find_one()["pending"]) == 2


async def test_who_finds_a_document_locked_is_asked_to_try_again(
    documents: Repository, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.repository.WRITE_SECONDS", 0.3)
    seen = await documents.insert("1", {}, change(1))
    async with database.client.start_session() as session, await session.start_transaction():
        await database["individual"].update_one({"_id": "1"}, {"$set": {"touched": True}}, session=session)
        with pytest.raises(Unavailable, match="try again"):
            await documents.replace(seen, {"n": 1}, change(2))
        with pytest.raises(Unavailable, match="try again"):
            await documents.remove(seen, change(2))
        await session.abort_transaction()
    await documents.remove(seen, change(2))


async def test_what_is_gone_can_be_neither_replaced_nor_removed(documents: Repository, departed: Any) -> None:
    seen = await documents.insert("1", {"n": 1}, change(1))
    await documents.remove(seen, change(2))
    with pytest.raises(Stale):
        await documents.replace(seen, {"n": 2}, change(2))
    with pytest.raises(Stale):
        await documents.remove(seen, change(2))
    assert len(departed("Individual", "1")) == 2


async def test_a_removed_document_leaves_its_changes_behind(documents: Repository, rows: Any, departed: Any) -> None:
    first, second, last = change(1), change(2), change(3)
    seen = await documents.insert("1", {"n": 1}, first)
    seen = await documents.replace(seen, {"n": 2}, second)
    await documents.remove(seen, last)
    assert rows.find_one() is None
    assert departed("Individual", "1") == [first, beside(second, n=1), last]


async def test_a_removed_document_whose_changes_are_told_leaves_the_last_one(
    documents: Repository, rows: Any, departed: Any
) -> None:
    seen, last = await documents.insert("1", {"n": 1}, change(1)), change(2)
    rows.update_one({"_id": "1"}, {"$unset": {"pending": True}})
    await documents.remove(seen, last)
    assert departed("Individual", "1") == [last]


async def test_a_successor_of_the_same_id_leaves_its_changes_behind_the_former(
    documents: Repository, departed: Any
) -> None:
    announced = [change(1), change(2), change(1), change(2)]
    for created, removed in (announced[:2], announced[2:]):
        await documents.remove(await documents.insert("1", {}, created), removed)
    assert departed("Individual", "1") == announced


async def test_changes_of_different_resources_with_one_id_are_kept_apart(database: Database, departed: Any) -> None:
    for resource in ("Individual", "Organization"):
        documents = Repository(database, resource, 5000)
        await documents.remove(await documents.insert("1", {}, change(1)), change(2, name=resource))
    assert [each.get("name") for each in departed("Organization", "1")] == [None, "Organization"]


async def test_many_documents_are_kept_at_once_each_with_its_change(documents: Repository, rows: Any) -> None:
    announced = [change(1) for _ in range(50)]
    await documents.insert_many([new_row(f"{n:02}", {"n": n}, each) for n, each in enumerate(announced)])
    assert [(row["_id"], row["document"], row["pending"]) for row in rows.find(sort=[("_id", 1)])] == [
        (f"{n:02}", {"n": n}, [each]) for n, each in enumerate(announced)
    ]


@pytest.mark.parametrize("criteria", [{}, {"document.kind": {"$eq": "a"}}], ids=["all", "filtered"])
@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [
        (0, 100, range(7)),
        (0, 7, range(7)),
        (0, 3, range(3)),
        (3, 3, range(3, 6)),
        (6, 3, range(6, 7)),
        (7, 3, range(0)),
        (1000, 3, range(0)),
        (0, 0, range(0)),
        (2, 0, range(0)),
    ],
)
async def test_a_page_holds_its_part_in_order_of_creation_and_the_total(
    documents: Repository, criteria: dict[str, Any], offset: int, limit: int, expected: range
) -> None:
    ids = await filled(documents, 7, kind="a")
    page = await documents.find(criteria, offset, limit)
    assert [(item.id, item.document["n"]) for item in page.items] == [(ids[n], n) for n in expected]
    assert page.total == Total(7)
    assert page.more == (offset + limit < 7)


async def test_the_total_counts_what_matches_and_nothing_else(documents: Repository) -> None:
    await filled(documents, 5, kind="a")
    await filled(documents, 9, kind="b")
    wanted = {field(("kind",)): {"$eq": "a"}}
    assert [(await documents.find(wanted, 0, limit)).total for limit in (0, 1, 5, 6)] == [Total(5)] * 4
    assert (await documents.find(wanted, 6, 5)).total == Total(5)
    assert (await documents.find({}, 0, 1)).total == Total(14)


async def test_an_empty_collection_has_an_empty_page(documents: Repository) -> None:
    assert await documents.find({}, 0, 10) == Page([], Total(0), more=False)


async def test_a_long_list_comes_whole(documents: Repository) -> None:
    ids = await filled(documents, 1000)
    assert [item.id for item in (await documents.find({}, 0, 1000)).items] == ids


async def test_only_the_attributes_that_are_asked_for_are_read(documents: Repository) -> None:
    await documents.insert("1", {"a": 1, "b": {"c": 2}, "d": 3}, change(1))
    assert await documents.get("1", {"b"}) == Stored("1", 1, {"b": {"c": 2}}, AT)
    assert await documents.get("1", {"nothing"}) == Stored("1", 1, {}, AT)
    for names, expected in (({"a", "d"}, {"a": 1, "d": 3}), ((), {})):
        [item] = (await documents.find({}, 0, 10, attributes=names)).items
        assert (item.id, item.document, item.edition) == ("1", expected, None)


async def test_a_list_tells_which_edition_of_a_document_it_has(documents: Repository) -> None:
    seen = await documents.insert("1", {"n": 1, "at": AT}, change(1))
    await documents.replace(seen, {"n": 2, "at": AT}, change(2, LATER))
    [item] = (await documents.find({}, 0, 10)).items
    assert (item.document, item.edition) == ({"n": 2, "at": AT.replace(tzinfo=None)}, (2, LATER.replace(tzinfo=None)))


async def test_what_the_order_needs_is_read_as_well(documents: Repository) -> None:
    await documents.insert("1", {"a": 1, "b": 2, "c": 3}, change(1))
    found = await documents.find({}, 0, 10, order=Order((Key(("b",)),)), attributes={"a"})
    assert found.items[0].document == {"a": 1, "b": 2}


async def test_a_page_behind_a_place_begins_there_whatever_its_offset(documents: Repository) -> None:
    ids = await filled(documents, 7)
    page = await documents.find({}, 1, 2, behind=Position((), ids[3]))
    assert ([item.id for item in page.items], page.more) == (ids[4:6], True)
    assert page.total == Total(7)


async def test_documents_with_arrays_under_the_key_of_a_place_are_paged_by_offset(documents: Repository) -> None:
    rows = [("1", {"n": [1, 9]}, change(1)), ("2", {"n": 3}, change(1)), ("3", {"n": 5}, change(1))]
    await documents.insert_many([new_row(*row) for row in rows])
    page = await documents.find({}, 2, 5, order=Order((Key(("n",)),)), behind=Position((3,), "2"))
    assert [item.id for item in page.items] == ["3"]


async def test_two_arrays_have_no_order(documents: Repository) -> None:
    await documents.insert("1", {"a": [1, 2], "b": [3, 4]}, change(1))
    with pytest.raises(InvalidQuery, match="sort by one of them at a time"):
        await documents.find({}, 0, 10, order=Order((Key(("a",)), Key(("b",)))))


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


async def test_where_a_sample_would_be_much_of_a_collection_all_are_counted(documents: Repository, rows: Any) -> None:
    rows.insert_many(
        [{"_id": f"{n:05}", "revision": 1, "changed": AT, "document": {"kind": "a"}} for n in range(CAP + 10)]
    )
    found = await documents.find({"document.kind": {"$eq": "a"}}, 0, 3, counting=Counting.ESTIMATED)
    assert found.total == Total(CAP + 10)


async def test_the_ids_that_exist_are_told_from_those_that_do_not(documents: Repository) -> None:
    ids = await filled(documents, 3)
    assert await documents.existing({ids[0], ids[2], "nobody", "$where"}) == {ids[0], ids[2]}
    assert await documents.existing(set()) == set()


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


async def test_a_database_that_cannot_be_reached_is_unavailable() -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0"
    async with AsyncMongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=200) as client:
        documents = Repository(client["liaison"], "Individual", 100)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await documents.get("1")


async def test_a_document_too_large_for_the_database_is_told(documents: Repository, rows: Any) -> None:
    seen = await documents.insert("1", {"n": 1}, change(1))
    with pytest.raises(PayloadTooLarge, match="16 MiB"):
        await documents.replace(seen, {"x": "y" * (17 * MEGABYTE)}, change(2))
    with pytest.raises(PayloadTooLarge, match="16 MiB"):
        await documents.insert("2", {"x": "y" * (17 * MEGABYTE)}, change(1))
    with pytest.raises(PayloadTooLarge, match="16 MiB"):
        await documents.remove(seen, change(2, document={"x": "y" * (17 * MEGABYTE)}))
    assert [row["document"] for row in rows.find()] == [{"n": 1}]


@pytest.mark.parametrize(
    ("resource", "collection"), [("Individual", "individual"), ("PartyInteraction", "partyInteraction"), ("X", "x")]
)
def test_a_collection_bears_the_name_of_its_resource(resource: str, collection: str) -> None:
    assert collection_of(resource) == collection
