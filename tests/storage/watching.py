# SPDX-License-Identifier: Apache-2.0
"""Looks at the event log and at the registrations of listeners, and waits for what becomes of them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from app.storage.event_log.event_log import EventLog
from app.storage.mongod.durable import Database

DEADLINE_SECONDS = 30


async def until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until `holds`, or fail."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            held = holds()
            if held if isinstance(held, bool) else await held:
                return
            await asyncio.sleep(0.01)


async def logged(database: Database) -> list[dict[str, Any]]:
    """The whole event log."""
    return await EventLog(database).after(0, 100_000)


async def has_logged(database: Database, count: int) -> bool:
    """Whether the event log has so many entries."""
    return len(await logged(database)) == count


async def registration(database: Database, id: str) -> dict[str, Any]:
    """What is kept of a listener, which must be registered."""
    found = await database["hub"].find_one({"_id": id})
    assert found is not None
    return found


async def is_registered(database: Database, id: str, **values: object) -> bool:
    """Whether these `values` are kept of a listener, such as its `position` in the log."""
    return values.items() <= (await registration(database, id)).items()
