# SPDX-License-Identifier: Apache-2.0
"""Mapping steps that most tables are made of: renamed members, corrected spellings, and objects within an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import is_
from typing import Any, Literal

from app.domain.mapping.carry_over import Holders
from app.domain.mapping.reading import Reading
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.step import Members, Names, ObjectMapping, Step
from app.domain.query.predicates import Path

Change = Callable[[Members], None]
"""Rewrites the members of one object in place."""

Translation = Callable[[Members], Members]
"""Maps an object to another one, and does not change it."""


def as_it_is(members: Members) -> Members:
    """The translation that changes nothing."""
    return members


Way = Literal["plain", "to_version"]
"""The name of the method, of a step or a mapping, for a direction: to store (without residue), or to show."""


class Renamed(Step):
    """Stores the member `shown` under the name `stored`. A client's own member of that name goes into the residue."""

    def __init__(self, shown: str, stored: str) -> None:
        self._shown = shown
        self._stored = stored
        self.concerns = frozenset({shown, stored})

    def to_stored(self, members: Members) -> None:
        if self._shown in members:
            members[self._stored] = members.pop(self._shown)
        elif self._stored in members:
            del members[self._stored]

    def to_version(self, members: Members) -> None:
        if self._stored in members:
            members[self._shown] = members.pop(self._stored)

    def place(self, views: dict[str, ObjectMapping]) -> None:
        if self._shown in views:
            views[self._stored] = views.pop(self._shown)

    def path(self, shown: Path) -> Path:
        if shown[:1] == (self._shown,):
            return (self._stored, *shown[1:])
        return displaced_path(shown, self._stored)

    def sources(self, shown: Names) -> Names:
        return shown | {self._stored} if self._shown in shown else shown


class Spelt(Step):
    """Corrects other `spellings` of the text in the member `name`, before validation."""

    def __init__(self, name: str, spellings: Mapping[str, str]) -> None:
        self._name = name
        self._spellings = spellings

    def mend(self, members: Members) -> None:
        if isinstance(text := members.get(self._name), str):
            members[self._name] = self._spellings.get(text, text)

    def spelling(self, _shown: Path, text: str) -> str:
        return self._spellings.get(text, text) if _shown == (self._name,) else text


class Nested(Step):
    """Maps the object in the member `name`, or each object of the array there, by a mapping of its own.

    The `id` of an `identifying` object identifies the array element that holds it, if that has no `id` of its own.
    """

    def __init__(self, name: str, view: ObjectMapping, *, identifying: bool = False) -> None:
        self.name = name
        self.view = view
        self.concerns = frozenset({name})
        if identifying:
            self.holders = Holders(identifying=(name,))

    def with_view(self, view: ObjectMapping) -> Nested:
        """The same of the same member, but with another view."""
        return Nested(self.name, view, identifying=bool(self.holders.identifying))

    def to_stored(self, members: Members) -> None:
        self._each(self.view.to_stored, members)

    def plain(self, members: Members) -> None:
        self._each(self.view.plain, members)

    def to_version(self, members: Members) -> None:
        self._each(self.view.to_version, members)

    def mend(self, members: Members) -> None:
        value, normalised = members.get(self.name), self.view.normalise
        if isinstance(value, dict):
            members[self.name] = normalised(value)
        elif isinstance(value, list):
            for each in value:
                # Nearly always no spelling has to be corrected.
                if isinstance(each, dict) and normalised(each) is not each:
                    members[self.name] = each_object(normalised, value)
                    return

    def place(self, views: dict[str, ObjectMapping]) -> None:
        views[self.name] = self.view

    def path(self, shown: Path) -> Path:
        if shown[:1] != (self.name,):
            return shown
        here = _address(shown)
        return here + self.view.path(shown[len(here) :])

    def readings(self, shown: Path) -> list[Reading]:
        if shown[:1] != (self.name,):
            return []
        address = _address(shown)
        inner = self.view.readings(shown[len(address) :])
        return [replace(each, holder=address + each.holder) for each in inner]

    def sources(self, shown: Names) -> Names:
        return shown

    def spelling(self, shown: Path, text: str) -> str:
        return self.view.value(shown[len(_address(shown)) :], text) if shown[:1] == (self.name,) else text

    def _each(self, translate: Translation, members: Members) -> None:
        if self.name in members:
            members[self.name] = each_object(translate, members[self.name])


def each_object(translate: Translation, value: Any) -> Any:
    """`value` with `translate` applied if it is an object, or to each object of the array that it is."""
    if isinstance(value, dict):
        return translate(value)
    if isinstance(value, list):
        elements = [translate(each) if isinstance(each, dict) else each for each in value]
        return value if all(map(is_, elements, value)) else elements
    return value


def together(steps: Iterable[Step], way: Way) -> tuple[Change, ...]:
    """The changes of `steps` in one `way`, in their order; neighbouring `Nested` steps become one pass."""
    changes: list[Change] = []
    for are_nested, neighbours in groupby(steps, key=lambda step: isinstance(step, Nested)):
        if are_nested:
            changes.append(_each_within([step for step in neighbours if isinstance(step, Nested)], way))
        else:
            changes += [_change(step, way) for step in neighbours]
    return tuple(changes)


def _change(step: Step, way: Way) -> Change:
    if way == "plain" and type(step).plain is Step.plain:
        return step.to_stored  # what the step's `plain` would call
    change: Change = getattr(step, way)
    return change


def _each_within(steps: Sequence[Nested], way: Way) -> Change:
    translations: list[tuple[str, Translation]] = [(step.name, getattr(step.view, way)) for step in steps]

    def change(members: Members) -> None:
        for name, translate in translations:
            value = members.get(name)
            if isinstance(value, list):
                # Nearly every array is so short that a comprehension takes longer to begin than to run.
                members[name] = elements = []
                for each in value:
                    elements.append(translate(each) if isinstance(each, dict) else each)
            elif isinstance(value, dict):
                members[name] = translate(value)

    return change


def _address(path: Path) -> Path:
    """The first name of a path, with the array index behind it if there is one."""
    return path[:2] if len(path) > 1 and path[1].isdigit() else path[:1]


def displaced_path(shown: Path, stored: str) -> Path:
    """The path of a client's own member that has the name under which another one is `stored`: it is in the residue."""
    return (MEMORY, "set", *shown) if shown[:1] == (stored,) else shown
