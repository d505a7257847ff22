# SPDX-License-Identifier: Apache-2.0
"""Thousands of listeners in one process: all of them hear, also with many that hang."""

import pytest

from app.events.delivery.deliveries import Delivery
from app.events.delivery.retry_policy import RetryPolicy
from app.storage.hubs.registrations import UNGUARDED, Registrations
from app.storage.mongod.durable import Database
from tests.storage import talking
from tests.storage.listening import LOOPBACK, RENDERERS, Writer, ear, relay
from tests.storage.talking import lying
from tests.storage.watching import until

pytestmark = pytest.mark.anyio

MANY = 2000
PATIENT = RetryPolicy(timeout_seconds=60)


async def test_two_thousand_listeners_on_three_hosts_all_hear(database: Database) -> None:
    async with ear() as one, ear() as two, ear() as three:
        ears = (one, two, three)
        await _register(database, *(f"{ears[number % 3].url}/{number}" for number in range(MANY)))
        delivery = Delivery(database, RENDERERS, PATIENT, allowed=LOOPBACK)
        await Writer(database).create("1", name="a")
        await relay(database).drain()
        await delivery.refresh(1)
        await until(lambda: sum(len(each.heard) for each in ears) >= MANY)
        await until(lambda: _all_stand_at(database, 1))
        await delivery.stop()

    paths = [request.path for each in ears for request in each.requests]
    assert len(paths) == len(set(paths)) == MANY


async def test_hundreds_that_hang_do_not_starve_the_others(database: Database) -> None:
    async with ear() as listener, lying(talking.silence) as liar:
        await _register(database, *(f"{liar.url}/{number}" for number in range(300)))
        await _register(database, *(f"{listener.url}/{number}" for number in range(20)))
        delivery = Delivery(database, RENDERERS, PATIENT, allowed=LOOPBACK)
        for id in "12345":
            await Writer(database).create(id, name="a")
        await relay(database).drain()
        await delivery.refresh(1)
        await until(lambda: len(listener.heard) == 100)
        assert liar.took <= 32
        await delivery.stop()


async def _register(database: Database, *callbacks: str) -> None:
    """Register listeners for everything, faster than one by one."""
    new = Registrations(database).new
    kept = {"api": "party", "version": "v4", "query": None, "position": 0, "described": {}, "guarded": UNGUARDED}
    await database["hub"].insert_many([new(callback=callback, **kept) for callback in callbacks])  # type: ignore[arg-type]


async def _all_stand_at(database: Database, sequence: int) -> bool:
    return await database["hub"].count_documents({"position": sequence}) == MANY
