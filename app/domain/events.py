"""Which events a change of a document causes, what they are called, and how a notification tells them."""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from app.domain import dates
from app.domain.equality import same
from app.domain.ids import new_id

Document = Mapping[str, Any]

CREATE, ATTRIBUTES, STATE, DELETE = KINDS = ("Create", "AttributeValueChange", "StateChange", "Delete")

_NAMED_OTHERWISE = {("PartyInteraction", STATE): "PartyInteractionStatusChangeEvent"}

_TOLD = {
    CREATE: "{resource} {id} was created",
    ATTRIBUTES: "Attributes of {resource} {id} have new values",
    STATE: "{resource} {id} moved to another state",
    DELETE: "{resource} {id} was deleted",
}

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


def event_type(resource: str, kind: str) -> str:
    """The exact name of an event, such as `IndividualCreateEvent`."""
    return _NAMED_OTHERWISE.get((resource, kind), f"{resource}{kind}Event")


def payload_member(resource: str) -> str:
    """The member of `event` that holds the resource: its name in lowerCamelCase."""
    return resource[:1].lower() + resource[1:]


def change(
    *,
    revision: int,
    at: datetime,
    correlation_id: str | None,
    before: Document | None,
    after: Document | None,
    state_field: str | None,
    companions: Collection[str] = (),
) -> dict[str, Any] | None:
    """The Change to store with a write, or None when nothing changed.

    `before` is None on create and `after` is None on delete. `companions` are the attributes that follow the state
    (`statusReason`, `statusChangeDate`): beside a new state they are part of the state change.
    """
    changed = _changed(before or {}, after or {})
    kinds = _kinds(before, after, changed, state_field, companions)
    if not kinds:
        return None
    return {
        "revision": revision,
        "at": at,
        "correlationId": correlation_id,
        "document": before if after is None else after,
        "changed": changed,
        "events": [{"id": new_id(), "kind": kind} for kind in kinds],
    }


def _changed(before: Document, after: Document) -> list[str]:
    names = before.keys() | after.keys()
    return sorted(
        name for name in names if (name in before) != (name in after) or not same(before.get(name), after.get(name))
    )


def _kinds(
    before: Document | None,
    after: Document | None,
    changed: Collection[str | None],
    state_field: str | None,
    companions: Collection[str],
) -> list[str]:
    if before is None or after is None:
        return [CREATE] if before is None else [DELETE]
    moved = state_field in changed
    of_the_state = {state_field, *companions} if moved else set()
    ordinary = any(name not in of_the_state for name in changed)
    return [ATTRIBUTES] * ordinary + [STATE] * moved


def v4_notification(entry: Document, shown: Document) -> dict[str, Any]:
    """The v4 notification, as JSON values, of an `entry` of the event log; `shown` is the v4 view of its resource."""
    told = _TOLD[entry["kind"]].format(resource=entry["resource"], id=entry["resourceId"])
    notification = {
        "eventId": entry["eventId"],
        "eventTime": entry["loggedAt"],
        "timeOcurred": entry["at"],
        "eventType": entry["eventType"],
        "title": _title(entry["eventType"]),
        "description": told,
        "domain": "Commercial",
        "priority": "3",
        **_optional(entry, shown),
        "event": {payload_member(entry["resource"]): dict(shown)},
    }
    written: dict[str, Any] = dates.written(notification)
    return written


def _optional(entry: Document, shown: Document) -> dict[str, Any]:
    found = {"correlationId": entry["correlationId"]} if entry["correlationId"] else {}
    # The log has stored (v5) names: a field path is sent only for one that v4 has too.
    if entry["kind"] == ATTRIBUTES and len(entry["changed"]) == 1 and entry["changed"][0] in shown:
        found["fieldPath"] = entry["changed"][0]
    return found


def _title(name: str) -> str:
    words = re.findall("[A-Z][a-z]*", name.removesuffix("Event"))
    return " ".join(words).capitalize()
