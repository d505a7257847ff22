"""The event log: no gaps, no doubles, and a chain that tells what was tampered with."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from app.domain import dates
from app.domain.ids import new_id
from app.storage.event_log import BrokenChain, EventLog
from tests.storage.listening import logged, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def entry(number: int = 1) -> dict[str, Any]:
    document = {"givenName": "Jané", "age": number, "weight": 1.0, "born": dates.now(), "a.b": {"$x": [True, None]}}
    return {
        "eventId": new_id(),
        "eventType": "IndividualCreateEvent",
        "kind": "Create",
        "api": "party",
        "resource": "Individual",
        "resourceId": str(number),
        "revision": 1,
        "at": dates.now(),
        "correlationId": None,
        "changed": ["givenName"],
        "document": document,
    }


async def verified(log: EventLog, start: int = 1) -> int:
    return [reached async for reached in log.verify(start)][-1]


async def test_entries_are_numbered_from_one_without_gaps(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        log = EventLog(database)
        assert (await log.tail())[0] == 0
        first = await log.append([entry(), entry(), entry()])
        await log.append([entry()])

        assert [each["_id"] for each in await logged(database)] == [1, 2, 3, 4]
        assert [each["eventId"] for each in await log.after(1, 2)] == [each["eventId"] for each in first[1:]]
        assert await log.tail() == (4, (await logged(database))[-1]["hash"])
        assert await verified(log) == 4


async def test_an_event_that_is_in_the_log_is_not_appended_again(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        log, known, fresh = EventLog(database), entry(), entry()
        await log.append([known])

        assert [each["eventId"] for each in await log.append([known, fresh, known, fresh])] == [fresh["eventId"]]
        assert [each["eventId"] for each in await logged(database)] == [known["eventId"], fresh["eventId"]]


async def test_not_even_the_database_takes_an_event_twice(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        [logged_once] = await EventLog(database).append([entry()])

        with pytest.raises(DuplicateKeyError):
            await database["event"].insert_one({**logged_once, "_id": 2})


async def test_writers_at_the_same_time_neither_double_nor_reorder(mongodb_uri: str, clean_database: str) -> None:
    entries = [entry(number) for number in range(60)]
    overlapping = [entries[:40], entries[20:], entries, entries[10:30]]
    async with opened(mongodb_uri, clean_database) as database:
        appended = await asyncio.gather(*(EventLog(database).append(some) for some in overlapping))

        found = await logged(database)
        assert [each["_id"] for each in found] == list(range(1, 61))
        assert sorted(each["eventId"] for each in found) == sorted(each["eventId"] for each in entries)
        assert sum(map(len, appended)) == 60
        assert await verified(EventLog(database)) == 60


async def test_verification_can_begin_anywhere(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        log = EventLog(database)
        await log.append([entry() for _ in range(5)])
        await database["event"].update_one({"_id": 2}, {"$set": {"kind": "Delete"}})

        assert await verified(log, start=4) == 5


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ({"$set": {"document.age": 99}}, "document was changed"),
        ({"$set": {"document.weight": 1}}, "document was changed"),
        ({"$set": {"resourceId": "other"}}, "it was changed"),
        ({"$set": {"contentHash": "0" * 64}}, "it was changed"),
        ({"$set": {"hash": "0" * 64}}, "it was changed"),
        ({"$set": {"extra": 1}}, "it was changed"),
        ({"$unset": {"loggedAt": True}}, "it was changed"),
    ],
)
async def test_verification_names_the_entry_that_was_tampered_with(
    mongodb_uri: str, clean_database: str, tampering: dict[str, Any], told: str
) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        log = EventLog(database)
        await log.append([entry(7) for _ in range(4)])
        await database["event"].update_one({"_id": 3}, tampering)

        with pytest.raises(BrokenChain, match=told) as broken:
            await verified(log)
        assert broken.value.sequence == 3


async def test_verification_finds_an_entry_that_was_removed(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        log = EventLog(database)
        await log.append([entry() for _ in range(4)])
        await database["event"].delete_one({"_id": 2})

        with pytest.raises(BrokenChain, match="entry 2 is missing"):
            await verified(log)


async def test_a_dropped_document_leaves_the_chain_whole(mongodb_uri: str, clean_database: str) -> None:
    async with opened(mongodb_uri, clean_database) as database:
        log = EventLog(database)
        await log.append([entry() for _ in range(3)])
        await database["event"].update_one({"_id": 2}, {"$unset": {"document": True}})

        assert await verified(log) == 3


async def test_the_chain_is_the_same_for_every_kind_of_stored_value(mongodb_uri: str, clean_database: str) -> None:
    odd = entry()
    odd["document"] = {"big": 2**62, "bytes": b"\x00\xff", "text": "\U0001f600\x00", "deep": [[[{"z": 1, "a": -0.0}]]]}
    async with opened(mongodb_uri, clean_database) as database:
        await EventLog(database).append([odd])

        assert await verified(EventLog(database)) == 1
