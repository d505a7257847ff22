"""Turns what a list is asked for into a filter on rows, through the view of the called version."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from app.domain.attributes import Attribute
from app.domain.filtering.expressions import is_costly
from app.domain.filtering.matching import matches
from app.domain.filtering.normal_form import Literal, Test, alternatives, level
from app.domain.filtering.paths import is_index
from app.domain.filtering.predicates import (
    Condition,
    Either,
    Element,
    Every,
    Length,
    Negation,
    Operator,
    Path,
    Predicate,
    Value,
    comparisons,
)
from app.errors import InvalidQuery, NotSupported, shortened
from app.lists.listed import Listed
from app.storage import elements
from app.storage.alarms import alarm
from app.storage.filters import Filter, Target, any_of, clause, every, measured, none_of

_EQUALITY = (Operator.EQ, Operator.NE)


def filter_of(listed: Listed, predicate: Predicate) -> Filter:
    """The filter on which `predicate` holds, whose paths are those that `listed` shows.

    Raises `InvalidQuery` for an attribute that is not declared or cannot be compared in that way, and `NotSupported`
    for what the database cannot be asked.
    """
    return _Level(listed).of(predicate)


class _Level:
    """What paths begin at: what is listed, or an element of the array that it shows at the path `above`."""

    def __init__(self, listed: Listed, above: Path = ()) -> None:
        self._listed = listed
        self._above = above

    def of(self, predicate: Predicate) -> Filter:
        """The filter on rows, or on the objects in that array, on which `predicate` holds."""
        match predicate:
            case Condition():
                return self._alarmed(predicate, self._condition(predicate))
            case Length():
                return measured(self._target(predicate.path), predicate)
            case Element():
                return self._alarmed(predicate, self._element(predicate))
            case Negation(part=part):
                return none_of([self.of(part)])
            case Every(parts=parts):
                return every([self.of(part) for part in parts])
            case Either(parts=parts):
                return any_of([self.of(part) for part in parts])

    def _condition(self, condition: Condition) -> Filter:
        if id_in := self._listed.addressed(self._whole(condition.path)):
            return self._addressed(condition, id_in)
        return clause(self._target(condition.path), self._stored(condition))

    def _alarmed(self, predicate: Predicate, found: Filter) -> Filter:
        """`found`, and beside it what keeps the database from overlooking a text; `$elemMatch` may not hold that."""
        if self._above:
            return found
        costly = [
            (path, str(pattern))
            for path, test in comparisons(predicate)
            if test.operator is Operator.REGEX and isinstance(test, Condition)
            for pattern in test.values
            if is_costly(str(pattern))
        ]
        return any_of([found, *(alarm(self._kept(path), pattern) for path, pattern in costly)])

    def _addressed(self, condition: Condition, id_in: Callable[[str], str | None]) -> Filter:
        """The filter on a resource's own `href`, which is not stored."""
        whole = self._whole(condition.path)
        kept_in = ".".join(self._listed.place((*whole[:-1], "id")))
        if condition.operator is Operator.EXISTS:
            return {kept_in: {"$exists": condition.values[0]}}
        _refuse_all_but_equality(condition, _name(whole))
        ids = [id for href in condition.values if (id := id_in(str(href))) is not None]
        named: Filter = {kept_in: {"$in": ids}}
        return none_of([named]) if condition.operator is Operator.NE else named

    def _element(self, asked: Element) -> Filter:
        whole = self._whole(asked.path)
        array = self._listed.attributes.along(whole)[-1]
        if not asked.path:
            raise NotSupported(f"'{_name(whole)}': elements of arrays within arrays cannot be asked for")
        if not (array.array or array.open):
            told = f"'{_name(whole)}' is no array; conditions in brackets look at the elements of one"
            raise InvalidQuery(told)
        field = self._target(asked.path).field
        met = list(_Level(self._listed, whole)._met(asked.holds, array.kind))
        return any_of([{field: {"$elemMatch": each}} for each in met])

    def _met(self, holds: Predicate, kind: str) -> Iterator[Filter]:
        """What an element of this `kind` meets, one of these at least, on which `holds` does."""
        if _is_about_content(list(level(holds))):
            yield from self._by_content(holds, kind)
            return
        for group in alternatives(holds):
            if _is_about_content([literal.test for literal in group]):
                yield from self._by_content(Every(tuple(literal.predicate for literal in group)), kind)
            else:
                yield from elements.operators([self._spelt(literal) for literal in group], kind, _name(self._above))

    def _by_content(self, holds: Predicate, kind: str) -> Iterator[Filter]:
        yield self.of(holds)
        if kind != "object" and matches(holds, None):
            yield elements.SCALAR

    def _spelt(self, literal: Literal) -> Literal:
        test = literal.test
        return replace(literal, test=self._stored(test)) if isinstance(test, Condition) else literal

    def _target(self, path: Path) -> Target:
        whole = self._whole(path)
        passed = self._listed.attributes.along(whole)
        return Target(
            name=_name(whole),
            path=self._kept(whole),
            kind=passed[-1].kind,
            within=self._innermost_array(whole, passed),
            array=passed[-1].array and not is_index(whole[-1]),
        )

    def _innermost_array(self, whole: Path, passed: Sequence[Attribute]) -> Path:
        """Where the last array that a path goes through, beyond `above`, is kept; empty when it goes through none."""
        ends = [
            end
            for end, attribute in enumerate(passed, start=1)
            if end > len(self._above) and attribute.array and not any(map(is_index, whole[end - 1 : end + 1]))
        ]
        return self._kept(whole[: ends[-1]]) if ends else ()

    def _kept(self, whole: Path) -> Path:
        """Where the attribute at a shown path is kept, from the row or the element on.

        Raises `NotSupported` for one that the stored element does not hold.
        """
        stored = self._listed.place(whole)
        if not self._above:
            return stored
        base = self._listed.place(self._above)
        if stored[: len(base)] != base:
            told = f"'{_name(whole)}' is not kept together with '{_name(self._above)}'; filter by it without brackets"
            raise NotSupported(told)
        return stored[len(base) :]

    def _stored(self, condition: Condition) -> Condition:
        """The condition with its texts as they are stored: references to resources of ours without host and version."""
        whole = self._whole(condition.path)
        if whole[-1] == "href" and condition.operator is not Operator.EXISTS:
            _refuse_all_but_equality(condition, _name(whole))
        if condition.operator not in _EQUALITY:
            return condition
        return replace(condition, values=tuple(self._stored_value(whole, value) for value in condition.values))

    def _stored_value(self, whole: Path, value: Value) -> Value:
        return self._listed.kept_text(whole, value) if isinstance(value, str) else value

    def _whole(self, path: Path) -> Path:
        return (*self._above, *path)


def _is_about_content(tests: Sequence[Test]) -> bool:
    """Whether all tests are about what is within an element, and none about the element itself."""
    return bool(tests) and all(test.path for test in tests)


def _refuse_all_but_equality(condition: Condition, name: str) -> None:
    if condition.operator not in _EQUALITY:
        by_id = name.removesuffix("href") + "id"
        raise InvalidQuery(f"'{name}' is compared with '=' and '.ne' only; filter by '{by_id}'")


def _name(path: Path) -> str:
    return shortened(".".join(path), 100)
