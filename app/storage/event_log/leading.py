# SPDX-License-Identifier: Apache-2.0
"""Work of a leader: one of all processes does it, turn by turn, for as long as it holds a lease."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.errors import TmfError
from app.storage.event_log.lease import Lease
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.failures import summary

log = structlog.get_logger()

BEAT_SECONDS = 0.2
"""Seconds between two turns, unless there is more to do at once."""
LONGEST_PAUSE_SECONDS = 5.0
"""Seconds between two turns at most, while the database fails."""


async def lead(lease: Lease, turn: Callable[[], Awaitable[bool]], stop: asyncio.Event, *, work: str) -> None:
    """Do turns while this process holds the lease, until `stop` is set; a turn returns whether there is more to do.

    Failures of the database are logged, with the name of the `work`, and tried again after a growing pause.
    """
    failures = 0
    while not stop.is_set():
        pause = BEAT_SECONDS
        try:
            if await lease.hold() and await turn():
                pause = 0
            failures = 0
        except (DatabaseError, TmfError) as error:
            failures += 1
            pause = min(LONGEST_PAUSE_SECONDS, BEAT_SECONDS * 2 ** min(failures, 10))
            log.warning(f"{work} waits for the database", error=reason(error), seconds=pause)
        await wait_for(stop, pause)


async def hand_over(lease: Lease, *, work: str) -> None:
    """Release the lease of some `work`, so that another process takes over at once."""
    try:
        await lease.release()
    except DatabaseError as error:
        log.warning(f"the lease of {work} is left to expire", error=summary(error))


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until an event is set."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def reason(error: Exception) -> str:
    """What a log says of a failure of the database, whether it was told as a TMF Error or not."""
    return error.message if isinstance(error, TmfError) else summary(error)
