# SPDX-License-Identifier: Apache-2.0
"""Amendments (`x-amendable`): what a document still takes once it is in a final state of its lifecycle."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.json_values import ABSENT, equal, unlike

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Amendable:
    """The first-level `attributes` of the stored document that still take something: an array takes more elements, any
    other attribute another value.

    `correction` is the attribute by which a document names the ones that it corrects, if there is one.
    """

    attributes: frozenset[str]
    correction: str = ""

    def forbidden(
        self, shown: Document, after: Document, stored_name: Callable[[str], str], by_server: Collection[str]
    ) -> list[str]:
        """The names of the members of a view that its change from `shown` to `after` may not change.

        `stored_name` gives the stored attribute of a member; those that are set `by_server` are no change of a client.
        """
        changed = (name for name in sorted(unlike(shown, after)) if stored_name(name) not in by_server)
        return [name for name in changed if not self._may_become(stored_name(name), *_values(name, shown, after))]

    def shown_names(self, members: Iterable[str], stored_name: Callable[[str], str]) -> Iterator[str]:
        """Those of the `members` of a view that still take something."""
        return (name for name in members if stored_name(name) in self.attributes)

    def _may_become(self, name: str, before: Any, after: Any) -> bool:
        if equal(before, after):
            return True
        if name not in self.attributes:
            return False
        return _is_kept(before, after) if isinstance(before, list) else True


def _values(name: str, *views: Document) -> tuple[Any, ...]:
    return tuple(view.get(name, ABSENT) for view in views)


def _is_kept(before: list[Any], after: Any) -> bool:
    """Whether all elements of an array are still there, in their order."""
    rest: Iterator[Any] = iter(after if isinstance(after, list) else ())
    return all(any(equal(element, each) for each in rest) for element in before)
