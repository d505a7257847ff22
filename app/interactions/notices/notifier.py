# SPDX-License-Identifier: Apache-2.0
"""The notifier: one of all processes looks for what is due, makes notices of it, and sends those on their way."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog

from app.errors import TmfError
from app.interactions.notices.delivering import Delivering, Patience
from app.interactions.notices.telling import Telling
from app.storage.event_log.leading import BEAT_SECONDS, hand_over, lead, reason, wait_for
from app.storage.event_log.lease import Lease
from app.storage.interactions.notices import Delivery, NoticeRows
from app.storage.mongod.driver import DatabaseError

log = structlog.get_logger()

LEASE = "notices"
LEASE_SECONDS = 4.0
AT_ONCE = 16
"""Notices that are being sent at a time."""
MOST_WAITING = 8 * AT_ONCE
"""Notices that are claimed and wait for that; more are left to others, and to the next look."""
TOGETHER = 4 * AT_ONCE
"""Notices for which there has to be room before more are claimed: what is told and read together costs less."""


@dataclass(frozen=True)
class NoticeWork:
    """A resource of whose promises somebody is told: its rows, what tells of them, and what delivers."""

    rows: NoticeRows
    telling: Telling
    delivering: Delivering


class Notifier:
    """Tells and sends. One of all notifiers leads (`Lease`).

    A second one does no harm: what is told is told in one transaction over the row as it was seen, and what is sent is
    claimed before (`Delivery.turn`, a fencing token) for longer than sending takes.
    """

    def __init__(
        self,
        works: Sequence[NoticeWork],
        lease: Lease,
        clock: Callable[[], datetime],
        set_clock: Callable[[], Awaitable[None]],
        patience: Patience,
    ) -> None:
        """`set_clock` is called before each look, so that the clock goes by that of the database."""
        self._works, self.lease = works, lease
        self._clock, self._set_clock, self._patience = clock, set_clock, patience
        self._places = asyncio.Semaphore(AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()
        self._roomy = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Tell and send what is due until `stop` is set. Failures of the database are logged, and tried again."""
        await lead(self.lease, self._has_more, stop, work="the notifier")
        await self._finish()

    async def _has_more(self) -> bool:
        """Look, and return whether there may be more. Fewer wait for one another, which costs less than one by one."""
        return await self.look() >= TOGETHER

    async def perform_due(self) -> int:
        """Tell and send what is due, and wait for the end of that; returns how many notices there were to send."""
        await self._set_clock()
        begun = await self.look()
        await asyncio.gather(*self._sending)
        return begun

    async def look(self) -> int:
        """Make notices of what is due, and begin to send those that are; returns how many these are."""
        await self._set_clock()
        return sum([await self._look_at(each) for each in self._works])

    async def _look_at(self, of: NoticeWork) -> int:
        room = await self._room()
        if not room:
            return 0
        now, claimed = self._clock(), monotonic()
        until = now + timedelta(seconds=self._patience.claim)
        waiting = await of.rows.deliveries(now, room)
        ours = await of.rows.claim(waiting, until) if waiting else []
        if room > len(waiting):
            ours += await of.telling.tell(now, room - len(waiting), until)
        for each in ours:
            task = asyncio.create_task(self._send(of, each, claimed))
            self._sending.add(task)
            task.add_done_callback(self._note_end)
        return len(ours)

    async def _room(self) -> int:
        """How many notices more may be claimed: enough to share what they cost, or none after a while."""
        if len(self._sending) > MOST_WAITING - TOGETHER:
            self._roomy.clear()
            await wait_for(self._roomy, BEAT_SECONDS)
        room = MOST_WAITING - len(self._sending)
        return room if room >= TOGETHER else 0

    def _note_end(self, task: "asyncio.Task[None]") -> None:
        self._sending.discard(task)
        if len(self._sending) <= MOST_WAITING - TOGETHER:
            self._roomy.set()

    async def _send(self, of: NoticeWork, delivery: Delivery, claimed: float) -> None:
        try:
            await of.delivering.deliver(delivery, claimed, self._places)
        except (DatabaseError, TmfError) as error:
            # It is claimed for some time yet, and then looked at again.
            log.warning("a notice waits for the database", notice=delivery.id, error=reason(error))
        except Exception:
            # One notice that cannot be sent, such as by a fault in a template, keeps no other one waiting.
            log.exception("a notice could not be looked at; it is tried again", notice=delivery.id)

    async def _finish(self) -> None:
        """Let what is being sent come to its end, and hand over to another process."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._patience.sending)
        await hand_over(self.lease, work="the notifier")
