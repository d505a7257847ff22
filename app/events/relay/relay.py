# SPDX-License-Identifier: Apache-2.0
"""The relay (transactional outbox): drains the outbox into the event log, and delivers from there; one leads."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import monotonic

import structlog

from app.errors import Unavailable
from app.events.delivery.deliveries import Delivery
from app.storage.event_log.event_log import EventLog, SequenceTaken
from app.storage.event_log.lease import Lease
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import summary
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox, Source
from app.storage.outbox.wake import Wake
from app.storage.sealing.sealed_payloads import SealedPayloads
from app.system.tasks import end

log = structlog.get_logger()


class Interval:
    """An interval: due at once, and then every `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Whether the time has come; if so, it comes again in `seconds`."""
        due = monotonic() >= self._next
        if due:
            self._next = monotonic() + self._seconds
        return due


class PeriodicTask:
    """A background task, run every `seconds`, never twice at a time. Failures are logged."""

    def __init__(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        self._work = work
        self._every = Interval(seconds)
        self._task: asyncio.Task[None] | None = None

    def tend(self) -> None:
        """Begin a run if it is due."""
        if (self._task is None or self._task.done()) and self._is_due():
            self._task = asyncio.create_task(self._do())

    async def stop(self) -> None:
        """Cancel the present run."""
        if self._task:
            await end([self._task])

    def _is_due(self) -> bool:
        return self._every.due()

    async def _do(self) -> None:
        try:
            await self._work()
        except (DatabaseError, Unavailable) as error:
            log.warning("a chore is put off", error=summary(error))
        except Exception:
            log.exception("a chore broke off; it is done again when it is due")


class FollowingTask(PeriodicTask):
    """A background task that follows the log: run again after each `wake`, and every `seconds`, as another process may
    have logged what this one does not know."""

    def __init__(self, step: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """A `step` says whether there is more to do."""
        super().__init__(self._follow, seconds)
        self._step = step
        self._woken = False

    def wake(self) -> None:
        """The log has grown."""
        self._woken = True

    def _is_due(self) -> bool:
        return self._woken or super()._is_due()

    async def _follow(self) -> None:
        self._woken = False
        more = True
        while more:
            more = await self._step()


LEASE = "relay"
BATCH = 1000
"""Documents of each collection in one batch."""
GATHER_SECONDS = 0.5
"""Seconds of pause between two batches at most, so that more come together: an event in a large batch costs less."""
GATHER_SECONDS_EACH = 0.02
"""Seconds of that pause for each document of the last batch, so that a single change does not wait."""
BEAT_SECONDS = 0.2
CATCH_UP_SECONDS = 5.0
REFRESH_SECONDS = 1.0
LEASE_SECONDS = 4.0
TIDY_SECONDS = 3600.0
NOTE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0

Tidy = Callable[[], Awaitable[object]]


class Relay:
    """A relay process. One of all leads (`Lease`): it fills the log and delivers from it; the others stand by.

    It may die between any two steps: logged changes that are not cleared yet are read again, and skipped by event id.
    Two leaders at once do no harm to the log (`EventLog.append`) or to registrations (`Registrations.claim`); listeners
    may then get an event twice.
    """

    def __init__(
        self,
        database: Database,
        sources: Iterable[Source],
        delivery: Delivery,
        *,
        tidy: Tidy | None = None,
        note: Tidy | None = None,
        follow: Callable[[], Awaitable[bool]] | None = None,
        wake: Wake | None = None,
        payloads: SealedPayloads | None = None,
        refresh: Callable[[], Awaitable[object]] | None = None,
        lease_seconds: float = LEASE_SECONDS,
        refresh_seconds: float = REFRESH_SECONDS,
    ) -> None:
        """The leader runs `tidy` once an hour, `note` each second for what has become due, and `follow` when the log
        has grown, for as long as that says that there is more; `wake` wakes it when there are changes; `payloads` seals
        the log's. Before listeners are told of further events, and registrations are looked at anew, `refresh` is
        called."""
        self._refresh = refresh
        self._pending = Outbox(database, sources)
        self._event_log = EventLog(database, payloads)
        self._delivery = delivery
        self._tidying = PeriodicTask(tidy, TIDY_SECONDS) if tidy else None
        self._noting = PeriodicTask(note, NOTE_SECONDS) if note else None
        self._following = FollowingTask(follow, CATCH_UP_SECONDS) if follow else None
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
        """Move one batch of pending changes into the log; returns of how many documents."""
        batches = await self._pending.oldest(BATCH)
        if not batches:
            return 0
        appended = await self._event_log.append(list(entries(batches)))
        await self._pending.clear(batches)
        if appended:
            if self._refresh:  # A merge among these events is known before a listener is told of them.
                await self._refresh()
            await self._delivery.wake(appended[-1]["_id"])
            if self._following:
                self._following.wake()
        return len(batches)

    async def _turn_safely(self, failures: int) -> tuple[float, int]:
        """Run one turn; returns the pause after it in seconds, and the number of failures in a row."""
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
        """Lead for one turn, if this process holds the lease; whether there is more to drain."""
        if not await self._lease.hold():
            await self._stand_by()
            return False
        self._wake.start()
        if self._refreshing.due():
            if self._refresh:
                await self._refresh()
            await self._delivery.refresh(self._lease.fence)
        if self._tidying:
            self._tidying.tend()
        if self._noting:
            self._noting.tend()
        if self._following:
            self._following.tend()
        if self._may_be_behind():
            drained = await self.drain()
            self._behind = drained > 0
            await asyncio.sleep(0 if self._pending.more else gathering(drained))
        return self._behind

    def _may_be_behind(self) -> bool:
        """Whether to read the outbox: after a wake, and every `CATCH_UP_SECONDS`, as a stream may miss changes."""
        self._behind |= self._catching_up.due() or not self._wake.watching
        return self._behind

    async def _stand_by(self) -> None:
        self._behind = True
        if self._tidying:
            await self._tidying.stop()
        if self._noting:
            await self._noting.stop()
        if self._following:
            await self._following.stop()
        await self._wake.stop()
        await self._delivery.stop()

    async def _leave(self) -> None:
        await self._stand_by()
        try:
            await self._lease.release()
        except DatabaseError as error:
            log.warning("the relay's lease is left to expire", error=summary(error))


def gathering(drained: int) -> float:
    """The pause in seconds after a batch of so many documents that emptied the outbox."""
    return min(GATHER_SECONDS, GATHER_SECONDS_EACH * drained)
