# SPDX-License-Identifier: Apache-2.0
"""Version mapping: a list of steps between the view of an API version and the stored document, invertible."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from app.domain.json_values import ABSENT, equal, only, unlike, without
from app.domain.mapping.carry_over import NONE, Holders, carried_over
from app.domain.mapping.namesakes import Namesakes, Residue, Unfit
from app.domain.mapping.reading import Reading
from app.domain.mapping.residue import MEMORY, PRIVATE, RESIDUE, difference, with_residue
from app.domain.mapping.step import Members, Names, ObjectMapping, Step
from app.domain.mapping.steps import Nested, Translation, as_it_is, together
from app.domain.mapping.type_names import TYPE_NAMES
from app.domain.query.predicates import Path


class Dependencies:
    """The groups of members of an object that must be mapped together, as a step reads or writes them together.

    Steps that share a member put all that they concern into one group; a member that no step concerns is alone.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._groups = _connected_components(
            [names for step in steps if _translates(step) for names in _groups_of(step)]
        )

    def closure(self, names: Set[str]) -> Names | None:
        """`names` and the members of all groups that have one of them; None when that may be any member."""
        if self._groups is None:
            return None if names else frozenset()
        return frozenset(names).union(*(self._groups[name] for name in names if name in self._groups))

    def identical(self, names: Names | None) -> bool:
        """Whether no step concerns members with these `names` (None: any): they are the same stored and shown."""
        return names is not None and self._groups is not None and self._groups.keys().isdisjoint(names)


def _translates(step: Step) -> bool:
    return type(step).to_stored is not Step.to_stored or type(step).to_version is not Step.to_version


def _groups_of(step: Step) -> list[Names | None]:
    if step.independent and step.concerns is not None:
        return [frozenset({name}) for name in step.concerns]
    return [step.concerns]


def _connected_components(concerns: Iterable[Names | None]) -> Mapping[str, Names] | None:
    # No view shows the residue, which is a group of its own.
    grouped: dict[str, Names] = {MEMORY: frozenset({MEMORY})}
    for names in concerns:
        if names is None:
            return None
        together = names.union(*(grouped.get(name, ()) for name in names))
        grouped.update(dict.fromkeys(together, together))
    return grouped


TYPED_BY = ("@type", "@referredType")
_NOTHING: Members = {}


