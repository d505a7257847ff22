"""How the version whose shape is the stored one sees a document: nearly as it is."""

from collections.abc import Sequence

from app.domain.views.forgetting import forgotten
from app.domain.views.memory import MEMORY
from app.domain.views.nested import Nested, Translation, Way, as_it_is, together
from app.domain.views.step import Members, Names, Step
from app.domain.views.view import View


class NativeView(View):
    """A view that stores what it shows and needs no memory of its own.

    Its patches keep true what the view `older` remembers in the same documents.
    """

    private: Names = frozenset()

    def __init__(self, *steps: Step, older: View | None = None) -> None:
        super().__init__(*steps)
        self._older = older
        self._shown = _filling(self._showing[::-1], "show")
        self._plain = _filling([step for step in steps if type(step).keep is not Step.keep], "plain")

    def show(self, stored: Members) -> Members:
        """The view of a stored object, without anything that is private to another version."""
        if MEMORY in stored:
            stored = {name: value for name, value in stored.items() if name != MEMORY}
        return self._shown(stored)

    def keep(self, shown: Members) -> Members:
        """The stored object of a valid, normalised view."""
        return self._plain(shown)

    def plain(self, shown: Members) -> Members:
        """As `keep`: there is nothing to remember."""
        return self._plain(shown)

    def patched(
        self, before: Members, shown: Members, shown_before: Members | None = None, *, bare: Translation = as_it_is
    ) -> Members:
        """The stored object of a changed view; what the view of `before` could not show is carried over, or forgotten
        where it is no longer true."""
        after = super().patched(before, shown, shown_before, bare=bare)
        return after if self._older is None else forgotten(self._older, before, after)

    def _remembering(self, stored: Members, shown: Members, names: Names | None) -> Members:
        return stored


def _filling(steps: Sequence[Step], way: Way) -> Translation:
    """What `steps` make of an object one `way`, where most only fill in a member that is nearly always there.

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
