# SPDX-License-Identifier: Apache-2.0
"""The documents of a resource: each write carries its change, and nobody overwrites what they have not seen."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient

from app.domain.events import lower_camel
from app.errors import Conflict, NotFound, PayloadTooLarge, Unavailable
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.repository import TOMBSTONES, Repository
from app.storage.documents.rows import StoredDocument, new_row
from app.storage.mongod.durable import Database
from app.storage.mongod.transactions import transact
from app.system.ports import free_port
from tests.storage.filling import AT, change, filled

pytestmark = pytest.mark.anyio

LATER = datetime(2024, 5, 2, tzinfo=UTC)
MEGABYTE = 1024 * 1024


def beside(change: dict[str, Any], **before: Any) -> dict[str, Any]:
    """The change as it is kept when it replaced what its events do not tell."""
    return {**change, "beside": {"changed": sorted(before), "before": before}}


@pytest.fixture
def departed(mongo: MongoClient[dict[str, Any]], database_name: str) -> Any:
    """The changes that deleted documents left, by resource and id."""

    def left(resource: str, id: str) -> list[Any]:
        found = mongo[database_name][TOMBSTONES].find({"resource": resource, "id": id}, sort=[("_id", 1)])
        return [change for row in found for change in row["pending"]]

    return left


async def test_a_new_document_is_kept_together_with_its_change(documents: Repository, rows: Any) -> None:
    announced, document = change(1), {"givenName": "Ann", "birthDate": AT, "a.b": {"": None}}
    assert await documents.insert("1", document, announced) == StoredDocument("1", 1, document, AT)
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
    assert await documents.get("1") == StoredDocument("1", 1, document, AT)


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
    assert await documents.replace(seen, {"n": 3}, third) == StoredDocument("1", 3, {"n": 3}, LATER)
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
    with pytest.raises(ConcurrentModification):
        await documents.replace(seen, {"n": 3}, change(2))
    with pytest.raises(ConcurrentModification):
        await documents.remove(seen, change(2))
    assert rows.find_one()["document"] == {"n": 2}


async def test_what_others_have_changed_meanwhile_is_not_overwritten(documents: Repository, rows: Any) -> None:
    stale = await documents.insert("1", {"n": 1}, change(1))
    await documents.replace(stale, {"n": 2}, change(2))
    before = rows.find_one()
    with pytest.raises(ConcurrentModification):
        await documents.replace(stale, {"n": 3}, change(2))
    with pytest.raises(ConcurrentModification):
        await documents.remove(stale, change(2))
    assert rows.find_one() == before


async def test_of_many_who_saw_the_same_one_replaces_it(documents: Repository, rows: Any) -> None:
    seen = await documents.insert("1", {"n": 0}, change(1))
    outcomes = await asyncio.gather(
        *(documents.replace(seen, {"n": n}, change(2)) for n in range(1, 11)), return_exceptions=True
    )
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, StoredDocument)]
    assert sum(isinstance(outcome, ConcurrentModification) for outcome in outcomes) == 9
    assert rows.find_one()["document"] == winner.document
    assert len(rows.find_one()["pending"]) == 2


async def test_who_finds_a_document_locked_is_asked_to_try_again(
    documents: Repository, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.documents.repository.WRITE_SECONDS", 0.3)
    monkeypatch.setattr("app.storage.documents.repository.transact", partial(transact, seconds=0.3))
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
    with pytest.raises(ConcurrentModification):
        await documents.replace(seen, {"n": 2}, change(2))
    with pytest.raises(ConcurrentModification):
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


async def test_the_ids_that_exist_are_told_from_those_that_do_not(documents: Repository) -> None:
    ids = await filled(documents, 3)
    assert await documents.existing({ids[0], ids[2], "nobody", "$where"}) == {ids[0], ids[2]}
    assert await documents.existing(set()) == set()


async def test_a_database_that_cannot_be_reached_is_unavailable() -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0"
    async with AsyncMongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=200) as client:
        documents = Repository(client["liaison"], "Individual", 100)
        with pytest.raises(Unavailable, match="cannot be reached"):
            await documents.get("1")


async def test_a_document_too_large_for_its_events_is_told(documents: Repository, rows: Any) -> None:
    seen = await documents.insert("1", {"n": 1}, change(1))
    with pytest.raises(PayloadTooLarge, match="are the most"):
        await documents.replace(seen, {"x": "y" * (8 * MEGABYTE)}, change(2))
    with pytest.raises(PayloadTooLarge, match="are the most"):
        await documents.insert("2", {"x": "y" * (8 * MEGABYTE)}, change(1))
    with pytest.raises(Unavailable, match="16 MiB"):
        await documents.remove(seen, change(2, document={"x": "y" * (17 * MEGABYTE)}))
    assert [row["document"] for row in rows.find()] == [{"n": 1}]


@pytest.mark.parametrize(
    ("resource", "collection"), [("Individual", "individual"), ("PartyInteraction", "partyInteraction"), ("X", "x")]
)
def test_a_collection_bears_the_name_of_its_resource(resource: str, collection: str) -> None:
    assert lower_camel(resource) == collection
