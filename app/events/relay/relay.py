# SPDX-License-Identifier: Apache-2.0
"""The relay: takes what waits in the outbox into the event log, and on to the listeners (transactional outbox)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from time import monotonic
from typing import Any

import structlog

from app.events.delivery.deliveries import Delivery
from app.storage.documents.rows import OMISSION
from app.storage.event_log.event_log import EventLog, SequenceTaken
from app.storage.event_log.lease import Lease
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary
from app.storage.outbox.outbox import Outbox, OutboxBatch, Source, in_order
from app.storage.outbox.wake import Wake
from app.system.tasks import end

log = structlog.get_logger()


class Interval:
    """Something that is due at once and then every so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Whether it is time; if so, the next time is `seconds` from now."""
        due = monotonic() >= self._next
        if due:
            self._next = monotonic() + self._seconds
        return due


class PeriodicTask:
    """Work that is done every so many `seconds` beside everything else, once at a time. Its failures are logged."""

    def __init__(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        self._work = work
        self._every = Interval(seconds)
        self._task: asyncio.Task[None] | None = None

    def tend(self) -> None:
        """Begin when it is due."""
        if self._every.due() and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._do())

    async def stop(self) -> None:
        """Break off what is being done."""
        if self._task:
            await end([self._task])

    async def _do(self) -> None:
        try:
            await self._work()
        except DatabaseError as error:
            log.warning("a chore is put off", error=summary(error))
        except Exception:
            log.exception("a chore broke off; it is done again when it is due")


LEASE = "relay"
BATCH = 1000
"""Documents of each collection that are looked at together."""
GATHER_SECONDS = 0.5
"""The longest pause between two batches, for more to come together: many events at once cost a fraction each."""
GATHER_SECONDS_EACH = 0.02
"""The share of that pause for each document of the last batch: what comes alone does not wait."""
BEAT_SECONDS = 0.2
CATCH_UP_SECONDS = 5.0
REFRESH_SECONDS = 1.0
LEASE_SECONDS = 4.0
TIDY_SECONDS = 3600.0
LONGEST_PAUSE_SECONDS = 5.0

Tidy = Callable[[], Awaitable[object]]


class Relay:
    """One of the processes of which one leads: fills the log and delivers from it. The others stand by.

    It may die between any two steps: what was logged but not cleared is found again and skipped by its event id. Two
    leaders at once are harmless for the log (see `EventLog.append`) and for registrations (see `Registrations.claim`);
    listeners may then get an event twice.
    """

    def __init__(
        self,
        database: Database,
        sources: Iterable[Source],
        delivery: Delivery,
        *,
        tidy: Tidy | None = None,
        wake: Wake | None = None,
        lease_seconds: float = LEASE_SECONDS,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        """`tidy` is done once an hour, by the leader; `wake` tells it of changes."""
        self._pending = Outbox(database, sources)
        self._event_log = EventLog(database)
        self._delivery = delivery
        self._tidying = PeriodicTask(tidy, TIDY_SECONDS) if tidy else None
        self._wake = wake or Wake(database, self._pending.collections)
        self._lease = Lease(database, LEASE, seconds=lease_seconds)
        self._refreshing, self._catching_up = Interval(refresh_seconds), Interval(CATCH_UP_SECONDS)
        self._behind = True

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop` is set. Failures of the database are logged and tried again."""
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.call())
        failures = 0
        try:
            while not stop.is_set():
                pause, failures = await self._turn_safely(failures)
                if pause:
                    self._behind |= await self._wake.wait(pause)
        finally:
            stopping.cancel()
            await self._leave()

    async def drain(self) -> int:
        """Move one batch of pending changes into the log; answers of how many documents."""
        batches = await self._pending.oldest(BATCH)
        if not batches:
            return 0
        appended = await self._event_log.append(list(entries(batches)))
        await self._pending.clear(batches)
        if appended:
            await self._delivery.wake(appended[-1]["_id"])
        return len(batches)

    async def _turn_safely(self, failures: int) -> tuple[float, int]:
        """One turn; answers the pause after it in seconds, and how many turns failed in a row."""
        try:
            return (0 if await self._turn() else BEAT_SECONDS), 0
        except (DatabaseError, SequenceTaken) as error:
            pause = min(LONGEST_PAUSE_SECONDS, BEAT_SECONDS * 2 ** min(failures, 10))
            log.warning("relay waits for the database", error=summary(error), seconds=pause)
            return pause, failures + 1
        except Exception:
            log.exception("the relay could not finish a turn; it tries again", seconds=LONGEST_PAUSE_SECONDS)
            return LONGEST_PAUSE_SECONDS, failures + 1

    async def _turn(self) -> bool:
        """Lead, if it is ours to; whether there is more to drain."""
        if not await self._lease.hold():
            await self._stand_by()
            return False
        self._wake.start()
        if self._refreshing.due():
            await self._delivery.refresh(self._lease.fence)
        if self._tidying:
            self._tidying.tend()
        if self._may_be_behind():
            drained = await self.drain()
            self._behind = drained > 0
            await asyncio.sleep(0 if self._pending.more else gathering(drained))
        return self._behind

    def _may_be_behind(self) -> bool:
        """Whether to look for changes. One that the change stream misses is found every `CATCH_UP_SECONDS`."""
        self._behind |= self._catching_up.due() or not self._wake.watching
        return self._behind

    async def _stand_by(self) -> None:
        self._behind = True
        if self._tidying:
            await self._tidying.stop()
        await self._wake.stop()
        await self._delivery.stop()

    async def _leave(self) -> None:
        await self._stand_by()
        try:
            await self._lease.release()
        except DatabaseError as error:
            log.warning("the relay's lease is left to expire", error=summary(error))


def gathering(drained: int) -> float:
    """How many seconds to leave the database alone after a batch of so many documents, with which nothing waits."""
    return min(GATHER_SECONDS, GATHER_SECONDS_EACH * drained)


def entries(batches: Iterable[OutboxBatch]) -> Iterator[dict[str, Any]]:
    """The entries of the log that pending changes cause, in order; without number and hashes."""
    for each, change in in_order(batches):
        for event in change["events"]:
            # During an upgrade a server of an earlier release writes neither an actor nor what was before.
            yield {
                "eventId": event["id"],
                "eventType": event.get("type") or each.source.event_type(event["kind"]),
                "kind": event["kind"],
                "api": change.get("topic") or each.source.api,
                "resource": each.source.resource,
                "resourceId": each.id,
                "revision": change["revision"],
                "at": change["at"],
                "correlationId": change["correlationId"],
                "actor": change.get("actor"),
                "changed": event["changed"],
                **_payload(event, change),
            }


def _payload(event: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    if OMISSION in change:
        return {OMISSION: change[OMISSION]}
    return {"before": event.get("before", {}), "document": change["document"]}
