# SPDX-License-Identifier: Apache-2.0
"""Deliveries: a task for each active listener, kept in step with the registrations."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

import structlog

from app.domain import dates
from app.errors import TmfError
from app.events.delivery.callback_addresses import ONLY_PUBLIC, Allowed
from app.events.delivery.delivery_state import DeliveryState
from app.events.delivery.http_sender import HttpSender
from app.events.delivery.in_flight import InFlight, Trouble
from app.events.delivery.listener import Listener
from app.events.delivery.resolver import LookUp, look_up
from app.events.delivery.retry_policy import RetryPolicy
from app.events.delivery.sender import Sender
from app.events.entitlement import Entitlements
from app.events.notification_content import Notices
from app.events.relay.reader import Reader, Renderers, Tail
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.registrations import Registration, Registrations
from app.storage.hubs.vault import Unsealable, Vault
from app.storage.mongod.durable import Database
from app.storage.sealing.sealed_payloads import SealedPayloads
from app.system.tasks import end

log = structlog.get_logger()

REST_SECONDS = 30.0
"""Pause after a fault of ours in the delivery to one listener, before it is started again."""


class Delivery:
    """The deliveries of one process: from the first `refresh` to `stop`, and again after that."""

    def __init__(
        self,
        database: Database,
        renderers: Renderers,
        terms: RetryPolicy | None = None,
        *,
        vault: Vault | None = None,
        allowed: Allowed = ONLY_PUBLIC,
        look_up: LookUp = look_up,
        notices: Mapping[tuple[str, str], Notices] | None = None,
        entitlements: Entitlements | None = None,
        payloads: SealedPayloads | None = None,
    ) -> None:
        """`vault` decrypts the secrets of registrations; `allowed` are the networks beside public addresses.

        `notices` are the notifications of the hubs, by API and version; `entitlements` say what of them a registrant
        may see; `payloads` opens what is sealed in the log.
        """
        self._log = EventLog(database, payloads)
        self._hubs = Registrations(database)
        self._reader = Reader(self._log, renderers, notices, entitlements)
        self._tail = Tail()
        self._terms = terms or RetryPolicy()
        self._vault, self._allowed, self._look_up = vault, allowed, look_up
        self._postman: HttpSender | None = None
        self._windows: dict[str, InFlight] = {}
        self._tasks: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def refresh(self, fence: int) -> None:
        """Take up new, changed and removed registrations, and events that another process logged.

        `fence` is the fencing token of the leader, which grows with every new one; with an older token than the latest,
        nothing is delivered.
        """
        # A delivery that ends from here on may have changed its registration since, and is left to the next refresh.
        ended = [each for each, task in self._tasks.items() if task.done()]
        registrations = {(row["_id"], row["generation"]): row for row in await self._claim_registrations(fence)}
        await self.wake((await self._log.tail())[0])
        await self._end({*ended, *(self._tasks.keys() - registrations.keys())})
        self._forget_windows({id for id, _ in registrations})
        for each in registrations.keys() - self._tasks.keys():
            self._tasks[each] = asyncio.create_task(self._deliver(registrations[each]), name=f"listener {each[0]}")

    def _forget_windows(self, active: Collection[str]) -> None:
        for id in self._windows.keys() - active:
            del self._windows[id]

    async def _claim_registrations(self, fence: int) -> list[Registration]:
        active = await self._hubs.active()
        if any(row.get("fence", 0) < fence for row in active):
            await self._hubs.claim(fence)
            active = await self._hubs.active()
        return [row for row in active if row.get("fence") == fence]

    async def wake(self, sequence: int) -> None:
        """Tell the tasks of the listeners that the log has entries up to `sequence`."""
        self._tail.rise(sequence)

    async def stop(self) -> None:
        """End all deliveries; the next process delivers again what was not acknowledged."""
        await self._end(list(self._tasks))
        if self._postman:
            await self._postman.close()
            self._postman = None

    async def _deliver(self, registration: Registration) -> None:
        try:
            await self._run(registration)
        except Exception:
            # Such as an entry that cannot be rendered. To skip it would lose an event; other listeners must not wait.
            log.exception("delivery broke off; it is started again", hub=registration["_id"])
            await asyncio.sleep(REST_SECONDS)

    async def _run(self, registration: Registration) -> None:
        try:
            listener = self._listener(registration)
        except Unsealable as sealed:
            # The key may be set at the next start; until then the deliveries fail, and the registration says why.
            await self._wait_for_key(registration, str(sealed))
            return
        except TmfError as unreadable:
            # A query of an earlier release: a retry does not help, and to deliver all events would be wrong.
            id, error = registration["_id"], f"The query is not understood: {unreadable.message}"
            await self._hubs.suspend(id, error=error, generation=registration["generation"])
            log.error("listener is suspended", hub=id, error=error)
            return
        await listener.run()

    def _listener(self, registration: Registration) -> Listener:
        self._postman = self._postman or HttpSender(
            timeout_seconds=self._terms.timeout_seconds, allowed=self._allowed, look_up=self._look_up
        )
        window = self._windows.setdefault(registration["_id"], InFlight(registration["position"]))
        window.resume(registration["position"], Trouble(registration["attempts"], registration["failingSince"]))
        return Listener(
            registration,
            window=window,
            record=DeliveryState(registration, window, self._hubs),
            sender=Sender(registration, vault=self._vault, postman=self._postman),
            reader=self._reader,
            tail=self._tail,
            terms=self._terms,
        )

    async def _wait_for_key(self, registration: Registration, error: str) -> None:
        id, now = registration["_id"], dates.now()
        log.error("delivery waits for the key of the listener's secrets", hub=id, error=error)
        again = now + timedelta(seconds=REST_SECONDS)
        await self._hubs.record_failure(
            id, error=error, at=now, next_attempt=again, generation=registration["generation"]
        )
        await asyncio.sleep(REST_SECONDS)

    async def _end(self, ids: Iterable[tuple[str, int]]) -> None:
        await end([self._tasks.pop(each) for each in ids])
