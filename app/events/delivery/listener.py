# SPDX-License-Identifier: Apache-2.0
"""A listener: its events in order for each resource, each tried until it is delivered or the listener suspended."""

import asyncio
from collections import deque
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog

from app.domain import dates
from app.events.delivery.delivery_state import DeliveryState
from app.events.delivery.http_sender import DeliveryResult
from app.events.delivery.in_flight import InFlight, Item
from app.events.delivery.retry_policy import RetryPolicy
from app.events.delivery.sender import Sender
from app.events.notification import Notification
from app.events.relay.reader import Entry, Reader, Tail
from app.storage.event_log.chain import DROPPED, OMISSION
from app.storage.hubs.registrations import ALL_APIS, Registration
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.failures import summary

DATABASE_PAUSE_SECONDS = 1.0


class Failure(NamedTuple):
    """A failure that is not recorded yet; with `final` the delivery is not tried again."""

    sequence: int
    error: str
    at: datetime
    final: bool


class Listener:
    """The deliveries to one registration, from its own position in the log, independent of other listeners."""

    def __init__(
        self,
        registration: Registration,
        *,
        window: InFlight,
        record: DeliveryState,
        sender: Sender,
        reader: Reader,
        tail: Tail,
        terms: RetryPolicy,
    ) -> None:
        """Raises `TmfError` when the query of the `registration` is not understood."""
        self._api, self._version = registration["api"], registration["version"]
        self._filter = reader.subscription_filter(registration)
        self._entitlement = reader.entitlement(registration)
        self._next_attempt: datetime = registration["nextAttempt"] or dates.now()
        self._window, self._record, self._sender = window, record, sender
        self._reader, self._tail, self._terms = reader, tail, terms
        self._news = asyncio.Event()
        self._answers: deque[tuple[Item, DeliveryResult]] = deque()
        self._failure: Failure | None = None
        self._is_gone = self._missed = False
        self._live = True
        host = urlsplit(registration["callback"]).hostname
        self._log = structlog.get_logger().bind(hub=registration["_id"], host=host)

    async def run(self) -> None:
        """Deliver until cancelled; returns when the listener is gone or suspended."""
        try:
            with self._tail.followed_by(self._news):
                async with asyncio.TaskGroup() as posts:
                    while self._live:
                        await self._step_safely(posts)
        finally:
            await self._leave()

    async def _step_safely(self, posts: asyncio.TaskGroup) -> None:
        try:
            await self._step(posts)
        except DatabaseError as error:
            self._log.warning("delivery waits for the database", error=summary(error))
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)

    async def _step(self, posts: asyncio.TaskGroup) -> None:
        """Handle answers; then begin one delivery, or read one entry further, or wait."""
        self._news.clear()
        self._take_answers()
        await self._note()
        if not self._live:
            return
        pause = self._pause()
        if item := None if pause else self._window.next():
            await self._begin(item, posts)
        elif self._window.has_room and self._tail.beyond(self._window.ahead):
            await self._look_further()
        else:
            await self._rest(pause)

    def _pause(self) -> float:
        """The seconds until the next attempt after a failure; 0 without one."""
        return max(0.0, (self._next_attempt - dates.now()).total_seconds()) if self._window.failed_items else 0.0

    async def _begin(self, item: Item, posts: asyncio.TaskGroup) -> None:
        entry = await self._entry_after(item.sequence - 1)
        if notification := self._notification(entry):
            self._window.begin(item)
            posts.create_task(self._post(item, entry["eventId"], notification.body(self._filter.current())))
        else:  # Retention has dropped its payload meanwhile.
            self._window.record_delivery(item)

    async def _post(self, item: Item, event_id: str, body: bytes) -> None:
        answer = await self._sender.send(event_id, body, attempt=item.attempts + 1)
        self._answers.append((item, answer))
        self._news.set()

    async def _look_further(self) -> None:
        entry = await self._entry_after(self._window.ahead)
        if DROPPED in entry and OMISSION not in entry and not self._missed:
            self._missed = True
            self._log.warning("events are too old to be told: the log holds only that they were", sequence=entry["_id"])
        is_wanted = self._notification(entry) is not None
        self._window.look(entry["_id"], (entry["resource"], entry["resourceId"]) if is_wanted else None)
        await asyncio.sleep(0)

    async def _entry_after(self, position: int) -> Entry:
        entry = await self._reader.after(position)
        if entry is None:
            raise LookupError(f"The event log ends before the entry {position + 1} that it was seen to hold")
        return entry

    def _notification(self, entry: Entry) -> Notification | None:
        """The notification of an entry; None when the query filters it out, or the registrant may not see it."""
        if self._api not in (entry["api"], ALL_APIS):
            return None
        notification = self._reader.notification(entry, self._version)
        if notification and self._entitlement:
            notification = self._reader.entitled_part(entry, self._version, notification, self._entitlement)
        return notification if notification and notification.meets(self._filter.current()) else None

    async def _rest(self, pause: float) -> None:
        """Wait for new entries or answers, at most until something else is due."""
        patience = self._record.patience
        seconds = min(filter(None, (patience, pause)), default=None)
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return

    def _take_answers(self) -> None:
        while self._answers:
            item, answer = self._answers.popleft()
            if answer.delivered:
                self._window.record_delivery(item)
                self._record.record_delivery()
            elif answer.gone:
                self._is_gone = True
            else:
                self._take_failure(item, answer)

    def _take_failure(self, item: Item, answer: DeliveryResult) -> None:
        """Note the failure of a delivery; several at once count as one failure of the listener."""
        now, attempts = dates.now(), self._window.attempts
        self._window.record_failure(item, now)
        self._next_attempt = max(self._next_attempt, now + self._terms.pause(item.attempts, answer.retry_after))
        final = now - (item.failing_since or now) >= self._terms.patience
        if final or (self._window.attempts > attempts and self._failure is None):
            self._failure = Failure(item.sequence, answer.summary, now, final)

    async def _note(self) -> None:
        """Store the outcomes of deliveries. After a failure of the database the next step tries again."""
        if self._is_gone:
            await self._record.forget_listener()
            self._log.info("listener is gone; its registration is removed")
            self._live = False
        elif self._failure:
            await self._note_failure(self._failure)
            self._failure = None
        else:
            await self._record.keep()

    async def _note_failure(self, failure: Failure) -> None:
        details = {"sequence": failure.sequence, "attempts": self._window.attempts, "error": failure.error}
        if failure.final:
            await self._record.suspend(failure.error)
            self._log.error("listener is suspended: deliveries failed for too long", **details)
            self._live = False
        else:
            await self._record.record_failure(error=failure.error, at=failure.at, next_attempt=self._next_attempt)
            self._log.warning("delivery failed", again=dates.text(self._next_attempt), **details)

    async def _leave(self) -> None:
        self._take_answers()
        try:
            if not self._is_gone:
                await self._record.store()
        except DatabaseError as error:
            self._log.warning("position is not stored; some events will be delivered again", error=summary(error))
