# SPDX-License-Identifier: Apache-2.0
"""The state of a listener's deliveries: position and failures, and when they are written to its registration."""

from datetime import datetime
from time import monotonic

from app.events.delivery.in_flight import InFlight
from app.storage.hubs.registrations import Registration, Registrations

SKIPPED_AT_MOST = 200
"""Filtered-out entries after which the position is stored; after a restart at most so many are read again."""

SKIPPED_SECONDS = 2.0
"""Seconds after which the position is stored when only filtered-out entries were left, so that `lag` goes to 0."""

STORE_SECONDS = 0.25
"""Seconds between two writes of the position while events are delivered: a write costs more than a delivery."""


class DeliveryState:
    """The listener's state. The position is stored after deliveries, so some are repeated after a crash."""

    def __init__(self, registration: Registration, window: InFlight, hubs: Registrations) -> None:
        self._id, self._generation = registration["_id"], registration["generation"]
        self._window, self._hubs = window, hubs
        self._stored_at = monotonic()
        self._untold = False

    def record_delivery(self) -> None:
        """Note that an event was delivered; the next `store` writes it."""
        self._untold = True

    @property
    def untold(self) -> bool:
        """Whether a delivery is to be stored soon; not while another one fails, as storing it would hide that."""
        return self._untold and not self._window.failed_items

    @property
    def patience(self) -> float | None:
        """Seconds until `keep` has to be called when nothing happens; None when there is nothing to store."""
        if self.untold:
            return STORE_SECONDS
        return SKIPPED_SECONDS if self._window.position > self._window.stored else None

    async def keep(self) -> None:
        """Store the position if that is due."""
        if self._is_due():
            await self.store()

    async def store(self) -> None:
        """Store the position, unless it is stored already."""
        position, well = self._window.position, self.untold
        if well or position > self._window.stored:
            await self._hubs.advance(self._id, position, delivered=well, generation=self._generation)
            self._window.stored, self._stored_at = position, monotonic()
            self._untold = self._untold and not well

    async def record_failure(self, *, error: str, at: datetime, next_attempt: datetime) -> None:
        """Store that the delivery tried at `at` failed, and when it is tried again."""
        await self.store()
        await self._hubs.record_failure(
            self._id, error=error, at=at, next_attempt=next_attempt, generation=self._generation
        )

    async def suspend(self, error: str) -> None:
        """Suspend the listener, because of `error`."""
        await self._hubs.suspend(self._id, error=error, generation=self._generation)

    async def forget_listener(self) -> None:
        """Delete the registration of the listener."""
        await self._hubs.forget(self._id)

    def _is_due(self) -> bool:
        if self._untold:
            return self._window.resting or monotonic() - self._stored_at >= STORE_SECONDS
        skipped = self._window.position - self._window.stored
        return skipped >= SKIPPED_AT_MOST or (skipped > 0 and monotonic() - self._stored_at >= SKIPPED_SECONDS)
