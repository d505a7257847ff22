# SPDX-License-Identifier: Apache-2.0
"""The tree of attributes that a resource declares: looked up by name for filters, and by type for storage."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property
from operator import is_
from typing import Any

from app.domain import dates
from app.domain.query.operators import SUFFIXES
from app.domain.query.paths import is_index
from app.domain.query.predicates import Path
from app.domain.rules import Vocabulary
from app.domain.violations import Violation, refusal
from app.errors import InvalidQuery, UnknownAttribute, shorten

DATE_TIME = "date-time"
ANY = "any"
START, END = "startDateTime", "endDateTime"


class Attribute:
    """One declared attribute: its `kind` (string, boolean, integer, number, date-time, object, any), whether it
    is an `array` of that kind, and the attributes within it."""

    def __init__(
        self,
        kind: str,
        array: bool,
        members: Callable[[], Mapping[str, "Attribute"]],
        *,
        lenient: bool = False,
        terms: Vocabulary | None = None,
        any_order: bool = False,
    ) -> None:
        """`lenient` is a date-time that may also be any other text; of a text, `terms` are those that it may be.

        With `any_order` a period, if it is one, may end before it starts.
        """
        self.kind = kind
        self.array = array
        self.terms = terms
        self._members = members
        self._lenient = lenient
        self._any_order = any_order

    @cached_property
    def members(self) -> Mapping[str, "Attribute"]:
        """The attributes within, by name; looked up late, as schemas may name themselves."""
        return self._members()

    @cached_property
    def open(self) -> bool:
        """Whether it declares nothing about what is within, so that any name may be."""
        return self.kind == ANY or (self.kind == "object" and not self.members)

    def with_terms(self, name: str, terms: Vocabulary) -> "Attribute":
        """A copy whose member `name`, if there is one, takes only those texts."""

        def members() -> Mapping[str, Attribute]:
            if name not in self.members:
                return self.members
            member = self.members[name]
            return {**self.members, name: Attribute(member.kind, member.array, dict, terms=terms)}

        return Attribute(
            self.kind, self.array, members, lenient=self._lenient, terms=self.terms, any_order=self._any_order
        )

    def along(self, path: Path) -> list["Attribute"]:
        """The attributes that `path` goes through, one per segment.

        Numeric segments address an element and stay on the array. Raises `InvalidQuery` naming the nearest
        declared attribute when a segment is not declared.
        """
        passed: list[Attribute] = []
        attribute = self
        for segment in path:
            if not (attribute.array and is_index(segment)):
                attribute = attribute._member(segment, ".".join(path))
            passed.append(attribute)
        return passed

    def with_instants(self, value: Any, place: str = "") -> Any:
        """`value` (JSON) with its declared date-times as instants; `value` itself stays as it is, and may be shared.

        Raises `InvalidField` with the JSON Pointer of each date-time that is none, and of each period (`startDateTime`,
        `endDateTime`) that ends before it starts.
        """
        wrong: list[Violation] = []
        typed = self._with_instants(value, place, wrong)
        if wrong:
            raise refusal(wrong)
        return typed

    def with_valid_instants(self, value: Any) -> Any:
        """As `with_instants`; what that would refuse stays text."""
        return self._with_instants(value, "", [])

    def violations(self, value: Any) -> list[Violation]:
        """What `with_instants` finds wrong."""
        wrong: list[Violation] = []
        self._with_instants(value, "", wrong)
        return wrong

    def refresh_instants(self, value: dict[str, Any], fresh: dict[str, Any]) -> dict[str, Any]:
        """As `with_instants`, for an object of which only the `fresh` members are still JSON; a copy."""
        wrong: list[Violation] = []
        typed = {**value, **self._object_with_instants(fresh, "", wrong)}
        if self._is_period and END in typed:
            _check_order(typed, "", wrong)
        if wrong:
            raise refusal(wrong)
        return typed

    def _with_instants(self, value: Any, place: str, wrong: list[Violation]) -> Any:
        if isinstance(value, dict):
            return self._object_with_instants(value, place, wrong)
        if isinstance(value, list):
            elements = [self._with_instants(element, f"{place}/{index}", wrong) for index, element in enumerate(value)]
            return value if all(map(is_, elements, value)) else elements
        if self.kind == DATE_TIME and isinstance(value, str):
            outer, _, name = place.rpartition("/")
            return self._instant(value, outer, name, wrong)
        return value

    def _object_with_instants(self, value: dict[str, Any], place: str, wrong: list[Violation]) -> dict[str, Any]:
        typed = value
        for name, member in self._date_time_members:
            # This runs twice for every body. Most members are absent, and nearly all texts are instants.
            inner = value.get(name)
            if inner is None or type(inner) is datetime:
                continue
            if type(inner) is str and member.kind == DATE_TIME:
                new = member._instant(inner, place, name, wrong)
            else:
                new = member._with_instants(inner, f"{place}/{name}", wrong)
            if new is not inner:
                typed = value.copy() if typed is value else typed
                typed[name] = new
        if self._is_period and END in typed:
            _check_order(typed, place, wrong)
        return typed

    def _member(self, name: str, path: str) -> "Attribute":
        if self.open:
            return ANYTHING
        if name in self.members:
            return self.members[name]
        shown_path = shorten(path, 100)
        if not self.members and path.endswith(f".{name}") and name not in SUFFIXES:
            stray = f"'{shown_path}' is not a known attribute, and '{shorten(name, 60)}' is no operator"
            raise InvalidQuery(f"{stray}{_nearest_operator(name)}")
        raise UnknownAttribute(f"'{shown_path}' is not a known attribute{self._nearest_member(name)}", path)

    def _nearest_member(self, name: str) -> str:
        near = _nearest(name, self.members, cutoff=0.5)
        known = ", ".join(sorted(self.members)) or "none within it"
        return f"; did you mean '{near}'?" if near else f"; known: {known}"

    @cached_property
    def _is_period(self) -> bool:
        """Whether it is a period of which the order is checked."""
        return not self._any_order and self.members.keys() >= {START, END}

    @cached_property
    def date_time_names(self) -> frozenset[str]:
        """The names of the members that hold date-times, at whatever depth."""
        return frozenset(name for name, _ in self._date_time_members)

    @cached_property
    def _date_time_members(self) -> list[tuple[str, "Attribute"]]:
        return [
            (name, member)
            for name, member in self.members.items()
            if member.leads_to(lambda each: each.kind == DATE_TIME)
        ]

    def _instant(self, value: str, place: str, name: str, wrong: list[Violation]) -> Any:
        try:
            return dates.instant(value)
        except ValueError as reason:
            if not self._lenient:
                message = f"is '{shorten(value, 60)}', {reason}; write a date-time like 2024-05-01T10:00:00Z"
                wrong.append(Violation(f"{place}/{name}", message, rule=f"instant {value}"))
            return value

    def leads_to(self, holds: Callable[["Attribute"], bool]) -> bool:
        """Whether the predicate `holds` on this attribute, or on any attribute at any depth within it."""
        seen: set[int] = set()
        queue = [self]
        while queue:
            attribute = queue.pop()
            if holds(attribute):
                return True
            if id(attribute) not in seen:
                seen.add(id(attribute))
                queue.extend(attribute.members.values())
        return False


ANYTHING = Attribute(ANY, False, dict)
"""What an undeclared attribute within an open one is taken for."""


def _is_instant(attribute: Attribute) -> bool:
    return attribute.kind == DATE_TIME


def _check_order(period: Mapping[str, Any], place: str, wrong: list[Violation]) -> None:
    start, end = period.get(START), period.get(END)
    if isinstance(start, datetime) and isinstance(end, datetime) and end < start:
        told = f"lies before {START}; a period ends at or after its start"
        wrong.append(Violation(f"{place}/{END}", told, rule=f"period {start} {end}"))


def _nearest_operator(name: str) -> str:
    near = _nearest(name, SUFFIXES, cutoff=0.6)
    return (f"; did you mean '{near}'?" if near else ".") + f" The operators are {', '.join(SUFFIXES)}"


def _nearest(name: str, known_names: Iterable[str], *, cutoff: float) -> str | None:
    """The one of `known_names` that is most similar to `name`, in any letter case; None below the `cutoff` (0 to 1)."""
    lowered = {each.lower(): each for each in known_names}
    near = get_close_matches(name.lower(), lowered, n=1, cutoff=cutoff)
    return lowered[near[0]] if near else None
