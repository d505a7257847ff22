# SPDX-License-Identifier: Apache-2.0
"""Elements of arrays that a principal does not see, such as the characteristics of one name, in views of one version.

An array of which it sees nothing is as if it was not there, an empty one included: neither tells of the other.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from app.domain.json_values import equal, without
from app.domain.query.paths import is_index
from app.domain.query.predicates import (
    Condition,
    Either,
    Element,
    Every,
    Length,
    Negation,
    Operator,
    Path,
    Predicate,
    every,
)
from app.domain.restriction import SensitiveElements
from app.errors import Forbidden
from app.resources.lists.readings import affirmative

Document = dict[str, Any]


class HiddenElements:
    """The hidden elements of a `resource`, by the attributes of one version that have them."""

    def __init__(self, resource: str, elements: Mapping[str, Sequence[SensitiveElements]]) -> None:
        self._resource = resource
        self._elements = elements

    def __bool__(self) -> bool:
        return bool(self._elements)

    @property
    def attributes(self) -> Set[str]:
        """The attributes that have any."""
        return self._elements.keys()

    def visible(self, view: Document) -> Document:
        """A view, or a part of one, without them."""
        for name in self._elements.keys() & view.keys():
            if isinstance(value := view[name], list):
                seen = self._visible_elements(name, value)
                view = {**view, name: seen} if seen else without({name}, view)
        return view

    def restore(self, new_view: Document, whole: Document) -> Document:
        """A changed view with the elements that are hidden in the `whole` one, each where it was."""
        for name in self._elements:
            former, changed = whole.get(name, []), new_view.get(name, [])
            if name in whole and equal(self._visible_elements(name, former), changed):
                new_view = {**new_view, name: former}
                continue
            hidden = [(place, each) for place, each in enumerate(former) if self._scope(name, each)]
            if hidden:
                merged = [*changed]
                for place, each in hidden:
                    merged.insert(place, each)
                new_view = {**new_view, name: merged}
        return new_view

    def refuse(self, view: Mapping[str, Any]) -> None:
        """Raise `Forbidden` for a view that has one of them: nobody writes what it does not see, be it there or not."""
        for name in self._elements.keys() & view.keys():
            for each in view[name] if isinstance(view[name], list) else ():
                if scope := self._scope(name, each):
                    raise self._error(name, scope)

    def refuse_order(self, paths: Sequence[Path]) -> None:
        """Raise `Forbidden` for the path of a sort key within an array of them, by which they would count."""
        for path in paths:
            if path[0] in self._elements:
                raise self._error(path[0])

    def visible_predicate(self, predicate: Predicate) -> Predicate:
        """The predicate that holds on a stored document where `predicate` holds on what is seen of it.

        Raises `Forbidden` for numbers and lengths, which count what is hidden.
        """
        match predicate:
            case Negation(part=part):
                return Negation(self.visible_predicate(part))
            case Every(parts=parts):
                return Every(tuple(map(self.visible_predicate, parts)))
            case Either(parts=parts):
                return Either(tuple(map(self.visible_predicate, parts)))
            case Element(path=path) | Condition(path=path) | Length(path=path) if path and path[0] in self._elements:
                return self._of_seen(path[0], path[1:], predicate)
        return predicate

    def visible_change(self, before: Document, after: Document) -> tuple[set[str], set[str]]:
        """The attributes of which one sees the same in two stored documents, and those of which one no longer sees
        anything in the second."""
        parts = {name: (self._stored_part(name, before), self._stored_part(name, after)) for name in self._elements}
        same = {name for name, (former, present) in parts.items() if equal(former, present)}
        return same, {name for name, (_, present) in parts.items() if not present} - same

    def _of_seen(self, name: str, within: Path, test: Element | Condition | Length) -> Predicate:
        """The predicate that holds where a test does on the part of an array that is seen; `within` its elements."""
        counts = isinstance(test, Length) if not within else is_index(within[0])
        compares = isinstance(test, Condition) and test.operator is not Operator.EXISTS
        if counts or (compares and not within):
            raise self._error(name)
        if isinstance(test, Element):
            return self._of_one_seen(name, Element(within, test.holds) if within else test.holds)
        affirmed = affirmative(test)
        there = self._of_one_seen(name, *([replace(affirmed, path=within)] if within else ()))
        return there if affirmed is test else Negation(there)

    def _of_one_seen(self, name: str, *holding: Predicate) -> Predicate:
        seen = [
            Condition((each.member,), Operator.NE, (each.text,), typed=True, resolved=True)
            for each in self._elements[name]
        ]
        return Element((name,), every([*seen, *holding]))

    def _stored_part(self, name: str, document: Document) -> list[Any]:
        value = document.get(self._elements[name][0].attribute)
        return self._visible_elements(name, value) if isinstance(value, list) else []

    def _visible_elements(self, name: str, elements: Sequence[Any]) -> list[Any]:
        return [each for each in elements if self._scope(name, each) is None]

    def _scope(self, name: str, element: object) -> str | None:
        """The scope that would show an element; None for one that is seen."""
        return next((each.scope for each in self._elements[name] if each.has(element)), None)

    def _error(self, name: str, scope: str = "") -> Forbidden:
        scope = scope or self._elements[name][0].scope
        return Forbidden(
            f"A part of {self._resource}.{name} needs the scope {scope}, which the access token does not grant", scope
        )
