# SPDX-License-Identifier: Apache-2.0
"""The lease: one holder at a time, and another takes over when it ends."""

import asyncio
from typing import Any

import pytest
from pymongo import MongoClient

from app.storage.event_log.lease import Lease
from app.storage.mongod.durable import Database
from tests.storage.listening import Writer, relay, running
from tests.storage.watching import has_logged, logged, until

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]


async def test_only_one_of_several_holds_the_lease(database: Database) -> None:
    leases = [Lease(database, "work", seconds=60) for _ in range(5)]
    held = await asyncio.gather(*(each.hold() for each in leases))

    assert sum(held) == 1
    holder = leases[held.index(True)]
    assert await holder.hold()
    assert not await Lease(database, "work", seconds=60).hold()
    await holder.release()
    successor = Lease(database, "work", seconds=60)
    assert await successor.hold()
    assert not await holder.hold()
    assert successor.fence == 2


async def test_a_relay_takes_over_when_the_lease_of_another_ends(
    database: Database, clean_database: str, mongo: Mongo
) -> None:
    assert await Lease(database, "relay", seconds=0.7).hold()
    held = mongo[clean_database]["lease"].find_one({})
    await Writer(database).create("1", name="a")
    async with running(relay(database, lease_seconds=0.5)):
        await until(lambda: has_logged(database, 1))

    assert held is not None
    assert (await logged(database))[0]["loggedAt"] >= held["expires"]
