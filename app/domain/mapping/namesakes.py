# SPDX-License-Identifier: Apache-2.0
"""Members that a version does not declare, under names that another version does: which of them stay apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.mapping.residue import RESIDUE
from app.domain.mapping.step import Members, Names, Step

Fits = Callable[[Any], bool]
"""Whether a value is one that the declaring version may show under that name."""


def never(_value: Any) -> bool:
    """Of a name that stands for something else in the declaring version: no value fits."""
    return False


@dataclass(frozen=True)
class Namesakes:
    """Of an object, as its version shows it: when its undeclared members may be seen by the version that declares them.

    `within` are the same of the objects in its members.
    """

    fits: Mapping[str, Fits] = field(default_factory=dict)
    within: Mapping[str, "Namesakes"] = field(default_factory=dict)

    def apart(self, members: Members) -> Names:
        """The names of the `members` that the other version must not see."""
        if members.keys().isdisjoint(self.fits):
            return frozenset()
        return frozenset(name for name, fits in self.fits.items() if name in members and not fits(members[name]))


class Unfit(Step):
    """What must stay apart is not stored: the view remembers it, as all that it cannot show otherwise."""

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
    """What must stay apart is stored in a private member, which only this view shows."""

    def __init__(self, namesakes: Namesakes) -> None:
        self._namesakes = namesakes
        self.concerns = frozenset(namesakes.fits) | {RESIDUE}

    def keeps(self, shown: Members) -> bool:
        """Whether `to_stored` has anything to look at."""
        return not shown.keys().isdisjoint(self._namesakes.fits)

    def to_stored(self, members: Members) -> None:
        if apart := self._namesakes.apart(members):
            members[RESIDUE] = {name: members.pop(name) for name in sorted(apart)}

    def to_version(self, members: Members) -> None:
        for name, value in members.pop(RESIDUE, {}).items():
            # What the other version has since put there, and may be seen here, counts instead.
            if name not in members or self._namesakes.fits.get(name, never) is never:
                members[name] = value

    def sources(self, shown: Names) -> Names:
        return shown
