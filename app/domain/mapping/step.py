# SPDX-License-Identifier: Apache-2.0
"""The base of mapping steps: a step rewrites members of an object, forward to store and backward to show."""

from __future__ import annotations

from typing import Any, Protocol

from app.domain.mapping.carry_over import NONE, Holders
from app.domain.mapping.reading import Reading
from app.domain.query.predicates import Path

Members = dict[str, Any]
Names = frozenset[str]


class ObjectMapping(Protocol):
    """The interface of the mapping of an object within another one; see `VersionMapping`."""

    within: dict[str, ObjectMapping]
    holders: Holders

    @property
    def stores_as_shown(self) -> bool: ...

    def normalise(self, shown: Members, known_members: Members = ...) -> Members: ...

    def to_stored(self, shown: Members) -> Members: ...

    def plain(self, shown: Members) -> Members: ...

    def to_version(self, stored: Members) -> Members: ...

    def path(self, shown: Path) -> Path: ...

    def readings(self, shown: Path) -> list[Reading]: ...

    def value(self, shown: Path, text: str) -> str: ...

    def keeping_apart(self, namesakes: Any) -> ObjectMapping: ...


class Step:
    """A step of a mapping, one line of its table; this base class changes nothing.

    `to_stored`, `to_version` and `mend` rewrite the members of one object in place: the object is a copy made for them,
    what it holds is not. `to_version` undoes `to_stored` as far as it can; the mapping remembers the rest.
    """

    concerns: Names | None = None
    """The members, shown or stored, that `to_stored` and `to_version` read and change; None, as here, for any."""

    independent = False
    """Whether the step maps each of the members that it `concerns` without regard to the others."""

    fills: str | None = None
    """The member that the step sets where it is missing, if that is all that it does."""

    holders: Holders = NONE
    """The members, as the step stores them, that hold what the object is about."""

    def to_stored(self, members: Members) -> None:
        """From the members that the client sees to those that are stored."""

    def plain(self, members: Members) -> None:
        """As `to_stored`, without a residue in the objects within: only a step with such objects overrides it."""
        self.to_stored(members)

    def to_version(self, members: Members) -> None:
        """From the stored members to those that the client sees."""

    def mend(self, members: Members) -> None:
        """Correct known spellings in what a client sent. Nothing has been validated yet."""

    def place(self, views: dict[str, ObjectMapping]) -> None:
        """Add the mapping of an object that the step stores to `views`, by its member, after those of earlier steps."""

    def path(self, shown: Path) -> Path:
        """The path, after `to_stored`, of the attribute at the path `shown`."""
        return shown

    def readings(self, _shown: Path) -> list[Reading]:
        """The places where the value of the attribute at that path may be; empty when it is always at `path`."""
        return []

    def sources(self, shown: Names) -> Names | None:
        """The members that `to_version` reads to make those named `shown`; None, as here, when it may read any.

        Called only on steps that override `to_version`.
        """
        return None

    def spelling(self, _shown: Path, text: str) -> str:
        """How the `text` of a filter on the path `_shown` is stored."""
        return text
