# SPDX-License-Identifier: Apache-2.0
"""The hub of an API version (TMF630 part 1): registers, shows and removes listeners."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.access.principal import Principal
from app.domain.query.attributes import ANYTHING, Attribute
from app.domain.scopes import EVERYTHING
from app.events.delivery import callback_addresses
from app.events.entitlement import Entitlements, identity, registrant_of
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

    `url` is the absolute URL of the hub. `resources` are those of this version, by name. Registrations have the form of
    the version `shape`, by default `version`. With `others`, listeners also get events that clients report.
    `attributes` are those that a registration has; `entitlements` say what registrants may be sent.
    Listeners may be at public addresses and in the networks `allowed`; `vault` encrypts their secrets.
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
        attributes: Attribute = ANYTHING,
        entitlements: Entitlements | None = None,
        shape: str | None = None,
        others: bool = False,
    ) -> None:
        self.name = url
        self._place = {"api": api, "version": version}
        self._version = version
        self._shape = shape or version
        self._url = url
        self.notices = Notices(NOTIFICATIONS[version].envelope, resources, others=others)
        self.attributes = attributes
        self._entitlements = entitlements
        self._hubs = hubs
        self._log = log
        self._receipts = receipts
        self._allowed = allowed
        self._vault = vault

    async def register(self, body: Any, principal: Principal | None = None) -> dict[str, Any]:
        """Register a listener for events from now on; returns its EventSubscription (v4) or Hub (v5).

        Raises `InvalidBody`, `MissingField`, `InvalidField`, `InvalidQuery`, `NotSupported` for secrets without a
        vault, `Forbidden` for a query by what the principal may not see, and `Conflict` when it has registered the same
        callback and query already.
        """
        new = await self._new(body, principal)
        await self._hubs.register(new)
        return self._registration_document(new)

    async def register_idempotently(
        self, body: Any, key: Key | None, principal: Principal | None = None
    ) -> tuple[dict[str, Any], bool]:
        """As `register`, idempotently: the registration made under `key` before, if any, and whether there was one.

        Raises `KeyReused`, too.
        """
        if key is None:
            return await self.register(body, principal), False
        if first := await self._receipts.find(key):
            return first, True
        new = await self._new(body, principal)
        first = await self._receipts.keep(key, self._registration_document(new), partial(self._hubs.register, new))
        return first or self._registration_document(new), bool(first)

    def with_fingerprints(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """`body` with fingerprints for its secrets, for the digest that identifies a repeated request."""
        return credentials.with_fingerprints(body, self._vault)

    async def get(self, id: str, principal: Principal | None = None) -> dict[str, Any]:
        """The registration `id`, with the status of its deliveries. Raises `NotFound`, also for another principal's."""
        row = await self._hubs.get(id, **self._place, registrant=_registrant(principal))
        tail, _ = await self._log.tail()
        return registration.registration_view(row, self._shape, self._url, tail)

    async def knows(self, id: str) -> bool:
        """Whether the registration `id` exists."""
        return await self._hubs.exists(id, **self._place)

    async def all(self, principal: Principal | None = None) -> list[dict[str, Any]]:
        """The registrations of a principal in the order of creation, with the status of their deliveries."""
        tail, _ = await self._log.tail()
        rows = await self._hubs.of(**self._place, registrant=_registrant(principal))
        return [registration.registration_view(row, self._shape, self._url, tail) for row in rows]

    async def remove(self, id: str, principal: Principal | None = None) -> None:
        """Remove the registration `id`. Raises `NotFound`, also for another principal's."""
        await self._hubs.remove(id, **self._place, registrant=_registrant(principal))

    async def _new(self, body: Any, principal: Principal | None) -> Registration:
        request = registration.read_registration(body, self._shape)
        self._check_addresses(request)
        SubscriptionFilter.read(request.query, self.notices.envelope).check(self._visible_notices(principal))
        position, _ = await self._log.tail()
        return self._hubs.new(
            callback=request.callback,
            query=request.query,
            described=request.described,
            guarded=request.credentials.registration_members(self._vault),
            position=position,
            registrant=registrant_of(principal),
            **self._place,
        )

    def _visible_notices(self, principal: Principal | None) -> Notices:
        """The notifications that a principal may be sent, by whose attributes it may choose some."""
        if principal is None or self._entitlements is None:
            return self.notices
        visible = self._entitlements.visible(principal, self.notices.subjects, self._version)
        return Notices(self.notices.envelope, visible, others=self.notices.others)

    def _check_addresses(self, request: registration.RegistrationRequest) -> None:
        callback_addresses.check(request.callback, self._allowed)
        if request.credentials.token_url:
            callback_addresses.check(request.credentials.token_url, self._allowed, member="/authentication/tokenUrl")

    def _registration_document(self, row: Registration) -> dict[str, Any]:
        return registration.registration_document(row, self._shape, self._url)


def _registrant(principal: Principal | None) -> str | None:
    """Whose registrations a principal sees; None where it sees all."""
    return None if principal is None or EVERYTHING in principal.scopes else identity(principal)
