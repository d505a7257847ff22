# SPDX-License-Identifier: Apache-2.0
"""The event log: no gaps, no doubles, one order."""

import asyncio

import pytest
from pymongo.errors import DuplicateKeyError

from app.storage.event_log.chain import START
from app.storage.event_log.event_log import PAGE, EventLog
from app.storage.mongod.durable import Database
from tests.storage.entries import checked, entry
from tests.storage.watching import logged

pytestmark = pytest.mark.anyio


async def test_entries_are_numbered_from_one_without_gaps(database: Database) -> None:
    log = EventLog(database)
    assert await log.tail() == START
    first = await log.append([entry(), entry(), entry()])
    await log.append([entry()])

    assert [each["_id"] for each in await logged(database)] == [1, 2, 3, 4]
    assert [each["eventId"] for each in await log.after(1, 2)] == [each["eventId"] for each in first[1:]]
    assert await log.tail() == (4, (await logged(database))[-1]["hash"])
    assert (await checked(log)).entries == 4


async def test_an_event_that_is_in_the_log_is_not_appended_again(database: Database) -> None:
    log, known, fresh = EventLog(database), entry(), entry()
    await log.append([known])

    assert [each["eventId"] for each in await log.append([known, fresh, known, fresh])] == [fresh["eventId"]]
    assert [each["eventId"] for each in await logged(database)] == [known["eventId"], fresh["eventId"]]


async def test_not_even_the_database_takes_an_event_twice(database: Database) -> None:
    [logged_once] = await EventLog(database).append([entry()])

    with pytest.raises(DuplicateKeyError):
        await database["event"].insert_one({**logged_once, "_id": 2})


async def test_writers_at_the_same_time_neither_double_nor_reorder(database: Database) -> None:
    entries = [entry(number) for number in range(60)]
    overlapping = [entries[:40], entries[20:], entries, entries[10:30]]
    appended = await asyncio.gather(*(EventLog(database).append(some) for some in overlapping))

    found = await logged(database)
    assert [each["_id"] for each in found] == list(range(1, 61))
    assert sorted(each["eventId"] for each in found) == sorted(each["eventId"] for each in entries)
    assert sum(map(len, appended)) == 60
    assert (await checked(EventLog(database))).entries == 60


async def test_an_entry_is_marked_by_its_number_and_hash(database: Database) -> None:
    log = EventLog(database)
    first, _ = await log.append([entry(), entry()])

    assert await log.mark(0) == START
    assert await log.mark(1) == (1, first["hash"])
    assert await log.mark(3) is None


@pytest.mark.parametrize("length", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 3])
async def test_a_walk_passes_every_entry_once_and_in_order(database: Database, length: int) -> None:
    log = EventLog(database)
    if length:
        await database["event"].insert_many([{"_id": number, "eventId": number} for number in range(1, length + 1)])

    assert [each["_id"] async for each in log.walk(0)] == list(range(1, length + 1))
    assert [each["_id"] async for each in log.walk(length // 2)] == list(range(length // 2 + 1, length + 1))


async def test_a_walk_goes_on_to_what_is_logged_meanwhile(database: Database) -> None:
    log, seen = EventLog(database), []
    await log.append([entry() for _ in range(PAGE)])
    async for each in log.walk(0):
        seen.append(each["_id"])
        if len(seen) == 1:
            await log.append([entry()])

    assert seen == list(range(1, PAGE + 2))


async def test_entries_about_one_resource_are_found_alone(database: Database) -> None:
    log = EventLog(database)
    await log.append([entry(1), entry(2), entry(1), {**entry(1), "resource": "Customer"}])

    assert [each["_id"] async for each in log.about("Individual", "1")] == [1, 3]
