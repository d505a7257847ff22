# SPDX-License-Identifier: Apache-2.0
"""Receipts: what is created under a key and the memory of it are one write, done by the first and by nobody else."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pymongo import AsyncMongoClient, MongoClient, timeout

from app.domain.dates import now
from app.errors import Conflict, KeyReused, Unavailable
from app.storage.documents.receipts import COLLECTION, Key, Receipts
from app.storage.documents.repository import Repository
from app.storage.mongod.durable import Database
from app.system.ports import free_port

pytestmark = pytest.mark.anyio

AT = datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)
KEY = Key.of("v4/Individual", "one", b"{}")
HOURS = 24
MEGABYTE = 1024 * 1024


@pytest.fixture
async def receipts(database: Database) -> Receipts:
    receipts = Receipts(database, HOURS)
    await receipts.prepare()
    return receipts


@pytest.fixture
def rows(mongo: MongoClient[dict[str, Any]], database_name: str) -> Any:
    """A function that reads a collection as an operator sees it."""
    return lambda name: list(mongo[database_name][name].find())


def inserting(documents: Repository, id: str, document: dict[str, Any] | None = None) -> Any:
    """What writes a new document in the transaction that it is given."""
    change = {"revision": 1, "at": AT, "events": [{"id": id, "kind": "Create"}]}
    return partial(documents.insert_within, id, document or {"n": id}, change, frozenset())


async def test_the_first_writes_and_is_remembered(receipts: Receipts, documents: Repository, rows: Any) -> None:
    before = now()
    answer = {"id": "1", "document": {"a.b": [1, {"@type": "X"}], "at": AT}}
    assert await receipts.find(KEY) is None
    assert await receipts.keep(KEY, answer, inserting(documents, "1")) is None
    assert await receipts.find(KEY) == answer
    assert [row["_id"] for row in rows("individual")] == ["1"]
    (row,) = rows(COLLECTION)
    assert (row["_id"], row["fingerprint"], row["answer"]) == (KEY.id, KEY.fingerprint, answer)
    assert timedelta(0) <= row["expires"] - timedelta(hours=HOURS) - before < timedelta(minutes=5)


async def test_whoever_comes_later_writes_nothing_and_gets_the_first_answer(
    receipts: Receipts, documents: Repository, rows: Any
) -> None:
    await receipts.keep(KEY, {"id": "1"}, inserting(documents, "1"))
    assert await receipts.keep(KEY, {"id": "2"}, inserting(documents, "2")) == {"id": "1"}
    assert await receipts.find(KEY) == {"id": "1"}
    assert [row["_id"] for row in rows("individual")] == ["1"]


async def test_another_body_under_the_key_is_refused_and_writes_nothing(
    receipts: Receipts, documents: Repository, rows: Any
) -> None:
    other = Key.of("v4/Individual", "one", b'{"a":1}')
    await receipts.keep(KEY, {"id": "1"}, inserting(documents, "1"))
    with pytest.raises(KeyReused, match="send a new key"):
        await receipts.find(other)
    with pytest.raises(KeyReused, match="send a new key"):
        await receipts.keep(other, {"id": "2"}, inserting(documents, "2"))
    assert [row["_id"] for row in rows("individual")] == ["1"]


@pytest.mark.parametrize(("place", "chosen"), [("v5/Individual", "one"), ("v4/Individual", "One"), ("v4", "one")])
async def test_another_place_or_another_text_is_another_key(
    receipts: Receipts, documents: Repository, place: str, chosen: str
) -> None:
    await receipts.keep(KEY, {"id": "1"}, inserting(documents, "1"))
    other = Key.of(place, chosen, b"{}")
    assert await receipts.find(other) is None
    assert await receipts.keep(other, {"id": "2"}, inserting(documents, "2")) is None


async def test_of_many_at_once_one_writes(receipts: Receipts, documents: Repository, rows: Any) -> None:
    ids = [str(number) for number in range(20)]
    answers = await asyncio.gather(*(receipts.keep(KEY, {"id": id}, inserting(documents, id)) for id in ids))
    (row,) = rows("individual")
    assert sorted(map(str, answers)) == sorted([*[str({"id": row["_id"]})] * 19, "None"])


async def test_a_write_that_fails_is_not_remembered(receipts: Receipts, documents: Repository, rows: Any) -> None:
    await receipts.keep(Key.of("", "other", b""), {"id": "1"}, inserting(documents, "1"))
    with pytest.raises(Conflict, match="Individual 1 exists already"):
        await receipts.keep(KEY, {"id": "1"}, inserting(documents, "1"))
    assert await receipts.find(KEY) is None
    assert len(rows(COLLECTION)) == 1


async def test_a_document_almost_as_large_as_may_be_is_remembered_with_its_receipt(
    receipts: Receipts, documents: Repository
) -> None:
    document = {"x": "x" * (7 * MEGABYTE - 1000)}
    assert await receipts.keep(KEY, {"id": "1", "document": document}, inserting(documents, "1", document)) is None
    assert await receipts.find(KEY) == {"id": "1", "document": document}
    assert (await documents.get("1")).document == document


async def test_the_database_forgets_a_key_when_its_time_is_over(
    receipts: Receipts, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    await receipts.prepare()
    indexes = mongo[database_name][COLLECTION].index_information()
    assert indexes["expires_1"]["expireAfterSeconds"] == 0


async def test_a_key_that_was_forgotten_may_be_used_again(
    receipts: Receipts, documents: Repository, mongo: MongoClient[dict[str, Any]], database_name: str
) -> None:
    await receipts.keep(KEY, {"id": "1"}, inserting(documents, "1"))
    mongo[database_name][COLLECTION].delete_many({})
    assert await receipts.find(KEY) is None
    assert await receipts.keep(KEY, {"id": "2"}, inserting(documents, "2")) is None


async def test_a_database_that_cannot_be_reached_is_told_to_the_client() -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/?replicaSet=rs0"
    async with AsyncMongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=200) as client:
        receipts = Receipts(client["nowhere"], HOURS)
        with pytest.raises(Unavailable):
            await receipts.find(KEY)
        with pytest.raises(Unavailable), timeout(1):
            await receipts.keep(KEY, {}, inserting(Repository(client["nowhere"], "Individual", 5000), "1"))
