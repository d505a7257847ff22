# SPDX-License-Identifier: Apache-2.0
"""Batches of pending changes: bounded, in order where an id is used again, and not held up by what is locked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.storage.documents.repository import TOMBSTONES
from app.storage.event_log.event_log import EventLog
from app.storage.mongod.durable import Database, durable
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import LARGEST_READ, Clearing, Outbox, OutboxBatch, Source
from tests.storage.commands import Commands, heard
from tests.storage.listening import SOURCES, Writer, relay
from tests.storage.watching import logged

pytestmark = pytest.mark.anyio


def read(found: list[OutboxBatch]) -> list[tuple[str, str]]:
    """Which documents were read, and whether they are departed."""
    return [("departed" if each.departed else each.source.resource, each.id) for each in found]


@asynccontextmanager
async def locked(database: Database, id: str) -> AsyncIterator[None]:
    """An individual in a transaction that its client has forgotten."""
    async with database.client.start_session() as session, await session.start_transaction():
        await database["individual"].update_one({"_id": id}, {"$set": {"touched": True}}, session=session)
        yield
        await session.abort_transaction()


async def test_a_batch_is_bounded_by_count(database: Database) -> None:
    for number in range(5):
        await Writer(database).create(str(number), name="a")

    pending = Outbox(database, SOURCES)
    assert read(await pending.oldest(3)) == [("Individual", each) for each in "012"]
    assert pending.more
    await pending.oldest(6)
    assert not pending.more


async def test_a_batch_is_bounded_by_size_and_each_collection_has_its_share(database: Database) -> None:
    large = "x" * (LARGEST_READ // 3)
    for number in range(3):
        await Writer(database).create(str(number), name=large)
        await Writer(database, "Customer").create(str(number), name="small")

    pending = Outbox(database, SOURCES)
    found = read(await pending.oldest(10))
    assert found == [("Individual", "0"), ("Customer", "0"), ("Customer", "1"), ("Customer", "2")]
    assert pending.more


async def test_collections_in_which_nothing_waits_have_no_share(database: Database) -> None:
    for number in range(3):
        await Writer(database).create(str(number), name="x" * (LARGEST_READ // 8))

    idle = [Source(f"Idle{number}", "idle") for number in range(100)]
    pending = Outbox(database, [*SOURCES, *idle])
    assert read(await pending.oldest(10)) == [("Individual", each) for each in "012"]
    assert not pending.more


async def test_a_successor_waits_for_a_predecessor_that_is_not_in_the_batch(database: Database) -> None:
    individuals = Writer(database)
    for id in ("other", "1"):
        await individuals.create(id, name="a")
        await individuals.delete(id)
    await individuals.create("1", name="b")

    assert read(await Outbox(database, SOURCES).oldest(1)) == [("departed", "other")]
    assert read(await Outbox(database, SOURCES).oldest(2)) == [
        ("departed", "other"),
        ("departed", "1"),
        ("Individual", "1"),
    ]


async def test_of_many_cleared_together_each_keeps_what_came_meanwhile(database: Database) -> None:
    individuals, pending, log = Writer(database), Outbox(database, SOURCES), EventLog(database)
    for id in ("alone", "patched", "logged", "again", "gone", "back"):
        await individuals.create(id, name="a")
    seen = await pending.oldest(10)
    await log.append(list(entries(seen)))
    for id in ("logged", "again"):
        await pending.clear([each for each in seen if each.id == id])
    for id in ("patched", "again", "back"):
        await individuals.patch(id, name="b")
    for id in ("gone", "back"):
        await individuals.delete(id)
    await individuals.create("back", name="c")
    await pending.clear(seen)

    left = {(bool(each.departed), each.id): len(each.changes) for each in await pending.oldest(10)}
    assert left == {
        (False, "patched"): 1,
        (False, "again"): 1,
        (True, "gone"): 2,
        (True, "back"): 3,
        (False, "back"): 1,
    }
    assert await relay(database).drain()
    assert await pending.oldest(10) == []
    assert len(await logged(database)) == 6 + 3 + 2 + 1


async def test_what_departed_is_cleared_when_all_of_it_is_logged(database: Database) -> None:
    individuals, pending = Writer(database), Outbox(database, SOURCES)
    for id in ("1", "2"):
        await individuals.create(id, name="a")
        await individuals.delete(id)
    seen = await pending.oldest(10)
    await individuals.create("2", name="b")
    await individuals.delete("2")
    await pending.clear(seen)

    assert [(each.id, len(each.changes)) for each in await pending.oldest(10)] == [("2", 4)]


async def test_a_locked_document_holds_up_no_other(database: Database) -> None:
    for id in ("1", "2"):
        await Writer(database).create(id, name="a")
    async with locked(database, "1"):
        mine = relay(database)
        assert await mine.drain()
        await Writer(database).create("3", name="a")
        assert await mine.drain()
        assert not await mine.drain()
        assert [each["resourceId"] for each in await logged(database)] == ["1", "2", "3"]
        assert read(await Outbox(database, SOURCES).oldest(9)) == [("Individual", "1")]

    assert await relay(database).drain()
    assert await Outbox(database, SOURCES).oldest(9) == []
    assert len(await logged(database)) == 3


async def test_what_is_locked_is_left_alone_for_a_while_only(database: Database) -> None:
    await Writer(database).create("1", name="a")
    individuals = durable(database, "individual")
    found: list[Any] = []
    for seconds in (600.0, 0.0):
        clearing = Clearing(locked_seconds=seconds)
        async with locked(database, "1"):
            await Outbox(database, SOURCES, clearing).clear(await Outbox(database, SOURCES).oldest(1))
        found.append(clearing.locked_ids(individuals))

    assert found == [["1"], []]


async def test_where_nothing_waits_is_not_read_however_many_collections_there_are(
    database: Database, mongodb_uri: str
) -> None:
    many = [*SOURCES, *(Source(f"Thing{number}", "thing") for number in range(50))]
    await Outbox(database, many).prepare()
    await Writer(database).create("1", name="a")
    commands = Commands()
    async with heard(mongodb_uri, commands) as client:
        pending = Outbox(client[database.name], many)
        assert read(await pending.oldest(10)) == [("Individual", "1")]
    read_ones = {collection for command, collection in commands.sent if command == "find"}
    assert read_ones == {"individual", TOMBSTONES}
    assert commands.sent.total() <= 5
