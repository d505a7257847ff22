# SPDX-License-Identifier: Apache-2.0
"""One line of a mapping table: what it makes of the members of an object, each way."""

from __future__ import annotations

from typing import Any, Protocol

from app.domain.mapping.reading import Reading
from app.domain.query.predicates import Path

Members = dict[str, Any]
Names = frozenset[str]


class ObjectMapping(Protocol):
    """The mapping of one object, as the steps of another know it; see `VersionMapping`."""

    within: dict[str, ObjectMapping]

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
    """One line of a mapping table; this base changes nothing.

    `to_stored`, `to_version` and `mend` rewrite the members of one object in place: the object is a copy made for them,
    what it holds is not. `to_version` undoes `to_stored` as far as it can; the mapping remembers the rest.
    """

    concerns: Names | None = None
    """The members, shown or stored, that `to_stored` and `to_version` read and change; None, as here, for any."""

    independent = False
    """Whether each of these members is a case of its own, on which the others have no bearing."""

    fills: str | None = None
    """The member that the step sets where it is missing, if that is all that it does."""

    def to_stored(self, members: Members) -> None:
        """From the members that the client sees to those that are stored."""

    def plain(self, members: Members) -> None:
        """As `to_stored`, without a memory in the objects within: only a step that keeps such objects differs."""
        self.to_stored(members)

    def to_version(self, members: Members) -> None:
        """From the stored members to those that the client sees."""

    def mend(self, members: Members) -> None:
        """Correct known spellings in what a client sent. Nothing has been validated yet."""

    def place(self, views: dict[str, ObjectMapping]) -> None:
        """Enter the view of an object that it stores by the member that holds it; earlier steps have entered theirs."""

    def path(self, shown: Path) -> Path:
        """Where the attribute at the path `shown` is after `to_stored`."""
        return shown

    def readings(self, _shown: Path) -> list[Reading]:
        """Where the value of the attribute at that path is; none when it is always at `path`."""
        return []

    def sources(self, shown: Names) -> Names | None:
        """The members that `to_version` reads to make those named `shown`; None, as here, when it may read any.

        Only a step that shows something is asked.
        """
        return None

    def spelling(self, _shown: Path, text: str) -> str:
        """How the `text` of a filter on the path `_shown` is stored."""
        return text
