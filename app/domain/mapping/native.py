# SPDX-License-Identifier: Apache-2.0
"""The mapping of the version whose shape is stored: nearly the identity."""

from collections.abc import Sequence

from app.domain.json_values import mention, mentions
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.namesakes import Namesakes, Residue
from app.domain.mapping.reading import Reading, derived_readings
from app.domain.mapping.residue import MEMORY, RESIDUE
from app.domain.mapping.residue_review import without_stale_residue
from app.domain.mapping.shape_steps import Choice
from app.domain.mapping.step import Members, Names, Step
from app.domain.mapping.steps import Nested, Translation, Way, as_it_is, together
from app.domain.mapping.type_names import TYPE_NAMES
from app.domain.query.predicates import Path

_REMEMBERED = mention(MEMORY)


class NativeMapping(VersionMapping):
    """A mapping that stores what it shows, and needs no residue (`MEMORY`) of its own.

    Its patches review the residue that the mapping `older` keeps in the same documents.
    """

    private: Names = frozenset({RESIDUE})

    def __init__(self, *steps: Step, older: VersionMapping | None = None, namesakes: Namesakes | None = None) -> None:
        self._residue = Residue(namesakes or Namesakes())
        super().__init__(*steps, self._residue)
        self._older = older
        self._shown = _filling([step for step in self._shown_by[::-1] if step is not self._residue], "to_version")
        self._plain = _filling([step for step in steps if type(step).to_stored is not Step.to_stored], "plain")

    @property
    def stores_as_shown(self) -> bool:
        """Always false: namesakes have to be looked for."""
        return False

    def keeping_apart(self, namesakes: Namesakes, older: VersionMapping | None = None) -> "NativeMapping":
        """As for any mapping; `older` is the one whose residue the same documents have."""
        return NativeMapping(*self._steps_within(namesakes), older=older, namesakes=namesakes)

    def to_version(self, stored: Members) -> Members:
        """The view of a stored object, without anything that is private to another version."""
        if MEMORY in stored:
            stored = {name: value for name, value in stored.items() if name != MEMORY}
        shown = self._shown(stored)
        if RESIDUE in shown:
            shown = shown.copy()
            self._residue.to_version(shown)
        return shown

    def to_stored(self, shown: Members) -> Members:
        """The stored object of a valid, normalised view, without namesakes that the older version must not show."""
        if self._residue.keeps(shown):
            shown = shown.copy()
            self._residue.to_stored(shown)
        return self._plain(shown)

    def round_trip(self, kept: Members, shown: Members) -> Members:
        """The view of the object that `to_stored` made of `shown`: with the classes that it may have filled in."""
        return self.to_version(kept)

    def plain(self, shown: Members) -> Members:
        """As `to_stored`, which keeps no residue here."""
        return self.to_stored(shown)

    def update_stored(
        self, before: Members, shown: Members, shown_before: Members | None = None, *, bare: Translation = as_it_is
    ) -> Members:
        """As for any mapping; drops what the older version's residue says that is no longer true."""
        after = super().update_stored(before, shown, shown_before, bare=bare)
        if self._older is None or not mentions(before, _REMEMBERED):
            return after
        return without_stale_residue(self._older, before, after)

    def _remembering(self, stored: Members, shown: Members, names: Names | None) -> Members:
        return stored


def _filling(steps: Sequence[Step], way: Way) -> Translation:
    """The translation of an object by `steps` in one `way`, where most steps only set a member that is seldom missing.

    An object that has all of them, and none within, is shared with the result.
    """
    simple = all(step.fills or isinstance(step, Nested) for step in steps)
    fills = [step.fills for step in steps if simple and step.fills]
    every, rest = together(steps, way), together((step for step in steps if not (simple and step.fills)), way)

    def translate(members: Members) -> Members:
        changes = rest
        for name in fills:
            if name not in members:
                changes = every
        if not changes:
            return members
        result = members.copy()
        for change in changes:
            change(result)
        return result

    return translate


class NativeType(Step):
    """Sets `@type` both ways: the one sent, without blanks around it, else the `default`, or what this chooses."""

    fills = "@type"

    def __init__(self, default: str | Choice) -> None:
        self._choose: Choice = default if callable(default) else lambda _members: default
        self._depends = callable(default)
        self.concerns = None if self._depends else frozenset({"@type"})

    def to_stored(self, members: Members) -> None:
        if "@type" not in members:
            members["@type"] = self._choose(members)

    def to_version(self, members: Members) -> None:
        if "@type" not in members:
            members["@type"] = self._choose(members)

    def sources(self, shown: Names) -> Names | None:
        return None if self._depends and "@type" in shown else shown

    def mend(self, members: Members) -> None:
        if isinstance(text := members.get("@type"), str):
            text = text.strip()
            members["@type"] = TYPE_NAMES.get(text.lower(), text)


class BaseType(Step):
    """Shows the `@baseType` `name` when none is stored; does not store it."""

    fills = "@baseType"
    concerns = frozenset({"@baseType"})

    def __init__(self, name: str) -> None:
        self._name = name

    def to_version(self, members: Members) -> None:
        members.setdefault("@baseType", self._name)

    def readings(self, shown: Path) -> list[Reading]:
        return derived_readings("@baseType", [Reading(constant=self._name)]) if shown == ("@baseType",) else []

    def sources(self, shown: Names) -> Names:
        return shown
