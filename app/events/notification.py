# SPDX-License-Identifier: Apache-2.0
"""Notifications (TMF630 part 1): how v4 and v5 render an entry of the event log, and what of it a listener is sent."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Protocol

import orjson

from app.domain import dates
from app.domain.events import (
    ATTRIBUTES,
    CREATE,
    DELETE,
    DUPLICATE_SUSPECTED,
    INFORMATION_REQUIRED,
    STATE,
    lower_camel,
)
from app.domain.json_values import ABSENT, equal
from app.domain.mapping.residue import PRIVATE, RESIDUE
from app.events.hub.subscription_filter import SubscriptionFilter
from app.events.suspicions import suspicion_payload
from app.storage.event_log.chain import OMISSION

Members = Mapping[str, Any]

V4_ENVELOPE = (
    "eventId",
    "eventTime",
    "timeOcurred",
    "eventType",
    "title",
    "description",
    "domain",
    "priority",
    "correlationId",
    "fieldPath",
    "event",
)
"""The members of a v4 notification (TMF630 part 1, notifications; `timeOcurred` is spelled as v4 spells it)."""

V5_ENVELOPE = (
    "@type",
    "@baseType",
    "eventId",
    "eventTime",
    "timeOccurred",
    "timeOcurred",
    "eventType",
    "title",
    "description",
    "domain",
    "priority",
    "correlationId",
    "source",
    "reportingSystem",
    "event",
)
"""The members of a v5 notification; v5's schema and its examples spell the time of the change differently."""

_FIELD_PATH = "fieldPath"

_DESCRIPTIONS = {
    CREATE: "{resource} {id} was created",
    ATTRIBUTES: "Attributes of {resource} {id} have new values",
    STATE: "{resource} {id} moved to another state",
    DELETE: "{resource} {id} was deleted",
    INFORMATION_REQUIRED: "{resource} {id} waits for somebody to decide",
    DUPLICATE_SUSPECTED: "{resource} {id} may be there twice",
}

SYSTEM = {"@type": "EntityRef", "id": "liaison", "@referredType": "LogicalResource"}
"""The `reportingSystem` and `source` of every event: this server."""


def v4_notification(entry: Members, shown: Members) -> dict[str, Any] | None:
    """The v4 notification, as JSON values, of an `entry` of the event log; `shown` is the v4 view of its resource.

    None when the v4 view did not change.
    """
    if entry["kind"] == ATTRIBUTES and entry["changed"] == [RESIDUE]:
        return None
    return _as_json(
        {
            **_common(entry, shown),
            "timeOcurred": entry["at"],
            "event": _event(entry, dict(shown), shown),
        }
    )


def v5_notification(entry: Members, shown: Members) -> dict[str, Any] | None:
    """The v5 notification, as JSON values, of an `entry` of the event log; `shown` is the v5 view of its resource.

    The payload of a change has the changed attributes, null for removed ones; None when the v5 view did not change.
    """
    names = _changed_in_v5(entry)
    if entry["kind"] == ATTRIBUTES and not names:
        return None
    # The values are unknown where an entry has no payload; null would say that they were removed.
    changed = {} if OMISSION in entry else {name: shown.get(name) for name in names}
    return _as_json(
        {
            "@type": entry["eventType"],
            "@baseType": "Event",
            **_common(entry, shown),
            "timeOccurred": entry["at"],
            "timeOcurred": entry["at"],
            "source": SYSTEM,
            "reportingSystem": SYSTEM,
            "event": _event(entry, _payload(entry["kind"], shown, changed), shown),
        }
    )


def _event(entry: Members, payload: Members, shown: Members) -> dict[str, Any]:
    """The member `event` with the payload; of suspected duplicates, what identifies the resource, and who they are."""
    member = lower_camel(entry["resource"])
    if entry["kind"] != DUPLICATE_SUSPECTED:
        return {member: payload}
    return {member: identity_members(shown), **suspicion_payload(entry, str(shown.get("href", "")))}


def former(entry: Members) -> dict[str, Any] | None:
    """The document with the former values of the attributes that an entry is about; None if the entry lacks them."""
    if entry["kind"] != ATTRIBUTES or OMISSION in entry or "before" not in entry:
        return None
    untouched = {name: value for name, value in entry["document"].items() if name not in entry["changed"]}
    return {**untouched, **entry["before"]}


