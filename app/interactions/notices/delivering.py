# SPDX-License-Identifier: Apache-2.0
"""Delivering: a notice on its way is sent, if it is still to be sent, and its interaction says what came of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from app.errors import NotFound
from app.interactions.notices.contacts import Contact, Contacts, contact_of
from app.interactions.notices.message import Message, NoticeValues
from app.interactions.notices.outbound import CANCELLED, COMPLETED, IN_PROGRESS, kind_of
from app.interactions.notices.results import Result, Results
from app.interactions.notices.transport import DEFERRED, DELIVERED, REFUSED, Outbound, Outcome, Transport
from app.interactions.notices.ways import Way, Ways
from app.interactions.promises import PARTY, PROGRESS, DueNotice, Policy, due_notices
from app.interactions.tracking import Tracking
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.interactions.notices import Delivery, NoticeRows

PAUSES = tuple(timedelta(minutes=each) for each in (1, 2, 5, 15, 30, 60))
"""After how long a notice is sent again that could not be; the last one again and again."""
MOST_ATTEMPTS = 20
FRESH_SECONDS = 0.5
"""After how long all is asked again before a notice is sent that had to wait for others."""

GONE = Outcome(REFUSED, "gone", "the interaction that it is about is not there any more")
MOOT = Outcome(REFUSED, "moot", "it is not needed any more: the promise was kept, or moved")
OPTED_OUT = Outcome(REFUSED, "optedOut", "the party does not agree to be told")
UNREACHABLE = Outcome(REFUSED, "unreachable", "there is nobody to be told, or no medium that may be used")


class Renders(Protocol):
    """What puts a notice into words."""

    def render(self, kind: str, languages: Sequence[str], values: NoticeValues) -> Message:
        """The message of a kind in the first of these languages that there is."""


@dataclass(frozen=True)
class Patience:
    """How long a notice is this process's own since it was claimed, and how long sending it takes at most; in seconds.

    Nothing is begun that could end after the claim: so of a process that hung, and the one that took over, one sends.
    """

    claim: float = 180.0
    sending: float = 120.0
    pauses: Sequence[timedelta] = PAUSES

    @property
    def to_begin(self) -> float:
        """Within how many seconds after the claim sending has to begin."""
        return (self.claim - self.sending) * 0.8

    def pause(self, attempts: int) -> timedelta:
        """After how long to try again what has failed so often."""
        return self.pauses[min(attempts, len(self.pauses)) - 1]


@dataclass(frozen=True)
class _Due:
    """A notice that is to be sent: about which interaction, by which policy, which step of it."""

    about: StoredDocument
    policy: Policy
    notice: DueNotice

    @property
    def tell(self) -> str:
        """Whom to tell."""
        return self.notice.step.tell


@dataclass(frozen=True)
class _Ready:
    """A notice that can be sent, as was asked `since` then."""

    since: float
    notice: StoredDocument
    due: _Due
    way: Way
    outbound: Outbound


class _NotSent(Exception):
    """A notice is not to be sent, with this outcome; `unreached` where somebody should have been told."""

    def __init__(self, outcome: Outcome, *, unreached: bool = False) -> None:
        super().__init__(outcome.text)
        self.outcome, self.unreached = outcome, unreached


class Delivering:
    """Delivers the notices of one resource."""

    def __init__(
        self,
        documents: Repository,
        tracking: Tracking,
        rows: NoticeRows,
        results: Results,
        contacts: Contacts,
        templates: Renders,
        transports: Mapping[str, Transport],
        ways: Ways,
        clock: Callable[[], datetime],
        patience: Patience,
    ) -> None:
        self._documents, self._tracking, self._rows, self._results = documents, tracking, rows, results
        self._contacts, self._templates, self._transports, self._ways = contacts, templates, transports, ways
        self._clock, self._patience = clock, patience

    async def deliver(self, delivery: Delivery, claimed: float, place: AbstractAsyncContextManager[object]) -> None:
        """Send a notice that was `claimed` then, by `time.monotonic`, if it is still to be sent, when it has a `place`
        among those that are being sent.

        What was changed until then counts, but for the last `FRESH_SECONDS`: promises, contact media, consent,
        channels. Raises `Unavailable`, and then the notice is looked at again after the claim.
        """
        ready = await self._ready(delivery)
        if ready is None:
            return
        async with place:
            if monotonic() - ready.since > FRESH_SECONDS and (ready := await self._ready(delivery)) is None:
                return
            # Where it took longer to come here, another process may send it before this one would have.
            if monotonic() - claimed > self._patience.to_begin:
                return
            outcome = await self._send(ready.outbound)
        await self._keep(ready.notice, delivery, ready.due, ready.way, outcome)

    async def _ready(self, delivery: Delivery) -> _Ready | None:
        """What is to be sent by now; None where nothing is, of which the notice says why, or not yet."""
        since = monotonic()
        try:
            notice = await self._documents.get(delivery.id)
        except NotFound:
            return None  # Its row was all that there was of it.
        if self._tracking.is_over(notice.document):
            await self._results.end(notice)  # Somebody has cancelled it.
            return None
        try:
            due = await self._due(delivery)
            now = self._clock()
            if (allowed := due.policy.notice_hours.allowed_from(now, due.tell)) > now:
                await self._rows.wait(delivery, allowed)
                return None
            way, message = await self._prepare(notice, due, now)
        except _NotSent as not_sent:
            unreached = delivery.about if not_sent.unreached else ""
            await self._results.write(notice, delivery, Result(CANCELLED, not_sent.outcome, unreached=unreached))
            return None
        return _Ready(since, notice, due, way, Outbound(notice.id, way.address.medium, way.address.address, message))

    async def _due(self, delivery: Delivery) -> _Due:
        """What is to be sent. Raises `_NotSent` where nothing is any more."""
        try:
            about = await self._documents.get(delivery.about)
        except NotFound:
            raise _NotSent(GONE) from None
        await self._tracking.ready(about.document)
        policy = self._tracking.policy_of(about.document)
        notices = due_notices(policy, about.document.get("promise", ())) if policy else []
        found = next((each for each in notices if each.key == delivery.key), None)
        if found is None or policy is None:
            raise _NotSent(MOOT)
        return _Due(about, policy, found)

    async def _prepare(self, notice: StoredDocument, due: _Due, now: datetime) -> tuple[Way, Message]:
        """Where a notice goes, and what it says. Raises `_NotSent`."""
        contact = await self._contact(notice, due, now)
        if contact is None:
            raise _NotSent(UNREACHABLE, unreached=True)
        way = await self._ways.to(contact, due.tell)
        try:
            message = self._message(contact, due, now)
        except ValueError as wrong:
            raise _NotSent(Outcome(REFUSED, "template", str(wrong)), unreached=True) from None
        if not await self._agrees(contact, due):
            raise _NotSent(OPTED_OUT)
        if way is None:
            raise _NotSent(UNREACHABLE, unreached=True)
        return way, message

    async def _contact(self, notice: StoredDocument, due: _Due, now: datetime) -> Contact | None:
        """Who is told: the party that the notice names, which a merge may have made another, or whom the file knows."""
        for each in notice.document.get("relatedParty", ()):
            if (contact := await self._contacts.of(each["partyOrPartyRole"], now)) is not None:
                return contact
        version = self._tracking.version_of(due.about.document)
        recipient = version.notices.recipients.get(due.tell.lower()) if version else None
        return contact_of(recipient) if recipient else None

    async def _agrees(self, contact: Contact, due: _Due) -> bool:
        version = self._tracking.version_of(due.about.document)
        if due.tell != PARTY or version is None:
            return True
        return await self._ways.agrees(contact, version.notices)

    def _message(self, contact: Contact, due: _Due, now: datetime) -> Message:
        document, notice = due.about.document, due.notice
        hours = due.policy.notice_hours
        zoned = (hours.party if due.tell == PARTY else hours.representative) or due.policy.hours
        values = NoticeValues(
            interaction_id=due.about.id,
            reason=str(document.get("reason", "")),
            status=str(document.get("status", "")),
            sent=now,
            due=notice.due,
            promise=notice.step.promise,
            recipient_name=contact.name,
            assignee_name=str((document.get("assignee") or {}).get("name", "")),
            reopened=document.get("reopened", 0),
            time_zone=zoned.zone.key,
        )
        return self._templates.render(kind_of(notice, now), contact.languages, values)

    async def _send(self, notice: Outbound) -> Outcome:
        try:
            async with asyncio.timeout(self._patience.sending):
                return await self._transports[notice.medium].send(notice)
        except TimeoutError:
            return Outcome(DEFERRED, "timeout", f"no answer within {self._patience.sending:g} seconds")

    async def _keep(self, notice: StoredDocument, delivery: Delivery, due: _Due, way: Way, outcome: Outcome) -> None:
        """Have it written what came of sending. A notice that was handed over is not sent again as long as the database
        can be reached within its claim."""
        now, about = self._clock(), due.about.id
        attempts = delivery.attempts + 1
        if outcome.state == DELIVERED:
            heard = about if due.tell == PARTY and due.notice.step.promise == PROGRESS else ""
            result = Result(COMPLETED, outcome, way.channel, informed=heard)
            await self._results.write_surely(notice, delivery, result, self._patience.claim - self._patience.sending)
        elif outcome.state == DEFERRED and attempts < MOST_ATTEMPTS:
            pause = max(self._patience.pause(attempts), timedelta(seconds=min(outcome.retry_after, 86_400)))
            then = due.policy.notice_hours.allowed_from(now + pause, due.tell)
            waits = replace(delivery, attempts=attempts, due=then, first=delivery.first or now)
            await self._results.write(notice, delivery, Result(IN_PROGRESS, outcome, way.channel, waits=waits))
        else:
            await self._results.write(notice, delivery, Result(CANCELLED, outcome, way.channel, unreached=about))
