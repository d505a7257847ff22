# SPDX-License-Identifier: Apache-2.0
"""What is kept of one listener's deliveries in its registration, and when it is written there."""

from datetime import datetime
from time import monotonic

from app.events.delivery.in_flight import InFlight
from app.storage.hubs.registrations import Registration, Registrations

SKIPPED_AT_MOST = 200
"""Unwanted entries after which the position is stored; after a restart so many are looked at again, to no effect."""

SKIPPED_SECONDS = 2.0
"""How soon the position is stored when all that was left of the log is unwanted: who looks at the lag sees it go."""

STORE_SECONDS = 0.25
"""How often the position is stored in a run of deliveries: a write for each would cost more than the delivery."""


class DeliveryState:
    """The listener's row. The position is stored after the deliveries, so a crash between repeats some."""

    def __init__(self, registration: Registration, window: InFlight, hubs: Registrations) -> None:
        self._id, self._generation = registration["_id"], registration["generation"]
        self._window, self._hubs = window, hubs
        self._stored_at = monotonic()
        self._untold = False

    def record_delivery(self) -> None:
        """Note that an event was delivered; the database has it with the next `store`."""
        self._untold = True

    @property
    def untold(self) -> bool:
        """Whether there is a delivery to tell of soon. Of none while another one fails: it would look well."""
        return self._untold and not self._window.failed_items

    @property
    def patience(self) -> float | None:
        """After how many seconds without news to look at what is to be stored; None when that is nothing."""
        if self.untold:
            return STORE_SECONDS
        return SKIPPED_SECONDS if self._window.position > self._window.stored else None

    async def keep(self) -> None:
        """Store how far the deliveries are if it is time to."""
        if self._is_due():
            await self.store()

    async def store(self) -> None:
        """Store how far the deliveries are; does nothing when that is known."""
        position, well = self._window.position, self.untold
        if well or position > self._window.stored:
            await self._hubs.advance(self._id, position, delivered=well, generation=self._generation)
            self._window.stored, self._stored_at = position, monotonic()
            self._untold = self._untold and not well

    async def record_failure(self, *, error: str, at: datetime, next_attempt: datetime) -> None:
        """Note that the delivery tried at `at` failed and when it is tried again."""
        await self.store()
        await self._hubs.record_failure(
            self._id, error=error, at=at, next_attempt=next_attempt, generation=self._generation
        )

    async def suspend(self, error: str) -> None:
        """Stop delivering, because of `error`."""
        await self._hubs.suspend(self._id, error=error, generation=self._generation)

    async def forget_listener(self) -> None:
        """Forget the listener."""
        await self._hubs.forget(self._id)

    def _is_due(self) -> bool:
        if self._untold:
            return self._window.resting or monotonic() - self._stored_at >= STORE_SECONDS
        skipped = self._window.position - self._window.stored
        return skipped >= SKIPPED_AT_MOST or (skipped > 0 and monotonic() - self._stored_at >= SKIPPED_SECONDS)
