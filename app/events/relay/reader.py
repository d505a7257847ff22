# SPDX-License-Identifier: Apache-2.0
"""Reads the event log once for all listeners, and renders an event once per version."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from app.domain import dates
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification import (
    V4_ENVELOPE,
    V5_ENVELOPE,
    field_path,
    former,
    identity_members,
    reported_notification,
    v4_notification,
    v5_notification,
)
from app.events.notification_content import Notices
from app.storage.event_log.chain import DROPPED, OMISSION
from app.storage.event_log.event_log import EventLog, bson_size
from app.storage.hubs.custom_topics import EVENT
from app.storage.hubs.registrations import Registration

Entry = Mapping[str, Any]
Renderers = Mapping[tuple[str, str], Callable[[Entry], dict[str, Any]]]
"""By (API, version): from an entry of the log to the resource as that version shows it, with id and href."""


class Form(NamedTuple):
    """How a version tells events: the members that its notifications have, and the notification of an entry and its
    resource, or None when the version has nothing to tell of it."""

    envelope: tuple[str, ...]
    tell: Callable[[Entry, Entry], dict[str, Any] | None]


NOTIFICATIONS: Mapping[str, Form] = {
    "v4": Form(V4_ENVELOPE, v4_notification),
    "v5": Form(V5_ENVELOPE, v5_notification),
}

PAGE = 16
KEPT = 256
KEPT_BYTES = 32 * 1024 * 1024


class Notification:
    """One event as one version tells it; `shown` is its whole resource in that version, None if it tells all anyway."""

    def __init__(self, members: Mapping[str, Any], shown: dict[str, Any] | None = None) -> None:
        self._members = members
        self._shown = shown

    def meets(self, subscription_filter: SubscriptionFilter) -> bool:
        """Whether a listener wants it. Conditions look at the whole resource, also where only changes are told."""
        return subscription_filter.everything or subscription_filter.matches(self._complete)

    def body(self, subscription_filter: SubscriptionFilter) -> bytes:
        """As JSON, with the fields that a listener wants; the untrimmed one is encoded once for all."""
        return (
            self._whole_body
            if subscription_filter.fields is None
            else orjson.dumps(subscription_filter.select_fields(self._members))
        )

    @cached_property
    def _whole_body(self) -> bytes:
        return orjson.dumps(self._members)

    @cached_property
    def _complete(self) -> Mapping[str, Any]:
        if self._shown is None:
            return self._members
        (resource,) = self._members["event"]
        return {**self._members, "event": {resource: dates.with_text_dates(self._shown)}}


class Recent(dict[Any, Any]):
    """A dictionary that keeps the newest keys: `KEPT` at most, and fewer when they weigh more than `KEPT_BYTES`."""

    def __init__(self) -> None:
        super().__init__()
        self._weights: dict[Any, int] = {}
        self._weight = 0

    def keep(self, key: Any, value: Any, weight: int) -> None:
        """Keep `value`, of so many bytes, whatever its weight; `key` must not be there yet."""
        self[key], self._weights[key] = value, weight
        self._weight += weight
        while len(self) > KEPT or (self._weight > KEPT_BYTES and len(self) > 1):
            oldest = next(iter(self))
            del self[oldest]
            self._weight -= self._weights.pop(oldest)


class Reader:
    """The log as listeners read it. Most stand at its end, so a few entries are kept for all of them.

    `notices` are what the hubs tell, by API and version; a topic of a client's own is not among them.
    """

    def __init__(
        self, log: EventLog, renderers: Renderers, notices: Mapping[tuple[str, str], Notices] | None = None
    ) -> None:
        self._log = log
        self._renderers = renderers
        self._notices = notices
        self._following: Recent = Recent()
        self._rendered: Recent = Recent()
        self._reading = asyncio.Lock()

    def subscription_filter(self, registration: Registration) -> SubscriptionFilter:
        """What a listener wants, evaluated as lists evaluate it. Raises `TmfError` for a query that cannot be read."""
        version = registration["version"]
        envelope = NOTIFICATIONS[version].envelope
        if self._notices is None:
            return SubscriptionFilter.read(registration["query"], envelope)
        place = (registration["api"], version)
        notices = self._notices.get(place) or Notices(envelope, {}, others=True)
        return SubscriptionFilter.read(registration["query"], envelope).of(notices)

    async def after(self, position: int) -> Entry | None:
        """The entry that follows `position`; None at the end of the log."""
        if position not in self._following:
            async with self._reading:
                if position not in self._following:
                    await self._read_page(position)
        entry: Entry | None = self._following.get(position)
        return entry

    def notification(self, entry: Entry, version: str) -> Notification | None:
        """The event of `entry` as `version` tells it; None when it has nothing to tell, or no longer.

        Of one that was logged without its payload, it tells of what.
        """
        if DROPPED in entry and OMISSION not in entry:
            return None
        key = (entry["_id"], version)
        if key not in self._rendered:
            self._rendered.keep(key, self._to_notification(entry, version), _weight(entry))
        rendered: Notification | None = self._rendered[key]
        return rendered

    def _to_notification(self, entry: Entry, version: str) -> Notification | None:
        if entry["resource"] == EVENT:
            return Notification(reported_notification(entry))
        shown = self._to_view(entry, version)
        members = NOTIFICATIONS[version].tell(entry, shown)
        if members and version == "v4" and (document := former(entry)) is not None:
            # The log has stored (v5) names: only the views tell which attributes that are in v4.
            before = self._renderers[entry["api"], version]({**entry, "document": document})
            members = {**members, **field_path(before, shown)}
        return Notification(members, shown) if members else None

    def _to_view(self, entry: Entry, version: str) -> dict[str, Any]:
        render = self._renderers[entry["api"], version]
        return identity_members(render({**entry, "document": {}})) if OMISSION in entry else render(entry)

    async def _read_page(self, position: int) -> None:
        page = await self._log.after(position, PAGE)
        places = [position, *(entry["_id"] for entry in page)]
        # The nearest comes last: it is the one that must be kept.
        for place, entry in reversed(list(zip(places, page, strict=False))):
            if place not in self._following:
                self._following.keep(place, entry, _weight(entry))


def _weight(entry: Entry) -> int:
    return bson_size(entry)


class Tail:
    """How far the log goes, as far as is known here; those who follow it are told."""

    def __init__(self) -> None:
        self._sequence = 0
        self._followers: set[asyncio.Event] = set()

    def rise(self, sequence: int) -> None:
        """The log goes at least to `sequence`."""
        if sequence > self._sequence:
            self._sequence = sequence
            for follower in self._followers:
                follower.set()

    def beyond(self, position: int) -> bool:
        """Whether the log holds something after `position`."""
        return self._sequence > position

    @contextmanager
    def followed_by(self, follower: asyncio.Event) -> Iterator[None]:
        """Set `follower` whenever the log rises, until the block ends."""
        self._followers.add(follower)
        try:
            yield
        finally:
            self._followers.discard(follower)
