"""What a listener wants: the query of its registration, read, checked, and applied to notifications."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from app.domain import events
from app.domain.attributes import ANYTHING, Attribute
from app.domain.filtering.matching import matches
from app.domain.filtering.predicates import (
    EVERYTHING,
    Condition,
    Length,
    Operator,
    Path,
    Predicate,
    arrays,
    comparisons,
)
from app.domain.filtering.query import parse_query
from app.domain.selection import Tree, parse_fields, selected
from app.errors import InvalidQuery, shortened

Notification = Mapping[str, Any]

_NAMED_BY = (("eventType",), ("@type",))
"""The members that hold the name of the event."""

_OBJECTS = ("source", "reportingSystem")
"""The members that hold more than a text, apart from the payload."""
_TEXT = Attribute("string", False, dict)


@dataclass(frozen=True)
class Wanted:
    """What must hold on the whole notification, and the fields of its payload; None means all of them.

    `envelope` are the members that notifications of the listener's version have.
    """

    envelope: Collection[str]
    where: Predicate = EVERYTHING
    fields: Tree | None = None

    @classmethod
    def read(cls, query: str | None, envelope: Collection[str]) -> "Wanted":
        """The filter `query` (TMF630 parts 1 and 6). Raises `InvalidQuery`, and `NotSupported` as filters do."""
        parsed = parse_query((query or "").strip().removeprefix("?"))
        for name in parsed.controls:
            if name != "fields":
                raise InvalidQuery(
                    f"'{name}' says nothing about notifications; a subscription takes conditions, 'filter' and 'fields'"
                )
        return cls(envelope, parsed.where, parse_fields(parsed.controls.get("fields")))

    def check(self, resources: Mapping[str, Attribute], *, others: bool = False) -> None:
        """Raise `InvalidQuery` for a condition that no notification about `resources` could meet.

        With `others` there are also events of which nobody has declared what they are called and hold.
        """
        types = [events.event_type(resource, kind) for resource in resources for kind in events.KINDS]
        payloads = {events.payload_member(resource): attributes for resource, attributes in resources.items()}
        for path, test in comparisons(self.where):
            if others and _is_undeclared(path, payloads):
                continue
            self._check_path(path, payloads, whole=test.operator is Operator.EXISTS)
            if path in _NAMED_BY and not others:
                _check_types(test, types)
        for path in arrays(self.where):
            if not (others and _is_undeclared(path, payloads)):
                _check_array(path, self._check_path(path, payloads, whole=True))

    def _check_path(self, path: Path, payloads: Mapping[str, Attribute], *, whole: bool) -> list[Attribute]:
        """The attributes on the `path`, from the payload on; only with `whole` may it end before an attribute."""
        _known(path[0], self.envelope, "is no member of a notification")
        if path[0] != "event":
            return _beside_event(path[0]).along(path)
        if whole and len(path) == 1:
            return []
        if len(path) < 3 and not whole:
            said, example = shortened(".".join(path), 100), f"event.{next(iter(payloads), '<resource>')}.<attribute>"
            raise InvalidQuery(f"'{said}' names no attribute; write '{example}'")
        _, member, *rest = path
        _known(member, payloads, "is no resource of this API")
        return [payloads[member], *payloads[member].along(tuple(rest))]

    @property
    def everything(self) -> bool:
        """Whether the listener wants all notifications."""
        return self.where == EVERYTHING

    def matches(self, notification: Notification) -> bool:
        """Whether the listener wants this one."""
        return matches(self.where, notification)

    def trimmed(self, notification: Notification) -> Notification:
        """`notification` with only the wanted fields of its payload; the envelope stays whole."""
        if self.fields is None:
            return notification
        payload = {
            member: selected(resource, self._of_payload(member)) if isinstance(resource, Mapping) else resource
            for member, resource in notification.get("event", {}).items()
        }
        return {**notification, "event": payload}

    def _of_payload(self, member: str) -> Tree:
        named = {name: tree for name, tree in (self.fields or {}).items() if name not in self.envelope}
        return named | (self.fields or {}).get("event", {}).get(member, {})


def _is_undeclared(path: Path, payloads: Collection[str]) -> bool:
    """Whether a path leads into the payload, but to none that is declared."""
    return path[0] == "event" and len(path) > 1 and path[1] not in payloads


def _beside_event(name: str) -> Attribute:
    """A notification as far as its member `name` goes, which is not its payload."""
    return Attribute("object", False, lambda: {name: ANYTHING if name in _OBJECTS else _TEXT})


def _check_array(path: Path, passed: list[Attribute]) -> None:
    if passed and not (passed[-1].array or passed[-1].open):
        said = shortened(".".join(path), 100)
        raise InvalidQuery(f"'{said}' is no array; conditions in brackets look at the elements of one")


def _check_types(test: Condition | Length, types: Collection[str]) -> None:
    for value in test.values if isinstance(test, Condition) and test.operator is Operator.EQ else ():
        _known(str(value), types, "is no event of this API", every=True)


def _known(name: str, known: Collection[str], said: str, *, every: bool = False) -> None:
    if name in known:
        return
    near = [] if every else get_close_matches(name, list(known), n=1, cutoff=0.5)
    right = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    raise InvalidQuery(f"'{shortened(name, 100)}' {said}; {right}")
