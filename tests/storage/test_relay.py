# SPDX-License-Identifier: Apache-2.0
"""The relay: every change reaches the log once and in order, wherever a relay dies."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest
from pymongo import MongoClient

from app.events.relay.relay import BATCH, GATHER_SECONDS, GATHER_SECONDS_EACH, gathering
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import verify_chain
from app.storage.mongod.durable import Database
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox, any_pending
from tests.storage.commands import Commands, heard
from tests.storage.listening import SOURCES, Writer, opened, relay, running
from tests.storage.watching import has_logged, logged, until
from tests.storage.wire import Wire

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]


def of(found: list[dict[str, Any]], id: str) -> list[tuple[int, str]]:
    return [(each["revision"], each["kind"]) for each in found if each["resourceId"] == id]


async def test_changes_reach_the_log_and_leave_the_document(
    database: Database, clean_database: str, mongo: Mongo
) -> None:
    individuals = Writer(database)
    await individuals.create("1", status="initialized", **{"a.b": {"x.y": 1}})
    await individuals.patch("1", status="validated", givenName="Jane")
    assert await relay(database).drain()

    found = await logged(database)
    assert of(found, "1") == [(1, "Create"), (2, "AttributeValueChange"), (2, "StateChange")]
    assert [each["changed"] for each in found[1:]] == [["givenName"], ["status"]]
    assert found[2]["document"] == {"status": "validated", "a.b": {"x.y": 1}, "givenName": "Jane"}
    assert found[0]["document"] == {"status": "initialized", "a.b": {"x.y": 1}}
    stored = mongo[clean_database]["individual"].find_one({"_id": "1"})
    assert stored is not None
    assert "pending" not in stored
    assert not await relay(database).drain()


async def test_a_change_that_comes_while_others_are_drained_stays(database: Database) -> None:
    individuals, pending, log = Writer(database), Outbox(database, SOURCES), EventLog(database)
    await individuals.create("1", name="a")
    seen = await pending.oldest(10)
    await individuals.patch("1", name="b")
    await log.append(list(entries(seen)))
    await pending.clear(seen)

    assert [[change["revision"] for change in each.changes] for each in await pending.oldest(10)] == [[2]]


async def test_dying_between_append_and_clear_doubles_nothing(database: Database) -> None:
    individuals, pending, log = Writer(database), Outbox(database, SOURCES), EventLog(database)
    await individuals.create("1", name="a")
    await individuals.create("2", name="a")
    await individuals.delete("2")
    await log.append(list(entries(await pending.oldest(10))))
    await individuals.patch("1", name="b")
    await relay(database).drain()

    found = await logged(database)
    assert len(found) == 4
    assert of(found, "1") == [(1, "Create"), (2, "AttributeValueChange")]
    assert of(found, "2") == [(1, "Create"), (2, "Delete")]
    assert await pending.oldest(10) == []


async def test_a_relay_that_lags_behind_takes_back_nothing(database: Database) -> None:
    individuals, pending, log = Writer(database), Outbox(database, SOURCES), EventLog(database)
    await individuals.create("1", name="a")
    seen_long_ago = await pending.oldest(10)
    await individuals.delete("1")
    await relay(database).drain()
    await individuals.create("1", name="again")
    await log.append(list(entries(seen_long_ago)))
    await pending.clear(seen_long_ago)
    await relay(database).drain()

    assert of(await logged(database), "1") == [(1, "Create"), (2, "Delete"), (1, "Create")]


async def test_an_id_used_again_keeps_its_order(database: Database) -> None:
    individuals = Writer(database)
    for _ in range(3):
        await individuals.create("1", name="a")
        await individuals.patch("1", name="b")
        await individuals.delete("1")
    await individuals.create("1", name="last")
    await relay(database).drain()

    one_life = [(1, "Create"), (2, "AttributeValueChange"), (3, "Delete")]
    assert of(await logged(database), "1") == [*one_life * 3, (1, "Create")]
    assert await database["departed"].count_documents({}) == 0


async def test_a_predecessor_goes_first_even_by_a_clock_that_is_ahead(
    database: Database, clean_database: str, mongo: Mongo
) -> None:
    individuals = Writer(database)
    await individuals.create("1", name="a")
    await individuals.delete("1")
    later = mongo[clean_database]["departed"].find_one_and_update(
        {}, [{"$set": {"pending.at": {"$add": ["$$NOW", 60_000]}}}]
    )
    assert later is not None
    await individuals.create("1", name="b")
    await relay(database).drain()

    assert of(await logged(database), "1") == [(1, "Create"), (2, "Delete"), (1, "Create")]


LIFE = [(1, "Create"), *((revision, "AttributeValueChange") for revision in range(2, 7)), (7, "Delete")]


async def live(database: Any, count: int) -> None:
    """Let `count` individuals and as many customers live and die, all at the same time."""

    async def one(writer: Writer, id: str) -> None:
        await writer.create(id, status="a", count=0)
        for number in range(1, 6):
            await writer.patch(id, count=number)
        await writer.delete(id)

    writers = (Writer(database), Writer(database, "Customer"))
    await asyncio.gather(*(one(writer, str(number)) for number in range(count) for writer in writers))


async def assert_logged_once_and_in_order(database: Any, count: int) -> None:
    found = await logged(database)
    assert [each["_id"] for each in found] == list(range(1, 2 * count * len(LIFE) + 1))
    for resource in ("Individual", "Customer"):
        lives = [each for each in found if each["resource"] == resource]
        assert all(of(lives, str(number)) == LIFE for number in range(count))
    assert [each async for each in verify_chain(EventLog(database))][-1].entries == len(found)
    assert await Outbox(database, SOURCES).oldest(10) == []


async def test_relays_at_the_same_time_neither_double_nor_reorder(database: Database) -> None:
    living = asyncio.create_task(live(database, 8))

    async def drain() -> None:
        mine, over = relay(database), False
        while await mine.drain() or not over:
            over = living.done()

    await asyncio.gather(drain(), drain(), drain(), living)
    await assert_logged_once_and_in_order(database, 8)


async def test_relays_that_die_anywhere_lose_and_double_nothing(database: Database) -> None:
    chance = random.Random(630)
    living = asyncio.create_task(live(database, 12))
    deaths = 0
    while not living.done() or deaths <= 10:
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.uniform(0, 0.02)):
                await asyncio.gather(relay(database).drain(), relay(database).drain())
            continue
        deaths += 1
    await living
    await relay(database).drain()

    assert deaths > 10
    await assert_logged_once_and_in_order(database, 12)


@pytest.mark.parametrize(
    "query",
    [
        {"find": "individual", "filter": {"pending": {"$exists": True}}, "sort": {"pending.at": 1}, "limit": 9},
        {"aggregate": "individual", "pipeline": any_pending("Individual"), "cursor": {}},
    ],
    ids=["which", "whether any"],
)
async def test_pending_changes_are_found_by_an_index(database: Database, query: dict[str, Any]) -> None:
    plan = await database.command("explain", query)

    assert "'indexName': 'pending'" in str(plan)
    assert "'stage': 'SORT'" not in str(plan)
    assert "COLLSCAN" not in str(plan)


@pytest.mark.parametrize("number", [1, 100])
async def test_a_batch_takes_the_same_commands_however_many_documents_it_has(
    database: Database, mongodb_uri: str, clean_database: str, number: int
) -> None:
    commands = Commands()
    async with heard(mongodb_uri, commands) as client:
        await asyncio.gather(*(Writer(database).create(str(each), name="a") for each in range(number)))
        assert await relay(client[clean_database]).drain() == number
        assert dict(commands.sent) == {
            ("aggregate", "individual"): 1,
            ("find", "individual"): 1,
            ("find", "departed"): 1,
            ("find", "event"): 2,
            ("insert", "event"): 1,
            ("update", "individual"): 1,
        }


def test_the_more_there_is_to_do_the_longer_it_is_gathered() -> None:
    pauses = [gathering(drained) for drained in range(BATCH)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[1], pauses[-1]) == (0, GATHER_SECONDS_EACH, GATHER_SECONDS)


async def test_a_relay_that_stops_makes_room_at_once(database: Database) -> None:
    individuals = Writer(database)
    for number in (1, 2):
        await individuals.create(str(number), name="a")
        async with running(relay(database, lease_seconds=600)):
            await until(lambda expected=number: has_logged(database, expected))  # type: ignore[misc]


async def test_a_relay_outlives_a_broken_connection(mongodb_uri: str, clean_database: str) -> None:
    async with (
        opened(mongodb_uri, clean_database) as outside,
        Wire(mongodb_uri) as wire,
        opened(wire.uri, clean_database) as database,
    ):
        individuals = Writer(outside)
        await individuals.create("1", name="a")
        async with running(relay(database)):
            await until(lambda: has_logged(outside, 1))
            await wire.cut()
            await individuals.create("2", name="a")
            await until(lambda: wire.refused > 2)
            assert len(await logged(outside)) == 1
            wire.mend()
            await until(lambda: has_logged(outside, 2))
