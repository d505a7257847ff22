# SPDX-License-Identifier: Apache-2.0
"""Reader of the event log for all listeners: reads an entry once, and renders it once per version."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any, NamedTuple

from app.access.merged_parties import MergedParties
from app.domain.events import DUPLICATE_SUSPECTED
from app.events.entitlement import Entitlement, Entitlements
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification import (
    V4_ENVELOPE,
    V5_ENVELOPE,
    Notification,
    field_path,
    former,
    identity_members,
    reported_notification,
    v4_notification,
    v5_notification,
)
from app.events.notification_content import Notices
from app.events.suspicions import bare_entry
from app.storage.event_log.chain import DROPPED, OMISSION
from app.storage.event_log.event_log import EventLog, bson_size
from app.storage.hubs.custom_topics import EVENT
from app.storage.hubs.registrations import Registration
from app.storage.sealing.key_cache import CACHED_SECONDS

Entry = Mapping[str, Any]
Render = Callable[[Entry], dict[str, Any] | None]
Renderers = Mapping[tuple[str, str], Render]
"""By (API, version): renders the resource of an entry of the log in that version, with id and href; None if the
version does not have it."""


class Form(NamedTuple):
    """The form of notifications in a version: their members, and the function that makes one of an entry and its
    resource, or None when the resource did not change in this version."""

    envelope: tuple[str, ...]
    tell: Callable[[Entry, Entry], dict[str, Any] | None]


NOTIFICATIONS: Mapping[str, Form] = {
    "v4": Form(V4_ENVELOPE, v4_notification),
    "v5": Form(V5_ENVELOPE, v5_notification),
}

PAGE = 16
KEPT = 256
KEPT_BYTES = 32 * 1024 * 1024


KEPT_SECONDS = CACHED_SECONDS
"""Seconds for which an entry is cached, as long as the keys that may have opened it."""


class Recent(dict[Any, Any]):
    """A cache of the newest keys: at most `KEPT`, and at most `KEPT_BYTES` in all but for the last."""

    def __init__(self, seconds: float = KEPT_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._weights: dict[Any, tuple[int, float]] = {}
        self._weight = 0

    def keep(self, key: Any, value: Any, weight: int) -> None:
        """Cache `value`, of `weight` bytes, whatever its weight; `key` must not be there yet."""
        self[key], self._weights[key] = value, (weight, monotonic())
        self._weight += weight
        while len(self) > KEPT or (self._weight > KEPT_BYTES and len(self) > 1):
            self._evict_oldest()

    def evict_old(self) -> None:
        """Evict what is cached too long: the key of a party that it concerns may be destroyed by now."""
        since = monotonic() - self._seconds
        while self and self._weights[next(iter(self))][1] <= since:
            self._evict_oldest()

    def _evict_oldest(self) -> None:
        oldest = next(iter(self))
        del self[oldest]
        self._weight -= self._weights.pop(oldest)[0]


class LiveFilter:
    """The filter of a registration, resolved, which follows merges: what names the survivor of a merged id meets it."""

    def __init__(
        self,
        registered: SubscriptionFilter,
        notices: Notices | None = None,
        merged: MergedParties | None = None,
        entitlement: Entitlement | None = None,
    ) -> None:
        """`registered` is what the registration says; without `notices` that is all. For who is bound to parties, by
        the `entitlement`, the survivor must be one of these."""
        self._registered, self._notices = registered, notices
        self._merged, self._entitlement = merged, entitlement
        self._merges: object = None
        self._current: SubscriptionFilter | None = None

    def current(self) -> SubscriptionFilter:
        """The filter by the merges that are known now."""
        merges = self._merged.edition if self._merged else None
        if self._current is None or merges is not self._merges:
            self._merges, self._current = merges, self._resolved_filter()
        return self._current

    def _resolved_filter(self) -> SubscriptionFilter:
        found = self._registered
        if self._merged:
            parties = self._entitlement.parties if self._entitlement else None
            found = replace(found, where=self._merged.naming_survivors(found.where, parties))
        return found.of(self._notices) if self._notices else found


class Reader:
    """The event log for listeners. Most are at its end, so the last few entries are cached for all of them.

    `notices` are the notifications of the hubs, by API and version; those of topics of clients are not among them.
    `entitlements` say what of them a registrant may see.
    """

    def __init__(
        self,
        log: EventLog,
        renderers: Renderers,
        notices: Mapping[tuple[str, str], Notices] | None = None,
        entitlements: Entitlements | None = None,
    ) -> None:
        self._log = log
        self._renderers = renderers
        self._notices = notices
        self._entitlements = entitlements
        self._following: Recent = Recent()
        self._rendered: Recent = Recent()
        self._reading = asyncio.Lock()

    def entitled_part(
        self, entry: Entry, version: str, notification: Notification, entitlement: Entitlement | None
    ) -> Notification | None:
        """The part of the notification of an `entry` that a listener may be sent; None when that is nothing."""
        if entitlement is None:
            return notification
        return entitlement.visible_part(entry, version, notification)

    def entitlement(self, registration: Registration) -> Entitlement | None:
        """What the registrant of a listener may be told of; None for everything."""
        return self._entitlements.of(registration.get("registrant")) if self._entitlements else None

    def subscription_filter(self, registration: Registration) -> LiveFilter:
        """The filter of a registration. Raises `TmfError` for a query that cannot be parsed."""
        version = registration["version"]
        envelope = NOTIFICATIONS[version].envelope
        whole = SubscriptionFilter.read(registration["query"], envelope)
        if self._notices is None:
            return LiveFilter(whole)
        place = (registration["api"], version)
        notices = self._notices.get(place) or Notices(envelope, {}, others=True)
        merged = self._entitlements.merged if self._entitlements else None
        return LiveFilter(whole, notices, merged, self.entitlement(registration))

    async def after(self, position: int) -> Entry | None:
        """The entry behind `position`; None at the end of the log."""
        self._following.evict_old()
        if position not in self._following:
            async with self._reading:
                if position not in self._following:
                    await self._read_page(position)
        entry: Entry | None = self._following.get(position)
        return entry

    def notification(self, entry: Entry, version: str) -> Notification | None:
        """The notification of `entry` in `version`; None when nothing changed in it, or retention dropped the payload.

        None, too, of a resource that this version does not serve. That of an entry which was logged without payload has
        only the identity of the resource.
        """
        if DROPPED in entry and OMISSION not in entry:
            return None
        self._rendered.evict_old()
        key = (entry["_id"], version)
        if key not in self._rendered:
            self._rendered.keep(key, self._to_notification(entry, version), _weight(entry))
        rendered: Notification | None = self._rendered[key]
        return rendered

    def _to_notification(self, entry: Entry, version: str) -> Notification | None:
        if entry["resource"] == EVENT:
            return Notification(reported_notification(entry))
        render = self._renderers.get((entry["api"], version))
        shown = _to_view(entry, render) if render else None
        if shown is None or render is None:
            return None
        members = NOTIFICATIONS[version].tell(entry, shown)
        if members and version == "v4" and (document := former(entry)) is not None:
            # The log has stored (v5) names; which attributes these are in v4 follows from the views alone.
            before = render({**entry, "document": document})
            assert before is not None, "it is shown after the change"
            members = {**members, **field_path(before, shown)}
        return Notification(members, shown) if members else None

    async def _read_page(self, position: int) -> None:
        page = await self._log.after(position, PAGE)
        places = [position, *(entry["_id"] for entry in page)]
        # The next entry is cached last, so that it is not evicted.
        for place, entry in reversed(list(zip(places, page, strict=False))):
            if place not in self._following:
                self._following.keep(place, entry, _weight(entry))


def _to_view(entry: Entry, render: Render) -> dict[str, Any] | None:
    if entry["kind"] == DUPLICATE_SUSPECTED:
        return render(bare_entry(entry))
    if OMISSION not in entry:
        return render(entry)
    bare = render({**entry, "document": {}})
    return None if bare is None else identity_members(bare)


def _weight(entry: Entry) -> int:
    return bson_size(entry)


class Tail:
    """The number of the last entry of the log, as far as this process knows; wakes its followers when it grows."""

    def __init__(self) -> None:
        self._sequence = 0
        self._followers: set[asyncio.Event] = set()

    def rise(self, sequence: int) -> None:
        """Note that the log has entries up to `sequence` at least."""
        if sequence > self._sequence:
            self._sequence = sequence
            for follower in self._followers:
                follower.set()

    def beyond(self, position: int) -> bool:
        """Whether the log has an entry behind `position`."""
        return self._sequence > position

    @contextmanager
    def followed_by(self, follower: asyncio.Event) -> Iterator[None]:
        """Within the block, `follower` is set whenever the log grows."""
        self._followers.add(follower)
        try:
            yield
        finally:
            self._followers.discard(follower)
