# SPDX-License-Identifier: Apache-2.0
"""The hub of one API version: who may listen to what, and where a listener's events begin."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.events.delivery import callback_addresses
from app.events.hub import credentials, registration
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification_content import Notices, Subject
from app.events.relay.reader import NOTIFICATIONS
from app.storage.documents.receipts import Key, Receipts
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.registrations import Registration, Registrations
from app.storage.hubs.vault import Vault


class Hub:
    """Registrations for the events of one `api` in one `version` (TMF630 part 1, notifications).

    `url` is its own, absolute. `resources` are its resources by name, as they are in this version.
    Registrations look as in the version `shape`, which is its own unless another is given. With `others`, events that
    clients report are heard as well.
    Listeners may be at public addresses and in the networks `allowed`; their secrets are kept with the `vault`.
    """

    def __init__(
        self,
        *,
        api: str,
        version: str,
        url: str,
        resources: Mapping[str, Subject],
        hubs: Registrations,
        log: EventLog,
        receipts: Receipts,
        allowed: callback_addresses.Allowed,
        vault: Vault | None,
        shape: str | None = None,
        others: bool = False,
    ) -> None:
        self.name = url
        self._place = {"api": api, "version": version}
        self._version = version
        self._shape = shape or version
        self._url = url
        self.notices = Notices(NOTIFICATIONS[version].envelope, resources, others=others)
        self._hubs = hubs
        self._log = log
        self._receipts = receipts
        self._allowed = allowed
        self._vault = vault

    async def register(self, body: Any) -> dict[str, Any]:
        """Register a listener for what happens from now on; answers its EventSubscription (v4) or Hub (v5).

        Raises `InvalidBody`, `MissingField`, `InvalidField`, `InvalidQuery`, `NotSupported` for secrets that cannot be
        kept, and `Conflict` when it is registered already.
        """
        new = await self._new(body)
        await self._hubs.register(new)
        return self._registration_document(new)

    async def register_once(self, body: Any, key: Key | None) -> tuple[dict[str, Any], bool]:
        """As `register`; what was registered under `key` before is answered again, and whether it was so.

        Raises `KeyReused`, too.
        """
        if key is None:
            return await self.register(body), False
        if first := await self._receipts.find(key):
            return first, True
        new = await self._new(body)
        first = await self._receipts.keep(key, self._registration_document(new), partial(self._hubs.register, new))
        return first or self._registration_document(new), bool(first)

    def with_fingerprints(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """`body` with fingerprints in the place of its secrets, to tell a repeated registration by its digest."""
        return credentials.with_fingerprints(body, self._vault)

    async def get(self, id: str) -> dict[str, Any]:
        """The registration `id` and how its deliveries fare. Raises `NotFound`."""
        row = await self._hubs.get(id, **self._place)
        tail, _ = await self._log.tail()
        return registration.registration_view(row, self._shape, self._url, tail)

    async def knows(self, id: str) -> bool:
        """Whether there is the registration `id`."""
        return await self._hubs.exists(id, **self._place)

    async def all(self) -> list[dict[str, Any]]:
        """Every registration, the first one first, and how its deliveries fare."""
        tail, _ = await self._log.tail()
        rows = await self._hubs.of(**self._place)
        return [registration.registration_view(row, self._shape, self._url, tail) for row in rows]

    async def remove(self, id: str) -> None:
        """End the registration `id`. Raises `NotFound`."""
        await self._hubs.remove(id, **self._place)

    async def _new(self, body: Any) -> Registration:
        request = registration.read_registration(body, self._shape)
        self._check_addresses(request)
        SubscriptionFilter.read(request.query, self.notices.envelope).check(self.notices)
        position, _ = await self._log.tail()
        return self._hubs.new(
            callback=request.callback,
            query=request.query,
            described=request.described,
            guarded=request.credentials.registration_members(self._vault),
            position=position,
            **self._place,
        )

    def _check_addresses(self, request: registration.RegistrationRequest) -> None:
        callback_addresses.check(request.callback, self._allowed)
        if request.credentials.token_url:
            callback_addresses.check(request.credentials.token_url, self._allowed, member="/authentication/tokenUrl")

    def _registration_document(self, row: Registration) -> dict[str, Any]:
        return registration.registration_document(row, self._shape, self._url)
