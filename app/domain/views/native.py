"""How the version whose shape is the stored one sees a document: nearly as it is."""

from app.domain.views.forgetting import forgotten
from app.domain.views.memory import MEMORY
from app.domain.views.view import Members, Names, Step, View


class NativeView(View):
    """A view that stores what it shows and needs no memory of its own.

    Its patches keep true what the view `older` remembers in the same documents.
    """

    private: Names = frozenset()

    def __init__(self, *steps: Step, older: View | None = None) -> None:
        super().__init__(*steps)
        self._older = older

    def show(self, stored: Members) -> Members:
        """The view of a stored object, without anything that is private to another version."""
        shown = stored.copy()
        shown.pop(MEMORY, None)
        for undo in self._undo:
            undo(shown)
        return shown

    def keep(self, shown: Members) -> Members:
        """The stored object of a valid, normalised view."""
        return self.plain(shown)

    def patched(self, before: Members, shown: Members, shown_before: Members | None = None) -> Members:
        """The stored object of a changed view; what the view of `before` could not show is carried over, or forgotten
        where it is no longer true."""
        after = super().patched(before, shown, shown_before)
        return after if self._older is None else forgotten(self._older, before, after)

    def _remembering(self, stored: Members, shown: Members) -> Members:
        return stored
