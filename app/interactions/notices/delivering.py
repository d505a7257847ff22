# SPDX-License-Identifier: Apache-2.0
"""Delivering: a notice on its way is sent, if it is still to be sent, and its interaction says what came of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from app.errors import NotFound
from app.interactions.notices.contacts import Contact, Contacts, contact_of
from app.interactions.notices.message import Message, NoticeValues
from app.interactions.notices.outbound import CANCELLED, IN_PROGRESS, kind_of
from app.interactions.notices.results import Results
from app.interactions.notices.transport import DEFERRED, DELIVERED, REFUSED, Outbound, Outcome, Transport
from app.interactions.notices.ways import Way, Ways
from app.interactions.promises import PARTY, DueNotice, Policy, due_notices
from app.interactions.tracking import Tracking
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.interactions.notices import Delivery, NoticeRows

PAUSES = tuple(timedelta(minutes=each) for each in (1, 2, 5, 15, 30, 60))
"""After how long a notice is sent again that could not be; the last one again and again."""
MOST_ATTEMPTS = 20

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

    async def deliver(self, delivery: Delivery, claimed: float) -> None:
        """Send a notice that was `claimed` then, by `time.monotonic`, if it is still to be sent.

        What was changed until this moment counts: promises, contact media, consent, channels. Raises `Unavailable`,
        and then the notice is looked at again after the claim.
        """
        try:
            notice = await self._documents.get(delivery.id)
        except NotFound:
            return None  # Its row was all that there was of it.
        if self._tracking.is_over(notice.document):
            return await self._results.end(notice)  # Somebody has cancelled it.
        due = await self._due(delivery)
        if isinstance(due, Outcome):
            return await self._results.write(notice, delivery, CANCELLED, due)
        now, step = self._clock(), due.notice.step
        if (allowed := due.policy.notice_hours.allowed_from(now, step.tell)) > now:
            return await self._rows.wait(delivery, allowed)
        contact, way = await self._way(notice, due, now)
        if way is None or contact is None:
            outcome = UNREACHABLE if contact is None or await self._agrees(contact, due) else OPTED_OUT
            about = due.about.id if outcome is UNREACHABLE else ""
            return await self._results.write(notice, delivery, CANCELLED, outcome, unreached=about)
        message = self._message(contact, due, now)
        if not await self._agrees(contact, due):
            return await self._results.write(notice, delivery, CANCELLED, OPTED_OUT)
        if monotonic() - claimed > self._patience.to_begin:
            return None  # It took so long that another process may send it by the end.
        outcome = await self._send(Outbound(notice.id, way.address.medium, way.address.address, message))
        await self._keep(notice, delivery, due, way, outcome)

    async def _due(self, delivery: Delivery) -> _Due | Outcome:
        """What is to be sent; or the outcome, where nothing is any more."""
        try:
            about = await self._documents.get(delivery.about)
        except NotFound:
            return GONE
        await self._tracking.ready(about.document)
        policy = self._tracking.policy_of(about.document)
        notices = due_notices(policy, about.document.get("promise", ())) if policy else []
        found = next((each for each in notices if each.key == delivery.key), None)
        return _Due(about, policy, found) if found and policy else MOOT

    async def _way(self, notice: StoredDocument, due: _Due, now: datetime) -> tuple[Contact | None, Way | None]:
        contact = await self._contact(notice, due, now)
        return contact, await self._ways.to(contact, due.notice.step.tell) if contact else None

    async def _contact(self, notice: StoredDocument, due: _Due, now: datetime) -> Contact | None:
        """Who is told: the party that the notice names, which a merge may have made another, or whom the file knows."""
        tell = due.notice.step.tell
        for each in notice.document.get("relatedParty", ()):
            if (contact := await self._contacts.of(each["partyOrPartyRole"], now)) is not None:
                return contact
        version = self._tracking.version_of(due.about.document)
        recipient = version.notices.recipients.get(tell.lower()) if version else None
        return contact_of(recipient) if recipient else None

    async def _agrees(self, contact: Contact, due: _Due) -> bool:
        version = self._tracking.version_of(due.about.document)
        if due.notice.step.tell != PARTY or version is None:
            return True
        return await self._ways.agrees(contact, version.notices)

    def _message(self, contact: Contact, due: _Due, now: datetime) -> Message:
        document, notice = due.about.document, due.notice
        hours = due.policy.notice_hours
        zoned = (hours.party if notice.step.tell == PARTY else hours.representative) or due.policy.hours
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
        now, channel = self._clock(), way.channel
        if outcome.state == DELIVERED:
            left = self._patience.claim - self._patience.sending
            return await self._results.write_surely(notice, delivery, outcome, channel, self._informed(due), left)
        attempts = delivery.attempts + 1
        if outcome.state == DEFERRED and attempts < MOST_ATTEMPTS:
            pause = max(self._patience.pause(attempts), timedelta(seconds=min(outcome.retry_after, 86_400)))
            then = due.policy.notice_hours.allowed_from(now + pause, due.notice.step.tell)
            waits = replace(delivery, attempts=attempts, due=then, first=delivery.first or now)
            return await self._results.write(notice, delivery, IN_PROGRESS, outcome, channel=channel, waits=waits)
        await self._results.write(notice, delivery, CANCELLED, outcome, channel=channel, unreached=due.about.id)

    def _informed(self, due: _Due) -> str:
        """The interaction whose party has heard of its progress by a notice; none for other notices."""
        step = due.notice.step
        return due.about.id if step.tell == PARTY and step.promise == "progress" else ""
