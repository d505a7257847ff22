# SPDX-License-Identifier: Apache-2.0
"""The change stream: it tells of what carries changes and of nothing else, and nothing depends on it."""

import asyncio
from typing import Any

import pytest
from pymongo import MongoClient
from structlog.testing import capture_logs

from app.events.relay.relay import Relay
from app.storage.mongod.durable import Database
from app.storage.outbox.outbox import Outbox
from app.storage.outbox.wake import Wake, change_pipeline
from tests.storage.commands import Commands, heard
from tests.storage.listening import SOURCES, Writer, delivery, opened, relay, running
from tests.storage.watching import has_logged, logged, until

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]
FOREVER = 600


async def test_every_kind_of_write_calls_and_clearing_does_not(database: Database) -> None:
    individuals, drain = Writer(database), relay(database).drain
    pipeline = change_pipeline(Outbox(database, SOURCES).collections)
    async with await database.watch(pipeline, max_await_time_ms=100) as stream:
        await individuals.create("1", name="a")
        await drain()
        await individuals.patch("1", name="b")
        await drain()
        await individuals.delete("1")
        await drain()
        await database["hub"].insert_one({})
        await Writer(database, "Customer").create("1", name="a")

        assert [set(await stream.next()) for _ in range(4)] == [{"_id"}] * 4
        assert await stream.try_next() is None


async def test_a_change_calls_who_waits(database: Database) -> None:
    wake = Wake(database, ["individual"])
    wake.start()
    assert await wake.wait(FOREVER)
    assert wake.watching
    waiting = asyncio.create_task(wake.wait(FOREVER))
    await Writer(database).create("1", name="a")

    assert await waiting
    await wake.stop()
    assert not wake.watching
    assert not await wake.wait(0)


async def test_what_nobody_waits_for_is_not_read(database: Database, mongodb_uri: str, clean_database: str) -> None:
    commands = Commands()
    async with heard(mongodb_uri, commands) as client:
        wake = Wake(client[clean_database], ["individual"])
        wake.start()
        assert await wake.wait(FOREVER)
        for number in range(20):
            await Writer(database).create(str(number), name="a")
        assert commands.of("getMore", "$cmd.aggregate") <= 1

        assert await wake.wait(FOREVER)
        await wake.stop()


async def test_a_stream_that_was_not_read_for_long_is_opened_anew(
    database: Database, mongodb_uri: str, clean_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.outbox.wake.UNREAD_SECONDS", 0)
    commands = Commands()
    async with heard(mongodb_uri, commands) as client:
        wake = Wake(client[clean_database], ["individual"])
        wake.start()
        for number in range(3):
            assert await wake.wait(FOREVER)
            await Writer(database).create(str(number), name="a")
        assert await wake.wait(FOREVER)
        await wake.stop()

    assert commands.sent["aggregate", "1"] > 1


async def test_a_stream_that_is_refused_is_told_once_and_asked_for_again(mongo: Mongo, mongodb_uri: str) -> None:
    async with opened(mongodb_uri, "liaison_test") as database:
        refused = Wake(database.client["admin"], ["individual"], again_seconds=0)
        failures = _failed_commands(mongo)
        with capture_logs() as logs:
            refused.start()
            await until(lambda: _failed_commands(mongo) > failures + 3)
            await refused.stop()

        assert [each["log_level"] for each in logs] == ["warning"]
        assert "InvalidNamespace" in logs[0]["error"]


async def test_without_a_stream_the_relay_looks_by_itself(database: Database) -> None:
    refused = Wake(database.client["admin"], ["individual"])
    async with running(Relay(database, SOURCES, delivery(database), wake=refused)):
        for number in (1, 2, 3):
            await Writer(database).create(str(number), name="a")
            await until(lambda expected=number: has_logged(database, expected))  # type: ignore[misc]
    assert not refused.watching


async def test_the_stream_is_left_alone_until_nothing_is_left_to_drain(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.events.relay.relay.BATCH", 2)
    waits: list[int] = []

    class Heard(Wake):
        async def wait(self, seconds: float) -> bool:
            waits.append(len(await logged(database)))
            return await super().wait(seconds)

    for number in range(6):
        await Writer(database).create(str(number), name="a")
    async with running(Relay(database, SOURCES, delivery(database), wake=Heard(database, ["individual"]))):
        await until(lambda: len(waits) > 0)

    assert waits[0] == 6


def _failed_commands(mongo: Mongo) -> int:
    return int(mongo.admin.command("serverStatus")["metrics"]["commands"]["aggregate"]["failed"])