class VersionMapping:
    """One object as a version of an API shows it: a resource, or an object within one.

    Two laws hold whatever the client sent: `to_version(to_stored(shown)) == shown`, and for all that `to_stored` made
    `to_stored(to_version(stored)) == stored`. No method changes its arguments; results may share values with them.
    """

    private: Names = frozenset({MEMORY})
    """Stored members that may change any member of the view: the residue, where the mapping has one."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        """The lines of the mapping table, in their order."""
        self._dependencies = Dependencies(steps)
        self._shown_by = tuple(step for step in steps if type(step).to_version is not Step.to_version)
        self._backward = together(reversed(self._shown_by), "to_version")
        self._forward = together((step for step in steps if _keeps(step)), "plain")
        self._normalising = tuple(
            (step.mend, step.name if isinstance(step, Nested) else None)
            for step in steps
            if type(step).mend is not Step.mend
        )
        self.within: dict[str, ObjectMapping] = {}
        """The mappings of the objects within the stored object, by the stored member that holds them."""
        for step in steps:
            step.place(self.within)
        self.holders = NONE.union([*_renamed_holders(steps), *(each.holders for each in self.within.values())])

    def keeping_apart(self, namesakes: Namesakes) -> "VersionMapping":
        """A copy that keeps the undeclared members apart that `namesakes` name, here and in the objects within."""
        return VersionMapping(*([Unfit(namesakes)] if namesakes.fits else []), *self._steps_within(namesakes))

    @property
    def stores_as_shown(self) -> bool:
        """Whether the stored object is the view itself: no step translates anything."""
        return not self._forward

    def normalise(self, shown: Members, known_members: Members = _NOTHING) -> Members:
        """A client's view in the canonical spelling of its version (types, states); ill-typed values stay untouched.

        Shares what is canonical already. Members that are identical (`is`) to `known_members` are not looked into.
        """
        mended = _typed_properly(shown)
        if not self._normalising:
            return mended
        mended = mended.copy()
        for mend, name in self._normalising:
            if name is None or mended.get(name) is not known_members.get(name):
                mend(mended)
        return shown if mended == shown else mended

    def to_version(self, stored: Members) -> Members:
        """The view of a stored object."""
        if not self._backward and PRIVATE.isdisjoint(stored):
            return stored
        shown = stored.copy()
        memory = shown.pop(MEMORY, None) if MEMORY in stored else None
        if RESIDUE in stored:
            del shown[RESIDUE]
        for undo in self._backward:
            undo(shown)
        return with_residue(shown, memory) if memory else shown

    def refresh_version(self, before: Members, after: Members) -> tuple[Members, Names | None]:
        """The members of the view of `after` that may differ from those in the view of `before`, and their names.

        Members that `before` and `after` share do not differ. The names are None when any member may differ.
        """
        names = (
            None
            if self._remembers(before) or self._remembers(after)
            else self._dependencies.closure(unlike(before, after))
        )
        return self._part_to_version(after, names), names

    def to_stored(self, shown: Members) -> Members:
        """The stored object of a valid, normalised view."""
        # Fast path: nearly always the plain object shows exactly this view, and no object within needs a residue.
        plain = self.plain(shown)
        return plain if self.to_version(plain) == shown else self._remembering(self._apply_steps(shown), shown, None)

    def round_trip(self, kept: Members, shown: Members) -> Members:
        """The view of the object that `to_stored` made of `shown`: `shown` itself, by the first law."""
        return shown

    def plain(self, shown: Members) -> Members:
        """As `to_stored`, but without a residue, so its view may differ from `shown`."""
        if not self._forward:
            return shown
        stored = shown.copy()
        for do in self._forward:
            do(stored)
        return stored

    def update_stored(
        self, before: Members, shown: Members, shown_before: Members | None = None, *, bare: Translation = as_it_is
    ) -> Members:
        """The stored object of the changed view `shown`; what the view of `before` does not show is carried over.

        `shown_before` is the view of `before`, if the caller has it; `bare` removes from a view what is not stored.
        """
        shown_before = self.to_version(before) if shown_before is None else shown_before
        changed = self._affected_names(shown_before, shown)
        changed_members = bare(only(changed, shown))
        if changed is not None and self._dependencies.identical(changed) and not self._remembers(before):
            # Stored and shown are the same, so the view hides nothing that had to be carried over.
            return {**without(changed, before), **changed_members}
        was = bare(only(changed, shown_before))
        rendered, after = self._part_to_stored(was, changed), self._part_to_stored(changed_members, changed)
        touched = rendered.keys() | after.keys()
        stored = {**without(touched, before), **carried_over(only(touched, before), rendered, after, self.holders)}
        if self._remembers(before):
            return self._remembering(stored, bare(shown), None)
        # The changed members and all others do not depend on each other: the others are shown as before.
        return self._remembering(stored, changed_members, changed)

    def path(self, shown: Path) -> Path:
        """The stored path of the attribute at the path `shown`; array indexes stay where they are."""
        for step in self.steps:
            shown = step.path(shown)
        return shown

    def readings(self, shown: Path) -> list[Reading]:
        """The places where the value of the attribute at the path `shown` may be; empty when it is always at `path`."""
        for number, step in enumerate(self.steps, start=1):
            if readings := step.readings(shown):
                return [replace(each, holder=_through(self.steps[number:], each.holder)) for each in readings]
            shown = step.path(shown)
        return []

    def sources(self, shown: Names) -> Names | None:
        """The names of the stored members from which the members named `shown` are made; None when it may be any."""
        names: Names | None = shown
        for step in self._shown_by:
            names = None if names is None else step.sources(names)
        return None if names is None else names | self.private

    def value(self, shown: Path, text: str) -> str:
        """The stored spelling of the `text` of a filter on the path `shown`."""
        if shown and shown[-1] in TYPED_BY:
            return TYPE_NAMES.get(text.lower(), text)
        for step in self.steps:
            text = step.spelling(shown, text)
        return text

    def _steps_within(self, namesakes: Namesakes) -> list[Step]:
        """The steps, with one more for each object within for which there are `namesakes` and no step yet."""
        waiting, steps = dict(namesakes.within), list[Step]()
        for step in self.steps:
            if isinstance(step, Nested) and step.name in waiting:
                steps.append(step.with_view(step.view.keeping_apart(waiting.pop(step.name))))
            elif not isinstance(step, Unfit | Residue):
                steps.append(step)
        return [*(Nested(name, type(self)().keeping_apart(inner)) for name, inner in waiting.items()), *steps]

    def _apply_steps(self, shown: Members) -> Members:
        stored = dict(shown)
        for step in self.steps:
            step.to_stored(stored)
        return stored

    def _remembers(self, stored: Members) -> bool:
        """Whether `stored` has a residue that changes its view."""
        return MEMORY in stored and MEMORY in self.private

    def _part_to_version(self, stored: Members, names: Names | None) -> Members:
        """As `to_version`, for the members with these `names` alone, which depend on no others."""
        part = only(names, stored)
        return part if self._dependencies.identical(names) else only(names, self.to_version(part))

    def _part_to_stored(self, part: Members, names: Names | None) -> Members:
        """As `to_stored`, for the `part` of a view that has these `names`, which depend on no others."""
        return part if self._dependencies.identical(names) else only(names, self.to_stored(part))

    def _affected_names(self, before: Members, after: Members) -> Names | None:
        """The names of the members that differ between two views, and of their groups; None when any may."""
        names = unlike(before, after)
        return self._dependencies.closure({n for n in names if not equal(before.get(n, ABSENT), after.get(n, ABSENT))})

    def _remembering(self, stored: Members, shown: Members, names: Names | None) -> Members:
        """`stored`, with the residue by which `to_version` gives exactly `shown`, the members `names` of a view."""
        if self._part_to_version(stored, names) == shown:
            return stored
        bare = {name: value for name, value in stored.items() if name != MEMORY}
        memory = difference(self._part_to_version(bare, names), shown)
        return {**bare, MEMORY: memory} if memory else bare


def _keeps(step: Step) -> bool:
    within = isinstance(step, Nested) and step.view.stores_as_shown
    return type(step).to_stored is not Step.to_stored and not within


def _renamed_holders(steps: Sequence[Step]) -> Iterator[Holders]:
    """The members that hold what an object is about, as they are called when all `steps` are done."""
    for number, step in enumerate(steps, start=1):
        identifying, wrapping = (
            tuple(_through(steps[number:], (name,))[0] for name in names)
            for names in (step.holders.identifying, step.holders.wrapping)
        )
        yield Holders(identifying, wrapping)


def _through(steps: Sequence[Step], path: Path) -> Path:
    for step in steps:
        path = step.path(path)
    return path


def _typed_properly(members: Members) -> Members:
    """`members`, or a copy in which known names of types (`TYPE_NAMES`) are in the letter case of the documents."""
    for name in TYPED_BY:
        if name in members and isinstance(text := members[name], str):
            spelling = TYPE_NAMES.get(text.lower())
            if spelling is not None and spelling != text:
                members = {**members, name: spelling}
    return members
