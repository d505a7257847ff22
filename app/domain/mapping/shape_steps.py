# SPDX-License-Identifier: Apache-2.0
"""Mapping steps that change the shape of an object: members lifted, flattened, wrapped, completed or derived."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from app.domain.json_values import without
from app.domain.mapping.carry_over import Holders
from app.domain.mapping.reading import Reading, derived_readings, not_dropped, stored_reading
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.step import Members, Names, ObjectMapping, Step
from app.domain.mapping.steps import displaced_path
from app.domain.query.predicates import Path

META = ("@type", "@baseType", "@schemaLocation")

Choice = Callable[[Members], Any]


class Lifted(Step):
    """Stores the `member` of the object in `owner` beside that object, under the same name.

    A client's own member of that name beside the object goes into the residue.
    """

    def __init__(self, owner: str, member: str) -> None:
        self._owner = owner
        self._member = member
        self.concerns = self._both = frozenset({owner, member})

    def to_stored(self, members: Members) -> None:
        members.pop(self._member, None)
        owner = members.get(self._owner)
        if isinstance(owner, dict) and self._member in owner:
            members[self._owner] = {name: value for name, value in owner.items() if name != self._member}
            members[self._member] = owner[self._member]

    def to_version(self, members: Members) -> None:
        if self._member in members:
            lifted = members.pop(self._member)
            if isinstance(owner := members.get(self._owner), dict):
                members[self._owner] = {**owner, self._member: lifted}

    def path(self, shown: Path) -> Path:
        return shown[1:] if shown[:2] == (self._owner, self._member) else displaced_path(shown, self._member)

    def sources(self, shown: Names) -> Names:
        return shown if shown.isdisjoint(self._both) else shown | self._both


class Flattened(Step):
    """Stores the members `names` of the object in `bag` beside that object; its other members stay in it.

    The view always has the `bag`. A client's own members of these `names` beside it go into the residue.
    """

    def __init__(self, bag: str, names: frozenset[str]) -> None:
        self._bag = bag
        self._names = names

    def to_stored(self, members: Members) -> None:
        if not members.keys().isdisjoint(self._names):
            for name in self._names & members.keys():
                del members[name]
        if isinstance(bag := members.get(self._bag), dict):
            del members[self._bag]
            if bag.keys() <= self._names:
                members.update(bag)
                return
            members.update({name: value for name, value in bag.items() if name in self._names})
            members[self._bag] = {name: value for name, value in bag.items() if name not in self._names}

    def to_version(self, members: Members) -> None:
        names, bag = self._names, {}
        for name in members:
            if name in names:
                bag[name] = members[name]
        for name in bag:
            del members[name]
        rest = members.get(self._bag)
        if bag or rest is None:
            members[self._bag] = {**rest, **bag} if isinstance(rest, dict) else bag

    def path(self, shown: Path) -> Path:
        if len(shown) > 1 and shown[0] == self._bag and shown[1] in self._names:
            return shown[1:]
        return shown if self._names.isdisjoint(shown[:1]) else (MEMORY, "set", *shown)

    def readings(self, shown: Path) -> list[Reading]:
        return [Reading(not_dropped(self._bag), constant="")] if shown == (self._bag,) else []

    def sources(self, shown: Names) -> Names:
        return shown | self._names if self._bag in shown else shown


class Wrapped(Step):
    """Stores the members but for those `outside` in an object in `member`, mapped by `inner`; around it is a `kind`.

    The wrapper's own `@type`, `@baseType` and `@schemaLocation` are not shown.
    """

    def __init__(
        self, member: str, inner: ObjectMapping, *, kind: str, outside: frozenset[str] = frozenset({"role"})
    ) -> None:
        self._member = member
        self._inner = inner
        self._kind = kind
        self.holders = Holders(identifying=(member,), wrapping=(member,))
        self._outside = outside

    def to_stored(self, members: Members) -> None:
        self._wrap(self._inner.to_stored, members)

    def plain(self, members: Members) -> None:
        self._wrap(self._inner.plain, members)

    def to_version(self, members: Members) -> None:
        for name in META:
            members.pop(name, None)
        if isinstance(members.get(self._member), dict):
            inner = self._inner.to_version(members.pop(self._member))
            members.update(without(self._outside, inner))

    def place(self, views: dict[str, ObjectMapping]) -> None:
        views[self._member] = self._inner

    def path(self, shown: Path) -> Path:
        return shown if self._is_outside(shown) else (self._member, *self._inner.path(shown))

    def readings(self, shown: Path) -> list[Reading]:
        inner = [] if self._is_outside(shown) else self._inner.readings(shown)
        return [replace(each, holder=(self._member, *each.holder)) for each in inner]

    def sources(self, shown: Names) -> Names:
        return shown | {self._member}

    def _wrap(self, translate: Callable[[Members], Members], members: Members) -> None:
        inner = {name: members.pop(name) for name in list(members) if name not in self._outside}
        members.update({"@type": self._kind, self._member: translate(inner)})

    def _is_outside(self, shown: Path) -> bool:
        return not shown or shown[0] in self._outside


class Completed(Step):
    """Stores the member `name` with the value that `choose` gives when the client sent none; the view has it, too."""

    def __init__(self, name: str, choose: Choice) -> None:
        self._name = name
        self._choose = choose

    def to_stored(self, members: Members) -> None:
        if self._name not in members:
            members[self._name] = self._choose(members)

    def readings(self, shown: Path) -> list[Reading]:
        return [stored_reading(self._name)] if shown == (self._name,) else []


class Derived(Step):
    """Shows the member `name` with the value that `derive` gives, unless None, when none is stored; does not store it.

    `needs` are the members that `derive` reads; `cases` say the same as `derive`, for filters.
    """

    def __init__(self, name: str, derive: Choice, *, needs: Iterable[str], cases: Iterable[Reading] = ()) -> None:
        self._name = self.fills = name
        self._derive = derive
        self._needs = frozenset(needs)
        self._cases = tuple(cases)
        self.concerns = self._needs | {name}

    def to_version(self, members: Members) -> None:
        if self._name not in members and (value := self._derive(members)) is not None:
            members[self._name] = value

    def readings(self, shown: Path) -> list[Reading]:
        return derived_readings(self._name, self._cases) if shown == (self._name,) else []

    def sources(self, shown: Names) -> Names:
        return shown | self._needs if self._name in shown else shown
