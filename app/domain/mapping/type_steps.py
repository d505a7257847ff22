# SPDX-License-Identifier: Apache-2.0
"""The steps that decide which class an object belongs to: named by the client, known by its place or by its members."""

from app.domain.mapping.reading import Reading, is_one_of, remembered_reading, stored_reading
from app.domain.mapping.shape_steps import Choice
from app.domain.mapping.step import Members, Names, Step
from app.domain.query.predicates import Negation, Path


class DefaultType(Step):
    """Stored with the `@type` `default`, which the view leaves out; `other` are the view's own names for it."""

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
    """Stored with the `@type` that `choose` finds fit; the view leaves out the `known_types`.

    `choose` is asked when the client names none, or one of the `known_types`, which it may heed; it finds no others.
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
    """Where an `@type` is that is shown unless it is one of the `hidden`."""
    own = Negation(is_one_of("@type", hidden))
    return [stored_reading("@type", own), remembered_reading("@type")] if shown == ("@type",) else []
