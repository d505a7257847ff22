# SPDX-License-Identifier: Apache-2.0
"""Attribute selection by JSONPath (RFC 9535; TMF630 part 6): the locations in an answer that a path selects."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jsonpath.filter import BaseExpression, RelativeFilterQuery
from jsonpath.segments import JSONPathSegment
from jsonpath.selectors import Filter, IndexSelector, JSONPathSelector, NameSelector

from app.domain.query.json_path.grammar import NotOffered
from app.domain.query.json_path.reading import LONGEST, read
from app.domain.query.json_path.translation import Translation
from app.domain.query.matching import matches
from app.domain.query.predicates import EVERYTHING, Predicate, comparisons
from app.errors import InvalidQuery

MOST_STEPS = 300_000
"""Values that the paths of one answer may look at: it takes less than a second."""

_LONG = 1000
"""Characters of a text that count as one value more."""
_RIGHT = "note[?(@.author=='John Doe')].text, or names like 'status,channel.name'"

Location = tuple[str | int, ...]


class Work:
    """The steps that the selection of one answer has left."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Take `steps` away. Raises `InvalidQuery` when no more are left."""
        self._left -= steps
        if self._left < 0:
            raise InvalidQuery(
                f"The JSONPath in 'fields' would look at more than {MOST_STEPS} values of this answer; "
                "select whole attributes, make fewer comparisons, or ask for fewer items with 'limit'"
            )


class Test(NamedTuple):
    """The condition of a filter selector, and how many comparisons it makes."""

    holds: Predicate
    comparisons: int


Selector = str | int | Test
Steps = tuple[tuple[Selector, ...], ...]


class _Node(NamedTuple):
    at: Location
    is_named: bool
    """Whether a name led to this node: then the next name is looked up in each element, if the node is an array."""


@dataclass(frozen=True)
class SelectionPath:
    """The JSONPath `text`, compiled into `steps`: the selectors of each segment."""

    text: str
    steps: Steps

    @property
    def names(self) -> frozenset[str]:
        """The first-level attributes that the path leads into."""
        return frozenset(name for step in self.steps[:1] for name in step if isinstance(name, str))

    def behind(self, name: str) -> "SelectionPath | None":
        """The rest of the path within the member `name`; None when it does not lead there."""
        return SelectionPath(self.text, self.steps[1:]) if self.steps and name in self.steps[0] else None

    def locations(self, document: Any, work: Work) -> Iterable[Location]:
        """The locations of the selected values in `document` (JSON), each once."""
        nodes: dict[_Node, Any] = {_Node((), is_named=False): document}
        for step in self.steps:
            nodes = {
                reached: inner
                for node, value in nodes.items()
                for selector in step
                for reached, inner in _select(node, value, selector, work)
            }
            work.spend(len(nodes))
        return dict.fromkeys(node.at for node in nodes)


def read_paths(texts: Sequence[str]) -> tuple[SelectionPath, ...]:
    """The JSONPaths of one `fields`, which are bounded together. Raises `NotSupported` and `InvalidQuery`."""
    if (length := sum(map(len, texts))) > LONGEST:
        raise InvalidQuery(f"'fields' has JSONPath of {length} characters; write at most {LONGEST}")
    conditions, whole = Translation(), Translation()

    def steps(expressions: Sequence[BaseExpression]) -> list[Steps]:
        return [_steps(each, whole, conditions) for each in expressions]

    return tuple(SelectionPath(text, each) for text in texts for each in read("fields", text, steps, _RIGHT))


def _steps(expression: BaseExpression, whole: Translation, conditions: Translation) -> Steps:
    whole.of(expression)  # Refuses the same constructs as `filter`.
    if not isinstance(expression, RelativeFilterQuery):
        raise ValueError("a comparison selects nothing")
    segments = expression.path.segments
    for selector in segments[0].selectors if segments else ():
        if isinstance(selector, Filter):
            raise NotOffered(f"$[{selector}]")
    return tuple(_step(segment, conditions) for segment in segments)


def _step(segment: JSONPathSegment, conditions: Translation) -> tuple[Selector, ...]:
    return tuple(_selector(each, conditions) for each in segment.selectors)


def _selector(selector: JSONPathSelector, conditions: Translation) -> Selector:
    match selector:
        case NameSelector(name=name):
            return name
        case IndexSelector(index=index):
            return index
        case Filter():
            holds = conditions.condition(selector)
            return Test(holds, sum(1 for _ in comparisons(holds)))
    return Test(EVERYTHING, 0)


def _select(node: _Node, value: Any, selector: Selector, work: Work) -> Iterable[tuple[_Node, Any]]:
    match selector:
        case str():
            return _select_name(node, value, selector, work)
        case int():
            numbered = isinstance(value, list) and selector < len(value)
            return [(_Node((*node.at, selector), is_named=False), value[selector])] if numbered else []
    return _fitting(node, value, selector, work)


def _select_name(node: _Node, value: Any, name: str, work: Work) -> Iterator[tuple[_Node, Any]]:
    """The member `name`; also of each element of an array that a name led to, as in filters."""
    objects: list[tuple[Location, Any]] = [(node.at, value)]
    if node.is_named and isinstance(value, list):
        work.spend(len(value))
        objects = [((*node.at, index), element) for index, element in enumerate(value)]
    for at, each in objects:
        if isinstance(each, Mapping) and name in each:
            yield _Node((*at, name), is_named=True), each[name]


def _fitting(node: _Node, value: Any, test: Test, work: Work) -> Iterator[tuple[_Node, Any]]:
    for key, member in _children(value):
        work.spend(1 + (test.comparisons * _weight(member) if test.comparisons else 0))
        if matches(test.holds, member):
            yield _Node((*node.at, key), is_named=False), member


def _children(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _weight(value: Any) -> int:
    """How many values one comparison may look at in `value`: the elements of arrays, and parts of long texts."""
    count, waiting = 1, [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            count += len(inner) // _LONG
        elif isinstance(inner, list):
            count += len(inner)
            waiting.extend(inner)
        elif isinstance(inner, Mapping):
            waiting.extend(inner.values())
    return count
