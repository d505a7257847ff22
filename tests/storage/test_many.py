# SPDX-License-Identifier: Apache-2.0
"""Many requests at a time share round trips, and each hears only of its own document."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.errors import Conflict, NotFound, OutboxFull, PayloadTooLarge, Unavailable
from app.settings import Settings
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.mongod.client import connect
from app.storage.mongod.durable import Database
from tests.storage.commands import Commands, heard
from tests.storage.filling import change
from tests.storage.watching import until
from tests.storage.wire import Wire

pytestmark = pytest.mark.anyio

MANY = 40
MEGABYTE = 1024 * 1024
HUGE = "x" * (17 * MEGABYTE)
"""More than MongoDB takes."""


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
async def database(mongodb_uri: str, clean_database: str, commands: Commands) -> AsyncIterator[Database]:
    async with heard(mongodb_uri, commands) as client:
        yield client[clean_database]


async def insert(documents: Repository, id: str, **document: Any) -> StoredDocument:
    return await documents.insert(id, document, change(1))


async def replace(documents: Repository, seen: StoredDocument, **document: Any) -> StoredDocument:
    return await documents.replace(seen, document, change(seen.revision + 1))


async def outcomes(*asked: Any) -> list[Any]:
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_many_ask_for_takes_few_round_trips(documents: Repository, commands: Commands, rows: Any) -> None:
    ids = [f"{n:02}" for n in range(MANY)]
    kept = await outcomes(*(insert(documents, id, n=0) for id in ids))
    assert await outcomes(*(documents.get(id) for id in ids)) == kept
    await outcomes(*(replace(documents, seen, n=1) for seen in kept))
    assert [commands.of(command, "individual") for command in ("insert", "find", "update")] == [1, 1, 1]
    assert rows.count_documents({"document.n": 1, "revision": 2, "pending": {"$size": 2}}) == MANY


async def test_one_request_alone_takes_one_round_trip_for_each_read_and_write(
    documents: Repository, commands: Commands
) -> None:
    await insert(documents, "1", n=0)
    await replace(documents, await documents.get("1"), n=1)
    assert [commands.of(command, "individual") for command in ("insert", "find", "update")] == [1, 1, 1]


async def test_only_who_asks_for_what_is_not_there_hears_of_it(documents: Repository) -> None:
    seen = await insert(documents, "1", n=1)
    found, missing, again = await outcomes(*(documents.get(id) for id in ("1", "nobody", "1")))
    assert found == again == seen
    assert isinstance(missing, NotFound)
    assert "'nobody'" in missing.message


async def test_only_who_wants_a_taken_id_hears_of_it(documents: Repository, rows: Any) -> None:
    await insert(documents, "1", n=1)
    first, taken, third = await outcomes(*(insert(documents, id, n=2) for id in ("0", "1", "2")))
    assert isinstance(taken, Conflict)
    assert taken.message == "Individual 1 exists already"
    assert [first.id, third.id] == ["0", "2"]
    assert [(row["_id"], row["document"]["n"]) for row in rows.find(sort=[("_id", 1)])] == [
        ("0", 2),
        ("1", 1),
        ("2", 2),
    ]


async def test_of_two_who_want_the_same_new_id_one_gets_it(documents: Repository) -> None:
    kept, refused = sorted(await outcomes(insert(documents, "1", n=1), insert(documents, "1", n=2)), key=str)[::-1]
    assert {type(kept), type(refused)} == {StoredDocument, Conflict}


async def test_only_who_saw_an_older_document_is_told_so(documents: Repository, rows: Any) -> None:
    older, gone, current = [await insert(documents, id, n=0) for id in ("older", "gone", "current")]
    await replace(documents, older, n=1)
    await documents.remove(gone, change(2))
    told = await outcomes(*(replace(documents, seen, n=2) for seen in (older, gone, current)))
    assert [type(outcome) for outcome in told] == [ConcurrentModification, ConcurrentModification, StoredDocument]
    kept = {row["_id"]: (row["document"], row["revision"], len(row["pending"])) for row in rows.find()}
    assert kept == {"older": ({"n": 1}, 2, 2), "current": ({"n": 2}, 2, 2)}


async def test_only_who_sends_too_much_is_told_so(documents: Repository, rows: Any) -> None:
    small, huge = await outcomes(insert(documents, "small"), insert(documents, "huge", text=HUGE))
    assert isinstance(huge, PayloadTooLarge)
    told = await outcomes(replace(documents, small, text=HUGE), insert(documents, "other"))
    assert [type(outcome) for outcome in told] == [PayloadTooLarge, StoredDocument]
    assert sorted(row["_id"] for row in rows.find()) == ["other", "small"]


async def test_what_only_with_its_undelivered_changes_is_too_large_is_told_to_its_client_alone(
    documents: Repository, rows: Any
) -> None:
    large, small = await insert(documents, "large", text="a" * (6 * MEGABYTE)), await insert(documents, "small")
    large = await replace(documents, large, text="b" * (6 * MEGABYTE))
    told = await outcomes(replace(documents, large, text="c" * (6 * MEGABYTE)), replace(documents, small, n=1))
    assert [type(outcome) for outcome in told] == [OutboxFull, StoredDocument]
    assert rows.find_one({"_id": "large"})["revision"] == 2


async def test_a_document_that_is_locked_holds_up_nobody_who_comes_later(
    documents: Repository, database: Database, commands: Commands
) -> None:
    locked, other = await insert(documents, "locked"), await insert(documents, "other")
    async with database.client.start_session() as session, await session.start_transaction():
        await database["individual"].update_one({"_id": "locked"}, {"$set": {"touched": True}}, session=session)
        before = commands.of("update", "individual")
        waiting = asyncio.create_task(replace(documents, locked, n=1))
        await until(lambda: commands.of("update", "individual") > before)
        for n in range(1, 4):
            other = await replace(documents, other, n=n)
        assert not waiting.done()
        await session.abort_transaction()
    assert (await waiting).revision == 2


async def test_all_are_asked_to_try_again_when_the_database_is_away(mongodb_uri: str, clean_database: str) -> None:
    async with Wire(mongodb_uri) as wire, connect(Settings(mongodb_uri=wire.uri)) as client:
        documents = Repository(client[clean_database], "Individual", 5000)
        await insert(documents, "1")
        await wire.cut()
        told = await outcomes(documents.get("1"), documents.get("2"))
        assert [type(outcome) for outcome in told] == [Unavailable, Unavailable]
        wire.mend()
        assert (await documents.get("1")).id == "1"
