# SPDX-License-Identifier: Apache-2.0
"""Translates the predicate of a list into a MongoDB filter, through the mapping of the called version."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from app.domain.mapping.reading import Reading
from app.domain.query.attributes import Attribute
from app.domain.query.matching import matches
from app.domain.query.normal_form import Test, alternatives, level
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
    Spellings,
)
from app.domain.query.resolution import resolve
from app.errors import NotSupported, shorten
from app.resources.lists.guards import guards
from app.resources.lists.list_source import ListSource
from app.resources.lists.readings import affirmative, filter_of_readings
from app.storage.documents import elements
from app.storage.documents.filters import Filter, Target, any_of, clause, every, length_filter, none_of


def filter_of(listed: ListSource, predicate: Predicate, *, stated: bool = False) -> Filter:
    """The filter on the rows on which `predicate` holds; its paths are those of the views of `listed`.

    Raises `InvalidQuery` for an attribute that is not declared or cannot be compared in that way, and `NotSupported`
    for what MongoDB cannot express. With `stated` every row has its state beside the document (`STATE`).
    """

    def stored_text(path: Path, text: str) -> str:
        return text if listed.id_extractor(path) else listed.stored_text(path, text)

    return _Level(listed, stated=stated).of(resolve(predicate, listed.attributes, stored_text))


class _Level:
    """The object at which paths begin: the listed resource, or an element of its array at the path `above`."""

    def __init__(self, listed: ListSource, above: Path = (), *, stated: bool = False) -> None:
        self._listed = listed
        self._above = above
        self._stated = stated

    def of(self, predicate: Predicate) -> Filter:
        """The filter on rows, or on the objects in that array, on which `predicate` holds."""
        match predicate:
            case Condition():
                return self._with_guards(predicate, self._condition(predicate))
            case Length():
                return self._length(predicate)
            case Element():
                return self._with_guards(predicate, self._element(predicate))
            case Negation(part=part):
                return none_of([self.of(part)])
            case Every(parts=parts):
                return every([self.of(part) for part in parts])
            case Either(parts=parts):
                return any_of([self.of(part) for part in parts])

    def _condition(self, condition: Condition) -> Filter:
        if id_in := self._listed.id_extractor(self._whole(condition.path)):
            return self._href_filter(condition, id_in)
        if readings := self._listed.readings(self._whole(condition.path)):
            return self._read(readings, condition)
        target, state = self._target(condition.path), self._listed.state(self._whole(condition.path))
        return _in_state(state, target, condition, self._stated) if state else clause(target, condition)

    def _length(self, test: Length) -> Filter:
        readings = self._listed.readings(self._whole(test.path))
        return self._read(readings, test) if readings else length_filter(self._target(test.path), test)

    def _read(self, readings: Sequence[Reading], test: Condition | Length) -> Filter:
        """The filter of a test on a value that the view takes from several places (`readings`)."""
        if (affirmed := affirmative(test)) is not test:
            return none_of([self._read(readings, affirmed)])
        whole = self._whole(test.path)
        passed = self._listed.attributes.along(whole)
        base = self._listed.place(self._above) if self._above else ()
        kind, array = passed[-1].kind, self._innermost_array(whole, passed)

        def target(path: Path) -> Target:
            return Target(_name(whole), path, kind)

        return filter_of_readings(test, readings, target, array, base, _name(whole))

    def _with_guards(self, predicate: Predicate, criteria: Filter) -> Filter:
        """`criteria` with the guards of costly regular expressions beside it, which `$elemMatch` may not contain."""
        if self._above:
            return criteria
        return any_of([criteria, *guards(self._listed, predicate)])

    def _href_filter(self, condition: Condition, id_in: Callable[[str], str | None]) -> Filter:
        """The filter on a resource's own `href`, which is not stored."""
        kept_in = ".".join(self._listed.place(self._whole(condition.path)))
        if condition.operator is Operator.EXISTS:
            return {kept_in: {"$exists": condition.values[0]}}
        ids = [id for href in condition.values if (id := id_in(str(href))) is not None]
        named: Filter = {kept_in: {"$in": ids}}
        return none_of([named]) if condition.operator is Operator.NE else named

    def _element(self, element: Element) -> Filter:
        whole = self._whole(element.path)
        array = self._listed.attributes.along(whole)[-1]
        field = self._target(element.path).field
        met = list(_Level(self._listed, whole)._element_operators(element.holds, array.kind))
        return any_of([{field: {"$elemMatch": each}} for each in met])

    def _element_operators(self, holds: Predicate, kind: str) -> Iterator[Filter]:
        """The alternatives one of which an element of this `kind` satisfies if `holds` is true of it."""
        if _is_about_content(list(level(holds))):
            yield from self._by_content(holds, kind)
            return
        for group in alternatives(holds):
            if _is_about_content([literal.test for literal in group]):
                yield from self._by_content(Every(tuple(literal.predicate for literal in group)), kind)
            else:
                yield from elements.operators(group, kind, _name(self._above))

    def _by_content(self, holds: Predicate, kind: str) -> Iterator[Filter]:
        yield self.of(holds)
        if kind != "object" and matches(holds, None):
            yield elements.SCALAR

    def _target(self, path: Path) -> Target:
        whole = self._whole(path)
        passed = self._listed.attributes.along(whole)
        return Target(
            name=_name(whole),
            path=self._stored_path(whole),
            kind=passed[-1].kind,
            within=self._innermost_array(whole, passed),
            array=passed[-1].array and not is_index(whole[-1]),
        )

    def _innermost_array(self, whole: Path, passed: Sequence[Attribute]) -> Path:
        """The stored path of the last array that a path crosses beyond `above`; empty when it crosses none."""
        ends = [
            end
            for end, attribute in enumerate(passed, start=1)
            if end > len(self._above) and attribute.array and not any(map(is_index, whole[end - 1 : end + 1]))
        ]
        return self._stored_path(whole[: ends[-1]]) if ends else ()

    def _stored_path(self, whole: Path) -> Path:
        """The stored path of the attribute at a shown path, from the row or the element on.

        Raises `NotSupported` for an attribute that is stored outside the element.
        """
        stored = self._listed.place(whole)
        if not self._above:
            return stored
        base = self._listed.place(self._above)
        if stored[: len(base)] != base:
            message = (
                f"'{_name(whole)}' is not kept together with '{_name(self._above)}'; filter by it without brackets"
            )
            raise NotSupported(message)
        return stored[len(base) :]

    def _whole(self, path: Path) -> Path:
        return (*self._above, *path)


def _is_about_content(tests: Sequence[Test]) -> bool:
    """Whether all tests are on members of an element, and none on the element itself."""
    return bool(tests) and all(test.path for test in tests)


def _in_state(state: Path, target: Target, condition: Condition, stated: bool) -> Filter:
    """The filter on documents in one of the states of `condition`: by `STATE`, and by the text where a row has none."""
    texts = [text for each in condition.values if isinstance(each, Spellings) for text in each.texts]
    if not texts:
        return clause(target, condition)
    kept = ".".join(state)
    named: Filter = {kept: {"$in": sorted(texts)}}
    if not stated:
        named = any_of([named, {kept: None, **clause(target, replace(condition, operator=Operator.EQ))}])
    return none_of([named]) if condition.operator is Operator.NE else named


def _name(path: Path) -> str:
    return shorten(".".join(path), 100)
