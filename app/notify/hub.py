"""The hub of one API version: who may listen to what, and where a listener's events begin."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.domain.attributes import Attribute
from app.notify import subscription
from app.notify.reader import NOTIFICATIONS
from app.notify.wanted import Wanted
from app.storage.event_log import EventLog
from app.storage.hubs import Hubs, Registration
from app.storage.idempotency import Key, Receipts


class Hub:
    """Registrations for the events of one `api` in one `version` (TMF630 part 1, notifications).

    `url` is its own, absolute. `resources` are its resources by name, with the attributes they have in this version.
    """

    def __init__(
        self,
        *,
        api: str,
        version: str,
        url: str,
        resources: Mapping[str, Attribute],
        hubs: Hubs,
        log: EventLog,
        receipts: Receipts,
    ) -> None:
        self.name = f"{version}/{api}/hub"
        self._place = {"api": api, "version": version}
        self._version = version
        self._url = url
        self._resources = resources
        self._hubs = hubs
        self._log = log
        self._receipts = receipts

    async def register(self, body: Any) -> dict[str, Any]:
        """Register a listener for what happens from now on; answers its EventSubscription (v4) or Hub (v5).

        Raises `InvalidBody`, `MissingField`, `InvalidField`, `InvalidQuery`, and `Conflict` when it is registered
        already.
        """
        new = await self._new(body)
        await self._hubs.register(new)
        return self._shown(new)

    async def register_once(self, body: Any, key: Key | None) -> tuple[dict[str, Any], bool]:
        """As `register`; what was registered under `key` before is answered again, and whether it was so.

        Raises `KeyReused`, too.
        """
        if key is None:
            return await self.register(body), False
        if first := await self._receipts.find(key):
            return first, True
        new = await self._new(body)
        first = await self._receipts.keep(key, self._shown(new), partial(self._hubs.register, new))
        return first or self._shown(new), bool(first)

    async def get(self, id: str) -> dict[str, Any]:
        """The registration `id`, as `register` answered it. Raises `NotFound`."""
        return self._shown(await self._hubs.get(id, **self._place))

    async def remove(self, id: str) -> None:
        """End the registration `id`. Raises `NotFound`."""
        await self._hubs.remove(id, **self._place)

    async def _new(self, body: Any) -> Registration:
        asked = subscription.read(body, self._version)
        Wanted.read(asked.query, NOTIFICATIONS[self._version].envelope).check(self._resources)
        position, _ = await self._log.tail()
        return self._hubs.new(
            callback=asked.callback,
            query=asked.query,
            described=asked.described,
            position=position,
            **self._place,
        )

    def _shown(self, registration: Registration) -> dict[str, Any]:
        return subscription.shown(registration, self._version, self._url)
