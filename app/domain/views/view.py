"""How a version of an API sees the stored document: a list of steps, taken one way to keep and the other to show."""

from collections.abc import Callable, Set
from operator import is_
from typing import Any

from app.domain.equality import same
from app.domain.filtering.predicates import Path
from app.domain.views.memory import ABSENT, MEMORY, difference, recalled
from app.domain.views.reattachment import reattached
from app.domain.views.type_names import TYPE_NAMES

Members = dict[str, Any]
Names = frozenset[str]

_TYPED_BY = ("@type", "@referredType")


class Step:
    """One line of a mapping table; this base changes nothing.

    `keep`, `show` and `mend` rewrite the members of one object in place: the object is a copy made for them, what it
    holds is not. `show` undoes `keep` as far as it can; the view remembers the rest.
    """

    coupled: frozenset[str] = frozenset()
    """Members of the view that cannot be kept one without the other."""

    def keep(self, members: Members) -> None:
        """From the members that the client sees to those that are stored."""

    def plain(self, members: Members) -> None:
        """As `keep`, without a memory in the objects within: only a step that keeps such objects differs."""
        self.keep(members)

    def show(self, members: Members) -> None:
        """From the stored members to those that the client sees."""

    def mend(self, members: Members) -> None:
        """Correct known spellings in what a client sent. Nothing has been validated yet."""

    def place(self, views: dict[str, "View"]) -> None:
        """Enter the view of an object that it stores by the member that holds it; earlier steps have entered theirs."""

    def path(self, shown: Path) -> Path:
        """Where the attribute at the path `shown` is after `keep`."""
        return shown

    def sources(self, shown: Names) -> Names | None:
        """The members that `show` reads to make those named `shown`; None, as here, when it may read any.

        Only a step that shows something is asked.
        """
        return None

    def spelling(self, _shown: Path, text: str) -> str:
        """How the `text` of a filter on the path `_shown` is stored."""
        return text


class View:
    """One object as a version of an API shows it: a resource, or an object within one.

    Two laws hold whatever the client sent: `show(keep(shown)) == shown`, and `keep(show(stored)) == stored` for all
    that `keep` made. No method changes its arguments; results may share values with them.
    """

    private: Names = frozenset({MEMORY})
    """Stored members that bear on whatever is shown: the memory, where the view has one."""

    def __init__(self, *steps: Step) -> None:
        self._steps = steps
        self._showing = tuple(step for step in steps if type(step).show is not Step.show)
        self._undo: tuple[Callable[[Members], None], ...] = tuple(step.show for step in reversed(self._showing))
        self.within: dict[str, View] = {}
        """The views of the objects within a stored one, by the stored member that holds them."""
        for step in steps:
            step.place(self.within)

    def normalised(self, shown: Members) -> Members:
        """What a client sent, in the spelling of its own version; ill-typed values pass through untouched.

        What is spelt so already is shared with the result.
        """
        mended = dict(shown)
        for name in _TYPED_BY:
            if isinstance(text := mended.get(name), str):
                mended[name] = TYPE_NAMES.get(text.lower(), text)
        for step in self._steps:
            step.mend(mended)
        return shown if mended == shown else mended

    def show(self, stored: Members) -> Members:
        """The view of a stored object."""
        shown = stored.copy()
        memory = shown.pop(MEMORY, None)
        for undo in self._undo:
            undo(shown)
        return recalled(shown, memory) if memory else shown

    def keep(self, shown: Members) -> Members:
        """The stored object of a valid, normalised view."""
        # Nearly always no object needs a memory, and one look at the whole tells; else each object is looked at.
        plain = self.plain(shown)
        return plain if self.show(plain) == shown else self._remembering(self._kept(shown), shown)

    def plain(self, shown: Members) -> Members:
        """As `keep`, but nothing is remembered: what it takes to show exactly `shown` may be lost."""
        stored = dict(shown)
        for step in self._steps:
            step.plain(stored)
        return stored

    def patched(self, before: Members, shown: Members, shown_before: Members | None = None) -> Members:
        """The stored object of a changed view; what the view of `before` could not show is carried over.

        That view is `shown_before`, if the caller has it.
        """
        shown_before = self.show(before) if shown_before is None else shown_before
        changed = self._changed(shown_before, shown)
        rendered, after = self.keep(_only(changed, shown_before)), self.keep(_only(changed, shown))
        touched = rendered.keys() | after.keys()
        untouched = {name: value for name, value in before.items() if name not in touched}
        return self._remembering({**untouched, **reattached(_only(touched, before), rendered, after)}, shown)

    def path(self, shown: Path) -> Path:
        """The stored path of the attribute at the path `shown`; array indexes stay where they are."""
        for step in self._steps:
            shown = step.path(shown)
        return shown

    def sources(self, shown: Names) -> Names | None:
        """The stored members that it takes to show those named `shown`; None when that may be any."""
        wanted: Names | None = shown
        for step in self._showing:
            wanted = None if wanted is None else step.sources(wanted)
        return None if wanted is None else wanted | self.private

    def value(self, shown: Path, text: str) -> str:
        """The stored spelling of the `text` of a filter on the path `shown`."""
        if shown and shown[-1] in _TYPED_BY:
            return TYPE_NAMES.get(text.lower(), text)
        for step in self._steps:
            text = step.spelling(shown, text)
        return text

    def _kept(self, shown: Members) -> Members:
        stored = dict(shown)
        for step in self._steps:
            step.keep(stored)
        return stored

    def _changed(self, before: Members, after: Members) -> set[str]:
        """The members that differ between two views, and those coupled with them."""
        names = before.keys() | after.keys()
        changed = {name for name in names if not same(before.get(name, ABSENT), after.get(name, ABSENT))}
        return changed.union(*(step.coupled for step in self._steps if not step.coupled.isdisjoint(changed)))

    def _remembering(self, stored: Members, shown: Members) -> Members:
        """`stored`, with whatever it takes for `show` to answer exactly `shown`."""
        if self.show(stored) == shown:
            return stored
        bare = {name: value for name, value in stored.items() if name != MEMORY}
        memory = difference(self.show(bare), shown)
        return {**bare, MEMORY: memory} if memory else bare


