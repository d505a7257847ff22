"""The relay: moves pending changes into the event log, and wakes the listeners."""

import asyncio
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any

import structlog
from pymongo.errors import PyMongoError

from app.domain.events import event_type
from app.notify.delivery import Delivery
from app.storage.durable import Database
from app.storage.event_log import Contended, EventLog
from app.storage.lease import Lease
from app.storage.pending import Found, Pending, Source, in_order

log = structlog.get_logger()

BATCH = 200
IDLE_SECONDS = 0.2
REFRESH_SECONDS = 1.0
LEASE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 5.0


class Relay:
    """The one process, normally, that fills the log and delivers from it.

    It may die between any two steps: what was logged but not cleared is found again and skipped by its event id. Two
    at once are harmless for the log (see `EventLog.append`); listeners may then get an event twice.
    """

    def __init__(
        self,
        database: Database,
        sources: Iterable[Source],
        delivery: Delivery,
        *,
        lease_seconds: float = LEASE_SECONDS,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        self._pending = Pending(database, sources)
        self._event_log = EventLog(database)
        self._delivery = delivery
        self._lease = Lease(database, "relay", seconds=lease_seconds)
        self._refresh_seconds = refresh_seconds
        self._next_refresh = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set. Failures of the database are logged and tried again."""
        failures = 0
        try:
            while not stop.is_set():
                pause, failures = await self._turn_safely(failures)
                await _wait(stop, pause)
        finally:
            await self._leave()

    async def drain(self) -> bool:
        """Move one batch of pending changes into the log; whether there was one."""
        found = await self._pending.oldest(BATCH)
        if not found:
            return False
        appended = await self._event_log.append(list(entries(found)))
        await self._pending.clear(found)
        if appended:
            await self._delivery.wake(appended[-1]["_id"])
        return True

    async def _turn_safely(self, failures: int) -> tuple[float, int]:
        """One turn; answers the pause after it in seconds, and how many turns failed in a row."""
        try:
            return (0 if await self._turn() else IDLE_SECONDS), 0
        except (PyMongoError, Contended) as error:
            pause = min(LONGEST_PAUSE_SECONDS, IDLE_SECONDS * 2 ** min(failures, 10))
            log.warning("relay waits for the database", error=str(error), seconds=pause)
            return pause, failures + 1
        except Exception:
            log.exception("the relay could not finish a turn; it tries again", seconds=LONGEST_PAUSE_SECONDS)
            return LONGEST_PAUSE_SECONDS, failures + 1

    async def _turn(self) -> bool:
        if not await self._lease.hold():
            await self._delivery.stop()
            return False
        if monotonic() >= self._next_refresh:
            await self._delivery.refresh()
            self._next_refresh = monotonic() + self._refresh_seconds
        return await self.drain()

    async def _leave(self) -> None:
        await self._delivery.stop()
        try:
            await self._lease.release()
        except PyMongoError as error:
            log.warning("the relay's lease is left to expire", error=str(error))


def entries(found: Iterable[Found]) -> Iterator[dict[str, Any]]:
    """The entries of the log that pending changes cause, in order; without number and hashes."""
    for each, change in in_order(found):
        for event in change["events"]:
            yield {
                "eventId": event["id"],
                "eventType": event_type(each.source.resource, event["kind"]),
                "kind": event["kind"],
                "api": each.source.api,
                "resource": each.source.resource,
                "resourceId": each.id,
                "revision": change["revision"],
                "at": change["at"],
                "correlationId": change["correlationId"],
                "changed": event["changed"],
                "document": change["document"],
            }


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
