# SPDX-License-Identifier: Apache-2.0
"""Mapping steps that set the class of an object (`@type`): sent by the client, or derived from place or members."""

from app.domain.mapping.reading import Reading, is_one_of, remembered_reading, stored_reading
from app.domain.mapping.shape_steps import Choice
from app.domain.mapping.step import Members, Names, Step
from app.domain.query.predicates import Negation, Path


class DefaultType(Step):
    """Stores the `@type` `default`, which the view leaves out; `other` are names that the view has for this class."""

    concerns = frozenset({"@type"})

    def __init__(self, default: str, *other: str) -> None:
        self._default = default
        self._replaced = (None, *other)

    def to_stored(self, members: Members) -> None:
        if members.get("@type") in self._replaced:
            members["@type"] = self._default

    def to_version(self, members: Members) -> None:
        if members.get("@type") == self._default:
            del members["@type"]

    def readings(self, shown: Path) -> list[Reading]:
        return _unless(shown, (self._default,))

    def sources(self, shown: Names) -> Names:
        return shown


class DerivedType(Step):
    """Stores the `@type` that `choose` gives, one of the `known_types`, which the view leaves out.

    `choose` is called when the client sent no `@type`, or one of the `known_types`, which it may take.
    """

    def __init__(self, choose: Choice, known_types: tuple[str, ...]) -> None:
        self._choose = choose
        self._known = known_types
        self._replaced = (None, *known_types)

    def to_stored(self, members: Members) -> None:
        if members.get("@type") in self._replaced:
            members["@type"] = self._choose(members)

    def to_version(self, members: Members) -> None:
        if members.get("@type") in self._known:
            del members["@type"]

    def readings(self, shown: Path) -> list[Reading]:
        return _unless(shown, self._known)

    def sources(self, shown: Names) -> Names:
        return shown


def _unless(shown: Path, hidden: tuple[str, ...]) -> list[Reading]:
    """The readings of an `@type` that is shown unless it is one of the `hidden`."""
    own = Negation(is_one_of("@type", hidden))
    return [stored_reading("@type", own), remembered_reading("@type")] if shown == ("@type",) else []
