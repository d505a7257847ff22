# SPDX-License-Identifier: Apache-2.0
"""How TMF688 tells an entry of the event log: the notification of its version, as something that can be read again."""

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
    """The Event at `href` that shows an `entry`; `shown` is the view that `version` has of its resource.

    Without one, as retention has dropped the content, the Event has no payload.
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
    """What all Events have in common that tell this `kind` of event of a `resource`, and values for the rest."""
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