class Nested(Step):
    """The object, or each object of the array, in the member `name` has a view of its own."""

    def __init__(self, name: str, view: View) -> None:
        self._name = name
        self._view = view

    def keep(self, members: Members) -> None:
        self._each(self._view.keep, members)

    def plain(self, members: Members) -> None:
        self._each(self._view.plain, members)

    def show(self, members: Members) -> None:
        # As `_each` does; every read takes this way, with many small objects.
        value, show = members.get(self._name), self._view.show
        if isinstance(value, list):
            members[self._name] = [show(each) if isinstance(each, dict) else each for each in value]
        elif isinstance(value, dict):
            members[self._name] = show(value)

    def mend(self, members: Members) -> None:
        self._each(self._view.normalised, members)

    def place(self, views: dict[str, View]) -> None:
        views[self._name] = self._view

    def path(self, shown: Path) -> Path:
        if shown[:1] != (self._name,):
            return shown
        here = _address(shown)
        return here + self._view.path(shown[len(here) :])

    def sources(self, shown: Names) -> Names:
        return shown

    def spelling(self, shown: Path, text: str) -> str:
        return self._view.value(shown[len(_address(shown)) :], text) if shown[:1] == (self._name,) else text

    def _each(self, translate: Callable[[Members], Members], members: Members) -> None:
        if self._name in members:
            members[self._name] = each_object(translate, members[self._name])


def each_object(translate: Callable[[Members], Members], value: Any) -> Any:
    """`value` with `translate` applied if it is an object, or to each object of the array that it is."""
    if isinstance(value, dict):
        return translate(value)
    if isinstance(value, list):
        elements = [translate(each) if isinstance(each, dict) else each for each in value]
        return value if all(map(is_, elements, value)) else elements
    return value


def _address(path: Path) -> Path:
    """The first name of a path, with the array index behind it if there is one."""
    return path[:2] if len(path) > 1 and path[1].isdigit() else path[:1]


def _only(names: Set[str], members: Members) -> Members:
    return {name: value for name, value in members.items() if name in names}