def field_path(before: Members, after: Members) -> dict[str, str]:
    """The member `fieldPath`: the attributes that differ between two v4 views of a resource, by commas."""
    names = [name for name in (*after, *before.keys() - after.keys()) if not _is_same(before, after, name)]
    return {_FIELD_PATH: ",".join(sorted(names))} if names else {}


def _is_same(before: Members, after: Members, name: str) -> bool:
    return equal(before.get(name, ABSENT), after.get(name, ABSENT))


def reported_notification(entry: Members) -> dict[str, Any]:
    """The notification, as JSON values, of an event that a client reported.

    The time also has the name that v4 spells `timeOcurred`, so that one query finds events of all kinds.
    """
    document = entry["document"] if "document" in entry else reported_head(entry)
    return _as_json({**document, "timeOcurred": document["timeOccurred"]})


def reported_head(entry: Members) -> dict[str, Any]:
    """The members of a reported event whose payload is not in the log."""
    head = {
        "eventId": entry["eventId"],
        "eventTime": entry["at"],
        "timeOccurred": entry["at"],
        "eventType": entry["eventType"],
        "@type": entry["eventType"],
        "@baseType": "Event",
    }
    return head | ({"correlationId": entry["correlationId"]} if entry["correlationId"] else {})


def _changed_in_v5(entry: Members) -> list[str]:
    """The names of the members of a v5 view that may have changed, with those in `RESIDUE`, which v4 does not show."""
    names = set(entry["changed"])
    if RESIDUE in names:
        names.update(entry.get("before", {}).get(RESIDUE, {}), entry.get("document", {}).get(RESIDUE, {}))
    return sorted(names - PRIVATE)


def _payload(kind: str, shown: Members, changed: Members) -> dict[str, Any]:
    if kind == CREATE:
        return dict(shown)
    return identity_members(shown) if kind == DELETE else {**identity_members(shown), **changed}


def identity_members(shown: Members) -> dict[str, Any]:
    """The members that identify a resource and its class."""
    return {name: value for name, value in shown.items() if name in ("id", "href") or name.startswith("@")}


def _common(entry: Members, shown: Members) -> dict[str, Any]:
    return {
        "eventId": entry["eventId"],
        "eventTime": entry["loggedAt"],
        "eventType": entry["eventType"],
        "title": _title(entry["eventType"]),
        "description": _DESCRIPTIONS[entry["kind"]].format(
            resource=entry["resource"], id=shown.get("id", entry["resourceId"])
        ),
        "domain": "Commercial",
        "priority": "3",
        **({"correlationId": entry["correlationId"]} if entry["correlationId"] else {}),
    }


def _title(name: str) -> str:
    words = re.findall("[A-Z][a-z]*", name.removesuffix("Event"))
    return " ".join(words).capitalize()


def _as_json(notification: dict[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = dates.with_text_dates(notification)
    return written


class VisibleResource(Protocol):
    """What a principal sees of a resource; see `RestrictedResource`."""

    def visible_payload(self, payload: dict[str, Any], entry: Members, *, of_changes: bool) -> dict[str, Any]:
        """The part of a payload that is seen."""

    def unnoticed_attributes(self, entry: Members) -> set[str]:
        """The attributes of which it is not seen that they changed."""


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

    def visible_part(self, visible: "VisibleResource", entry: Members) -> "Notification | None":
        """The notification of an `entry` as a principal sees its resource; None when it is about hidden parts alone."""
        (resource, payload), *_ = self._members["event"].items()
        of_changes = self._tells_changes and entry["kind"] == ATTRIBUTES
        kept = visible.visible_payload(payload, entry, of_changes=of_changes)
        members = {**self._members, "event": {resource: kept}}
        if _FIELD_PATH in members:
            unnoticed = visible.unnoticed_attributes(entry)
            paths = [each for each in members[_FIELD_PATH].split(",") if each not in unnoticed]
            members[_FIELD_PATH] = ",".join(paths)
            if not paths:
                return None
        elif len(kept) < len(payload) and self._tells_changes and kept == identity_members(kept):
            return None
        shown = self._shown
        return Notification(members, None if shown is None else visible.visible_payload(shown, entry, of_changes=False))

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
        event = self._members["event"]
        resource = next(iter(event))
        return {**self._members, "event": {**event, resource: dates.with_text_dates(self._shown)}}
