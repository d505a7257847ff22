"""Which members of an object must be kept and shown together: no other has a bearing on them."""

from collections.abc import Iterable, Mapping, Set

from app.domain.mapping.residue import MEMORY
from app.domain.mapping.step import Names, Step


class Dependencies:
    """What the steps of a view tie together.

    Steps that share a member tie all that they concern; a member that none of them concerns is tied to nothing.
    """

    def __init__(self, steps: Iterable[Step]) -> None:
        self._tied = _tied([names for step in steps if _translates(step) for names in _groups(step)])

    def along(self, names: Set[str]) -> Names | None:
        """`names`, and all that is tied to one of them; None when that may be any member."""
        if self._tied is None:
            return None if names else frozenset()
        return frozenset(names).union(*(self._tied[name] for name in names if name in self._tied))

    def free(self, names: Names | None) -> bool:
        """Whether members with these names are stored just as they are shown; None is any name."""
        return names is not None and self._tied is not None and self._tied.keys().isdisjoint(names)


def _translates(step: Step) -> bool:
    return type(step).to_stored is not Step.to_stored or type(step).to_version is not Step.to_version


def _groups(step: Step) -> list[Names | None]:
    if step.independent and step.concerns is not None:
        return [frozenset({name}) for name in step.concerns]
    return [step.concerns]


def _tied(concerns: Iterable[Names | None]) -> Mapping[str, Names] | None:
    # No view shows what is remembered.
    tied: dict[str, Names] = {MEMORY: frozenset({MEMORY})}
    for names in concerns:
        if names is None:
            return None
        together = names.union(*(tied.get(name, ()) for name in names))
        tied.update(dict.fromkeys(together, together))
    return tied
