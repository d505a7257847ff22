# SPDX-License-Identifier: Apache-2.0
"""Several relays: one leads, an older leader can do no harm, and all of them leave the database alone when idle."""

import asyncio

import pytest

from app.domain import dates
from app.events.relay.relay import BEAT_SECONDS, LEASE_SECONDS, Relay
from app.storage.event_log.lease import WAITING_SECONDS
from app.storage.hubs.registrations import ACTIVE, Registrations
from app.storage.mongod.durable import Database
from tests.storage.commands import Commands, heard
from tests.storage.listening import SOURCES, Writer, delivery, ear, hub, opened, relay, running
from tests.storage.watching import has_logged, until

pytestmark = pytest.mark.anyio

LONGEST_TAKEOVER_SECONDS = 5
TURNS = 12
SHORT_LEASE_SECONDS = BEAT_SECONDS / 4


async def test_an_idle_relay_waits_for_the_change_stream(mongodb_uri: str, clean_database: str) -> None:
    commands = Commands()
    async with opened(mongodb_uri, clean_database), heard(mongodb_uri, commands) as client:
        # It asks for this lease in every turn, so that its turns can be counted.
        idle = Relay(
            client[clean_database], SOURCES, delivery(client[clean_database]), lease_seconds=SHORT_LEASE_SECONDS
        )
        async with running(idle):
            await until(lambda: commands.of("getMore", "$cmd.aggregate") > 0 and commands.turns > 1)
            commands.sent.clear()
            await until(lambda: commands.turns >= TURNS)

    collections = ("individual", "customer", "departed")
    assert commands.of("find", *collections) <= TURNS
    assert commands.of("getMore", "$cmd.aggregate") <= TURNS
    assert commands.of("find", "event") <= TURNS


async def test_a_relay_that_stands_by_only_asks_for_the_lease(
    database: Database, mongodb_uri: str, clean_database: str
) -> None:
    commands = Commands()
    async with heard(mongodb_uri, commands) as client, running(relay(database, lease_seconds=600)):
        await Writer(database).create("1", name="a")
        await until(lambda: has_logged(database, 1))
        async with running(relay(client[clean_database])):
            await until(lambda: commands.turns > 1)
            assert set(commands.sent) == {("findAndModify", "lease")}


async def test_only_the_leader_tidies_up(database: Database, mongodb_uri: str, clean_database: str) -> None:
    tidied: list[str] = []
    commands = Commands()

    def tidying(database: Database, name: str) -> Relay:
        async def tidy() -> None:
            tidied.append(name)

        return Relay(database, SOURCES, delivery(database), tidy=tidy)

    async with heard(mongodb_uri, commands) as client:
        async with running(tidying(database, "first")):
            await until(lambda: tidied == ["first"])
            async with running(tidying(client[clean_database], "second")):
                await until(lambda: commands.turns > 1)
        assert tidied == ["first"]


async def test_another_relay_leads_within_seconds_after_a_crash() -> None:
    assert LEASE_SECONDS + WAITING_SECONDS + BEAT_SECONDS <= LONGEST_TAKEOVER_SECONDS


async def test_what_an_older_leader_notes_of_a_listener_does_not_count(database: Database) -> None:
    hubs = Registrations(database)
    made = await hub(database).register({"callback": "http://127.0.0.1:9/"})
    await hubs.claim(1)
    (older,) = await hubs.active()
    await hubs.claim(2)
    await hubs.claim(1)
    (newer,) = await hubs.active()
    id, generation = made["id"], older["generation"]
    await hubs.advance(id, 7, delivered=True, generation=generation)
    await hubs.record_failure(id, error="late", at=dates.now(), next_attempt=dates.now(), generation=generation)
    await hubs.suspend(id, error="late", generation=generation)

    assert await hubs.active() == [newer]
    assert (newer["fence"], newer["state"], newer["position"], newer["attempts"]) == (2, ACTIVE, 0, 0)


async def test_an_older_leader_that_wakes_up_delivers_nothing(database: Database) -> None:
    async with ear() as listener:
        await hub(database).register({"callback": listener.url})
        older, newer = delivery(database), delivery(database)
        await older.refresh(1)
        assert len(_deliveries()) == 1
        await newer.refresh(2)
        await older.refresh(1)
        assert len(_deliveries()) == 1
        await newer.stop()
        await older.refresh(1)
        assert _deliveries() == []
        await older.stop()


def _deliveries() -> list[str]:
    names = [task.get_name() for task in asyncio.all_tasks()]
    return [name for name in names if name.startswith("listener ")]
