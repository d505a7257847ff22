# SPDX-License-Identifier: Apache-2.0
"""The Event of TMF688: an entry of the event log, rendered with the payload of a version's notification."""

from collections.abc import Mapping
from typing import Any

from app.domain import dates
from app.events.notification import SYSTEM
from app.events.relay.reader import NOTIFICATIONS
from app.resources.resource import Resource

Entry = Mapping[str, Any]

_AS_NOTIFIED = (
    "eventId",
    "eventTime",
    "eventType",
    "title",
    "description",
    "domain",
    "priority",
    "correlationId",
    "event",
)
_BEGINNING = dates.instant("1970-01-01T00:00:00Z")


def event_view(entry: Entry, href: str, version: str, shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """The Event at `href` of an `entry`; `shown` is the view of its resource in `version`.

    Without `shown`, as retention has dropped the document, the Event has no payload.
    """
    notification = NOTIFICATIONS[version].tell(entry, shown or {}) or {}
    members = {name: notification[name] for name in _AS_NOTIFIED if name in notification}
    if shown is None:
        members.pop("event", None)
    return {
        "id": entry["eventId"],
        "href": href,
        **members,
        "timeOccurred": dates.text(entry["at"]),
        "source": SYSTEM,
        "reportingSystem": SYSTEM,
        "@type": entry["eventType"],
        "@baseType": "Event",
    }


def specimen(resource: Resource, kind: str, version: str) -> dict[str, Any]:
    """An Event of this `kind` about a `resource`, for evaluating queries: right but for values of the payload."""
    entry = {
        "eventId": "",
        "eventType": resource.event_type(kind),
        "kind": kind,
        "resource": resource.name,
        "resourceId": "",
        "at": _BEGINNING,
        "loggedAt": _BEGINNING,
        "correlationId": None,
        "changed": ["id"],
    }
    return event_view(entry, "", version, None)
