"""One listener: its events in their order, each tried until it is delivered or the listener is given up."""

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from urllib.parse import urlsplit

import structlog
from pymongo.errors import PyMongoError

from app.domain import dates
from app.notify.post import Answer, Postman
from app.notify.reader import NOTIFICATIONS, Entry, Reader, Tail
from app.notify.wanted import Wanted
from app.storage.hubs import Hubs, Registration

log = structlog.get_logger()

SKIPPED_AT_MOST = 200
"""Unwanted entries after which the position is stored; after a restart so many are looked at again, to no effect."""

STORE_SECONDS = 0.25
"""How often the position is stored in a run of deliveries: a write for each would cost more than the delivery."""

DATABASE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Terms:
    """How deliveries are tried: seconds that one may take, hours of failing until suspension, pauses between."""

    timeout_seconds: float = 10.0
    retry_hours: float = 72.0
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 300.0

    def pause(self, attempts: int) -> timedelta:
        """The pause after so many failures in a row: it doubles; a random part keeps listeners from moving in step."""
        longest = min(self.longest_pause_seconds, self.first_pause_seconds * 2 ** min(attempts - 1, 30))
        return timedelta(seconds=longest * random.uniform(0.5, 1.0))


class Listener:
    """The deliveries to one registration. It reads the log from its own position and waits for nobody else.

    The position is stored after the delivery, so a crash between the two delivers events again (at least once).
    """

    def __init__(
        self, registration: Registration, *, hubs: Hubs, reader: Reader, tail: Tail, postman: Postman, terms: Terms
    ) -> None:
        self._id, self._api, self._version = (registration[name] for name in ("_id", "api", "version"))
        self._callback = registration["callback"]
        self._wanted = Wanted.read(registration["query"], NOTIFICATIONS[self._version].envelope)
        self._position: int = registration["position"]
        self._stored: int = registration["position"]
        self._stored_at = 0.0
        self._delivered = False
        self._attempts: int = registration["attempts"]
        self._failing_since: datetime | None = registration["failingSince"]
        self._next_attempt: datetime | None = registration["nextAttempt"]
        self._hubs, self._reader, self._tail, self._postman, self._terms = hubs, reader, tail, postman, terms
        self._log = log.bind(hub=self._id, host=urlsplit(self._callback).hostname)

    async def run(self) -> None:
        """Deliver until cancelled; returns when the listener is gone or suspended."""
        live = True
        try:
            while live:
                live = await self._step_safely()
        finally:
            await self._leave()

    async def _step_safely(self) -> bool:
        try:
            return await self._step()
        except PyMongoError as error:
            self._log.warning("delivery waits for the database", error=str(error))
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            return True

    async def _step(self) -> bool:
        """Go one entry further, or try once to; whether the listener lives on."""
        await self._tail.until_beyond(self._position)
        entry = await self._reader.after(self._position)
        if entry is None:
            raise LookupError(f"The event log ends before the entry {self._position + 1} that it was seen to hold")
        body = self._body(entry)
        if body is None:
            self._position = entry["_id"]
            await self._store_when_due()
            return True
        await self._pause()
        return await self._settle(entry, await self._postman.post(self._callback, body))

    def _body(self, entry: Entry) -> bytes | None:
        """The notification as this listener wants it; None when it does not want it."""
        if entry["api"] != self._api:
            return None
        notification = self._reader.notification(entry, self._version)
        if notification is None or not notification.meets(self._wanted):
            return None
        return notification.body(self._wanted)

    async def _settle(self, entry: Entry, answer: Answer) -> bool:
        if answer.gone:
            self._log.info("listener is gone; its registration is removed")
            await self._hubs.gone(self._id)
        elif answer.delivered:
            self._attempts, self._failing_since, self._next_attempt = 0, None, None
            self._position, self._delivered = entry["_id"], True
            await self._store_when_due()
        else:
            return await self._try_later(entry, answer)
        return answer.delivered

    async def _try_later(self, entry: Entry, answer: Answer) -> bool:
        now = dates.now()
        self._attempts += 1
        self._failing_since = self._failing_since or now
        self._next_attempt = now + self._terms.pause(self._attempts)
        told = {"sequence": entry["_id"], "attempts": self._attempts, "error": answer.told}
        if now - self._failing_since >= timedelta(hours=self._terms.retry_hours):
            self._log.error("listener is suspended: deliveries failed for too long", **told)
            await self._hubs.suspend(self._id, error=answer.told)
            return False
        await self._store()
        self._log.warning("delivery failed", again=dates.text(self._next_attempt), **told)
        await self._hubs.failed(self._id, error=answer.told, at=now, next_attempt=self._next_attempt)
        return True

    async def _pause(self) -> None:
        if self._next_attempt:
            await asyncio.sleep((self._next_attempt - dates.now()).total_seconds())

    async def _store_when_due(self) -> None:
        if self._delivered:
            resting = not self._tail.beyond(self._position)
            due = resting or monotonic() - self._stored_at >= STORE_SECONDS
        else:
            due = self._position - self._stored >= SKIPPED_AT_MOST
        if due:
            await self._store()
        else:
            await asyncio.sleep(0)

    async def _store(self) -> None:
        if self._position > self._stored:
            await self._hubs.advance(self._id, self._position, delivered=self._delivered)
            self._stored, self._stored_at, self._delivered = self._position, monotonic(), False

    async def _leave(self) -> None:
        try:
            await self._store()
        except PyMongoError as error:
            self._log.warning("position is not stored; some events will be delivered again", error=str(error))
