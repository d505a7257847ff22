# SPDX-License-Identifier: Apache-2.0
"""A notification as it is rendered for all listeners of a version, and the part of it that one may be sent."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from app.domain import dates
from app.domain.json_values import without
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.notification import identity_members

_FIELD_PATH = "fieldPath"


class Notification:
    """A notification; `shown` is the whole resource in its version, None if the payload is that already."""

    def __init__(self, members: Mapping[str, Any], shown: dict[str, Any] | None = None) -> None:
        self._members = members
        self._shown = shown

    def meets(self, subscription_filter: SubscriptionFilter) -> bool:
        """Whether a filter lets it pass. Conditions see the whole resource, also where the payload has only changes."""
        return subscription_filter.everything or subscription_filter.matches(self._complete)

    def body(self, subscription_filter: SubscriptionFilter) -> bytes:
        """The notification as JSON, with the selected fields; without a selection encoded once for all listeners."""
        return (
            self._whole_body
            if subscription_filter.fields is None
            else orjson.dumps(subscription_filter.select_fields(self._members))
        )

    def without(self, hidden: frozenset[str]) -> "Notification | None":
        """The notification without these attributes of its resource; None when it is about them alone."""
        (resource, payload), *_ = self._members["event"].items()
        kept = without(hidden, payload)
        members = {**self._members, "event": {resource: kept}}
        if _FIELD_PATH in members:
            paths = [each for each in members[_FIELD_PATH].split(",") if each not in hidden]
            members[_FIELD_PATH] = ",".join(paths)
            if not paths:
                return None
        elif len(kept) < len(payload) and self._tells_changes and kept == identity_members(kept):
            return None
        return Notification(members, None if self._shown is None else without(hidden, self._shown))

    @property
    def _tells_changes(self) -> bool:
        """Whether the payload has what changed, beside what identifies the resource, and nothing else."""
        return self._shown is not None and "@type" in self._members

    @cached_property
    def _whole_body(self) -> bytes:
        return orjson.dumps(self._members)

    @cached_property
    def _complete(self) -> Mapping[str, Any]:
        if self._shown is None:
            return self._members
        (resource,) = self._members["event"]
        return {**self._members, "event": {resource: dates.with_text_dates(self._shown)}}
