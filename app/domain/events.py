# SPDX-License-Identifier: Apache-2.0
"""Domain events: which ones a change of a document causes, their types, and the attributes that each is about."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from app.domain.identifiers import new_id
from app.domain.json_values import ABSENT, equal, unlike
from app.domain.origin import Origin

Document = Mapping[str, Any]

CREATE, ATTRIBUTES, STATE, DELETE = KINDS = ("Create", "AttributeValueChange", "StateChange", "Delete")

INFORMATION_REQUIRED = "InformationRequired"
"""The kind of an event by which a task of a process asks somebody to decide (TMF701)."""

DUPLICATE_SUSPECTED = "DuplicateSuspected"
"""The kind of an event that tells of parties which may be the same as the one that it is about (eTOM 1.3.4)."""


def event_type(resource: str, kind: str, state_change: str = STATE) -> str:
    """The type of an event, such as `IndividualCreateEvent`; `state_change` is the API's word for the kind `STATE`."""
    return f"{resource}{state_change if kind == STATE else kind}Event"


def lower_camel(resource: str) -> str:
    """The name of a resource as a member, a path segment or a collection: `partyInteraction`."""
    return resource[:1].lower() + resource[1:]


def change(
    *,
    revision: int,
    at: datetime,
    origin: Origin,
    before: Document | None,
    after: Document | None,
    state_field: str | None,
    companions: Collection[str] = (),
) -> dict[str, Any] | None:
    """The change to store with a write (outbox pattern), with its events; None when nothing changed.

    `before` is None on create and `after` is None on delete. Each event lists the attributes that it is about and, of a
    patch, the values that they had `before`. Only a deletion carries the document, as it was: there will be no other.
    `companions` are the attributes that follow the state (`statusReason`, `statusChangeDate`): beside a new state
    they are part of the state change.
    """
    changed = _changed_members(before or {}, after or {})
    attributes = _attributes_by_kind(before, after, changed, state_field, companions)
    if not attributes:
        return None
    announced = {
        "revision": revision,
        "at": at,
        "correlationId": origin.correlation_id,
        "actor": origin.actor,
        "events": [_event(kind, names, before if after is not None else None) for kind, names in attributes.items()],
    }
    if origin.client is not None:
        announced["client"] = origin.client
    return announced if after is not None else {**announced, "document": before}


def _event(kind: str, names: list[str], before: Document | None) -> dict[str, Any]:
    old = {name: before[name] for name in names if name in before} if before else {}
    return {"id": new_id(), "kind": kind, "changed": names, "before": old}


def _changed_members(before: Document, after: Document) -> list[str]:
    if not before or not after:
        return sorted(before or after)
    names = unlike(before, after)
    return sorted(name for name in names if not equal(before.get(name, ABSENT), after.get(name, ABSENT)))


def _attributes_by_kind(
    before: Document | None,
    after: Document | None,
    changed: list[str],
    state_field: str | None,
    companions: Collection[str],
) -> dict[str, list[str]]:
    """The kinds of events, each with the names of the attributes that it is about."""
    if before is None or after is None:
        return {CREATE if before is None else DELETE: changed}
    moving = {state_field, *companions} if state_field in changed else set()
    attributes = {
        ATTRIBUTES: [name for name in changed if name not in moving],
        STATE: [name for name in changed if name in moving],
    }
    return {kind: names for kind, names in attributes.items() if names}
