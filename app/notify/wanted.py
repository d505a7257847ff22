"""What a listener wants: the query of its registration, read, checked, and applied to notifications."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from app.domain import events
from app.domain.attributes import Attribute
from app.domain.matching import matches
from app.domain.query import Condition, parse_query
from app.domain.selection import Tree, parse_fields, selected
from app.errors import InvalidQuery, shortened

Notification = Mapping[str, Any]

_NAMED_BY = (("eventType",), ("@type",))
"""The members that hold the name of the event."""


@dataclass(frozen=True)
class Wanted:
    """Conditions on the whole notification, and the fields of its payload; None means all of them.

    `envelope` are the members that notifications of the listener's version have.
    """

    envelope: Collection[str]
    conditions: tuple[Condition, ...] = ()
    fields: Tree | None = None

    @classmethod
    def read(cls, query: str | None, envelope: Collection[str]) -> "Wanted":
        """The attribute filter `query` (TMF630 part 1). Raises `InvalidQuery`, and `NotSupported` as filters do."""
        parsed = parse_query((query or "").strip().removeprefix("?"))
        for name in parsed.controls:
            if name != "fields":
                raise InvalidQuery(
                    f"'{name}' says nothing about notifications; a subscription takes conditions and 'fields'"
                )
        return cls(envelope, parsed.conditions, parse_fields(parsed.controls.get("fields")))

    def check(self, resources: Mapping[str, Attribute]) -> None:
        """Raise `InvalidQuery` for a condition that no notification about `resources` could meet."""
        types = [events.event_type(resource, kind) for resource in resources for kind in events.KINDS]
        payloads = {events.payload_member(resource): attributes for resource, attributes in resources.items()}
        for condition in self.conditions:
            _known(condition.path[0], self.envelope, "is no member of a notification")
            if condition.path[0] == "event":
                _check_payload(condition, payloads)
            for value in condition.values if condition.path in _NAMED_BY else ():
                _known(value, types, "is no event of this API", every=True)

    def matches(self, notification: Notification) -> bool:
        """Whether the listener wants this one."""
        return matches(self.conditions, notification)

    def trimmed(self, notification: Notification) -> Notification:
        """`notification` with only the wanted fields of its payload; the envelope stays whole."""
        if self.fields is None:
            return notification
        payload = {
            member: selected(resource, self._of_payload(member)) for member, resource in notification["event"].items()
        }
        return {**notification, "event": payload}

    def _of_payload(self, member: str) -> Tree:
        named = {name: tree for name, tree in (self.fields or {}).items() if name not in self.envelope}
        return named | (self.fields or {}).get("event", {}).get(member, {})


def _check_payload(condition: Condition, payloads: Mapping[str, Attribute]) -> None:
    _, *rest = condition.path
    if len(rest) < 2:
        said, example = shortened(condition.name, 100), f"event.{next(iter(payloads))}.<attribute>"
        raise InvalidQuery(f"'{said}' names no attribute; write '{example}'")
    _known(rest[0], payloads, "is no resource of this API")
    payloads[rest[0]].along(tuple(rest[1:]))


def _known(name: str, known: Collection[str], said: str, *, every: bool = False) -> None:
    if name in known:
        return
    near = [] if every else get_close_matches(name, list(known), n=1, cutoff=0.5)
    right = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    raise InvalidQuery(f"'{shortened(name, 100)}' {said}; {right}")
