# SPDX-License-Identifier: Apache-2.0
"""Namesakes: members that a version does not declare under names that another version declares (ADR 0019)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.mapping.residue import RESIDUE
from app.domain.mapping.step import Members, Names, Step

Fits = Callable[[Any], bool]
"""Whether the version that declares the name may show this value under it."""


def never(_value: Any) -> bool:
    """The test for a name that means something else in the version that declares it: no value fits."""
    return False


@dataclass(frozen=True)
class Namesakes:
    """The undeclared members of an object that the version which declares their names may show: a test for each name.

    `within` has the namesakes of the objects in its members, by name.
    """

    fits: Mapping[str, Fits] = field(default_factory=dict)
    within: Mapping[str, "Namesakes"] = field(default_factory=dict)

    def apart(self, members: Members) -> Names:
        """The names of the `members` that the version which declares them must not show."""
        if members.keys().isdisjoint(self.fits):
            return frozenset()
        return frozenset(name for name, fits in self.fits.items() if name in members and not fits(members[name]))


class Unfit(Step):
    """The step of an older version: does not store members that must stay apart; the mapping keeps them as residue."""

    concerns: Names
    independent = True

    def __init__(self, namesakes: Namesakes) -> None:
        self._namesakes = namesakes
        self.concerns = frozenset(namesakes.fits)

    def to_stored(self, members: Members) -> None:
        if not self.concerns.isdisjoint(members):
            for name in self._namesakes.apart(members):
                del members[name]


class Residue(Step):
    """The step of the version whose shape is stored: keeps members that must stay apart in `RESIDUE`, for itself."""

    def __init__(self, namesakes: Namesakes) -> None:
        self._namesakes = namesakes
        self.concerns = frozenset(namesakes.fits) | {RESIDUE}

    def keeps(self, shown: Members) -> bool:
        """Whether `to_stored` may have to move a member of `shown` into the residue."""
        return not shown.keys().isdisjoint(self._namesakes.fits)

    def to_stored(self, members: Members) -> None:
        if apart := self._namesakes.apart(members):
            members[RESIDUE] = {name: members.pop(name) for name in sorted(apart)}

    def to_version(self, members: Members) -> None:
        for name, value in members.pop(RESIDUE, {}).items():
            # A value that the other version has put there since, and that may be shown here, wins.
            if name not in members or self._namesakes.fits.get(name, never) is never:
                members[name] = value

    def sources(self, shown: Names) -> Names:
        return shown
