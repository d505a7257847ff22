# SPDX-License-Identifier: Apache-2.0
"""The filter of a registration: its query, parsed, checked, and applied to notifications."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from app.domain.query.matching import matches
from app.domain.query.predicates import (
    EVERYTHING,
    Condition,
    Length,
    Operator,
    Path,
    Predicate,
    arrays,
    comparisons,
)
from app.domain.query.query import parse_query
from app.domain.query.selection import Selection, parse_fields, select_or_whole
from app.errors import InvalidQuery, TmfError, shorten
from app.events.notification_content import Notices

Notification = Mapping[str, Any]

_NAMED_BY = (("eventType",), ("@type",))
"""The members of a notification that have the type of the event."""


@dataclass(frozen=True)
class SubscriptionFilter:
    """The predicate on the whole notification, and the selected fields of its payload; None selects all.

    `envelope` are the members that notifications of the listener's version have.
    """

    envelope: Collection[str]
    where: Predicate = EVERYTHING
    fields: Selection | None = None

    @classmethod
    def read(cls, query: str | None, envelope: Collection[str]) -> "SubscriptionFilter":
        """Parse `query` (TMF630 parts 1 and 6). Raises `InvalidQuery` and `NotSupported`, as for lists."""
        parsed = parse_query((query or "").strip().removeprefix("?"))
        for name in parsed.controls:
            if name != "fields":
                raise InvalidQuery(
                    f"'{name}' says nothing about notifications; a subscription takes conditions, 'filter' and 'fields'"
                )
        return cls(envelope, parsed.where, parse_fields(parsed.controls.get("fields")))

    def check(self, notices: Notices) -> None:
        """Raise `InvalidQuery` for a condition that no notification can satisfy, as the query of a list does."""
        types = [subject.event_type(kind) for subject in notices.subjects.values() for kind in subject.event_kinds]
        for path, test in comparisons(self.where):
            _check_path(path, notices, whole=test.operator is Operator.EXISTS)
            if path in _NAMED_BY and not notices.others:
                _check_types(test, types)
        for path in arrays(self.where):
            _check_path(path, notices, whole=True)
        notices.resolve(self.where)

    def of(self, notices: Notices) -> "SubscriptionFilter":
        """The filter resolved for these notifications.

        A query that an earlier release took and this one refuses stays as it is, with operands by their texts.
        """
        try:
            return replace(self, where=notices.resolve(self.where))
        except TmfError:
            return self

    @property
    def everything(self) -> bool:
        """Whether the filter lets all notifications pass."""
        return self.where == EVERYTHING

    def matches(self, notification: Notification) -> bool:
        """Whether the predicate holds on the notification."""
        return matches(self.where, notification)

    def select_fields(self, notification: Notification) -> Notification:
        """Attribute selection (TMF630 part 1): `notification` with only the wanted fields of its payload."""
        if self.fields is None:
            return notification
        payload = {
            member: select_or_whole(resource, self._of_payload(self.fields, member))
            if isinstance(resource, Mapping)
            else resource
            for member, resource in notification.get("event", {}).items()
        }
        return {**notification, "event": payload}

    def _of_payload(self, fields: Selection, member: str) -> Selection:
        """The selection within the payload `member`; paths may begin at the payload or at the envelope."""
        named = {name: tree for name, tree in fields.tree.items() if name not in self.envelope}
        below = [path.behind("event") for path in fields.paths]
        paths = [path for path in fields.paths if not path.names <= set(self.envelope)]
        paths += [inner for path in below if path and (inner := path.behind(member))]
        return Selection(named | fields.tree.get("event", {}).get(member, {}), tuple(paths))


def _is_undeclared(path: Path, payloads: Collection[str]) -> bool:
    """Whether a path leads into the payload, but into none of the declared `payloads`."""
    return path[0] == "event" and len(path) > 1 and path[1] not in payloads


def _check_path(path: Path, notices: Notices, *, whole: bool) -> None:
    """Raise `InvalidQuery` for a path to no attribute; only with `whole` may it end at the payload itself."""
    _require_declared(path[0], notices.envelope, "is no member of a notification")
    if path[0] != "event" or (whole and len(path) == 1):
        return
    if path[1:2] and path[1] in notices.beside:
        return
    if notices.others and _is_undeclared(path, notices.payloads):
        return
    if len(path) < 3 and not whole:
        shown_path = shorten(".".join(path), 100)
        example = f"event.{next(iter(notices.payloads), '<resource>')}.<attribute>"
        raise InvalidQuery(f"'{shown_path}' names no attribute; write '{example}'")
    _require_declared(path[1], notices.payloads, "is no resource of this API")


def _check_types(test: Condition | Length, types: Collection[str]) -> None:
    for value in test.values if isinstance(test, Condition) and test.operator is Operator.EQ else ():
        _require_declared(str(value), types, "is no event of this API", every=True)


def _require_declared(name: str, declared: Collection[str], reason: str, *, every: bool = False) -> None:
    if name in declared:
        return
    near = [] if every else get_close_matches(name, list(declared), n=1, cutoff=0.5)
    right = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(declared)}"
    raise InvalidQuery(f"'{shorten(name, 100)}' {reason}; {right}")
