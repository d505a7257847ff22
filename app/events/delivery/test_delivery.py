# SPDX-License-Identifier: Apache-2.0
"""Test deliveries: an event sent to one listener once, marked as a test, whatever the state of its deliveries."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from app.domain import dates
from app.domain.identifiers import new_id
from app.events.delivery.callback_addresses import Allowed
from app.events.delivery.http_sender import DeliveryResult, HttpSender
from app.events.delivery.sender import ATTEMPT, Sender
from app.events.entitlement import Entitlements
from app.events.notification_content import Notices
from app.events.relay.reader import Reader, Renderers
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.hub_administration import HubAdministration
from app.storage.hubs.registrations import ALL_APIS, Registration
from app.storage.hubs.vault import Vault
from app.storage.mongod.durable import Entry

TEST = "Liaison-Test"
"""The header that marks a test delivery; its value is `true`."""

TEST_EVENT = "LiaisonTestEvent"
"""The type of the artificial event for a listener whose query matches no recent entry of the log."""

LOOKED_BACK = 1000
"""The newest entries that are searched for one that the listener's query matches."""

PAGE = 100


class Event(NamedTuple):
    """The event of a test: its id and type, and the notification as JSON."""

    id: str
    type: str
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """The outcome of a test: what was sent, the headers but for secret ones, and the listener's answer."""

    type: str
    id: str
    headers: Mapping[str, str]
    answer: DeliveryResult


class MarkingPostman(HttpSender):
    """A sender that marks events as tests, and keeps the headers of the last one, but for secret ones."""

    noted: Mapping[str, str] = {}

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, failing: bool = False
    ) -> DeliveryResult:
        """As any postman."""
        if headers and ATTEMPT in headers:
            headers = {**headers, TEST: "true"}
            self.noted = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        return await super().post(url, body, headers, failing=failing)


class DeliveryTrial:
    """Test deliveries to listeners of all hubs. They change neither position nor state of a registration."""

    def __init__(
        self,
        *,
        hubs: HubAdministration,
        log: EventLog,
        renderers: Renderers,
        vault: Vault | None,
        allowed: Allowed,
        timeout_seconds: float,
        notices: Mapping[tuple[str, str], Notices] | None = None,
        entitlements: Entitlements | None = None,
    ) -> None:
        self._hubs, self._log, self._reader = hubs, log, Reader(log, renderers, notices, entitlements)
        self._vault, self._allowed, self._timeout_seconds = vault, allowed, timeout_seconds

    async def send(self, id: str) -> Outcome:
        """Send the listener `id` the newest event that its query matches, or an artificial one if there is none.

        Raises `NotFound`, `InvalidQuery` for a query that an earlier release took, and `Unsealable`.
        """
        registration = await self._hubs.find(id)
        event = await self._newest(registration) or _made_up(registration["version"])
        async with MarkingPostman(timeout_seconds=self._timeout_seconds, allowed=self._allowed) as postman:
            sender = Sender(registration, vault=self._vault, postman=postman)
            answer = await sender.send(event.id, event.body, attempt=1)
            return Outcome(event.type, event.id, postman.noted, answer)

    async def _newest(self, registration: Registration) -> Event | None:
        subscription_filter = self._reader.subscription_filter(registration).current()
        entitlement = self._reader.entitlement(registration)
        async for entry in self._backwards():
            if registration["api"] not in (entry["api"], ALL_APIS):
                continue
            notification = self._reader.notification(entry, registration["version"])
            if notification and entitlement:
                notification = self._reader.entitled_part(entry, registration["version"], notification, entitlement)
            if notification and notification.meets(subscription_filter):
                return Event(entry["eventId"], entry["eventType"], notification.body(subscription_filter))
        return None

    async def _backwards(self) -> AsyncIterator[Entry]:
        """The newest `LOOKED_BACK` entries of the log, the last one first."""
        tail = (await self._log.tail()).sequence
        for start in range(tail - PAGE, tail - LOOKED_BACK - PAGE, -PAGE):
            page = await self._log.after(max(start, 0), PAGE + min(start, 0))
            for entry in reversed(page):
                yield entry
            if start <= 0:
                return


def _made_up(version: str) -> Event:
    id, at = new_id(), dates.text(dates.now())
    members = {
        "eventId": id,
        "eventTime": at,
        "eventType": TEST_EVENT,
        "title": "Test",
        "description": "A test of this listener; nothing has happened",
        "event": {},
    }
    typed = {"@type": TEST_EVENT, "@baseType": "Event"} if version == "v5" else {}
    return Event(id, TEST_EVENT, orjson.dumps({**typed, **members}))
