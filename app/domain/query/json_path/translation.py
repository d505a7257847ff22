# SPDX-License-Identifier: Apache-2.0
"""Translates a JSONPath into a predicate; the condition of a filter holds on one and the same element of an array."""

from collections.abc import Iterator, Sequence

from jsonpath.filter import BaseExpression, FunctionExtension, InfixExpression, PrefixExpression, RelativeFilterQuery
from jsonpath.segments import JSONPathChildSegment, JSONPathSegment
from jsonpath.selectors import Filter, IndexSelector, JSONPathSelector, NameSelector, WildcardSelector
from jsonpath.token import TOKEN_LBRACKET

from app.domain.query.json_path.comparisons import comparison_predicate
from app.domain.query.json_path.grammar import NotOffered
from app.domain.query.paths import is_index
from app.domain.query.predicates import (
    EVERYTHING,
    Condition,
    Either,
    Element,
    Every,
    Index,
    Negation,
    Operator,
    Path,
    Predicate,
    either,
    every,
)
from app.errors import InvalidQuery, shorten

DEEPEST = 10
"""Filters within filters at most."""
MOST_LEVELS = 32
"""Levels of nested predicates at most; MongoDB's limit on nested conditions is not far above."""
MOST_COMPARISONS = 100

Segments = Sequence[JSONPathSegment]


class Translation:
    """Translates the paths of one filter, whose comparisons it counts together."""

    def __init__(self) -> None:
        self._left = MOST_COMPARISONS

    def of(self, expression: BaseExpression) -> Predicate:
        """The predicate of the whole path `expression` on a resource.

        Raises `NotOffered`, `InvalidQuery`, and `ValueError` for what is neither a path nor compares a length.
        """
        predicate = self._root_predicate(_Level(self, depth=0), expression)
        if _levels(predicate) > MOST_LEVELS:
            raise InvalidQuery(
                "A JSONPath nests its conditions too deeply; write it with fewer parentheses and filters"
            )
        return predicate

    def condition(self, selector: Filter) -> Predicate:
        """The predicate of the condition of a filter on an element. Raises as `of` does."""
        return _Level(self, depth=1).filter_predicate(selector)

    def count(self) -> None:
        """Count one comparison. Raises `InvalidQuery` when there are too many."""
        self._left -= 1
        if self._left < 0:
            raise InvalidQuery(f"A JSONPath makes more than {MOST_COMPARISONS} comparisons; ask for less at once")

    def _root_predicate(self, resource: "_Level", expression: BaseExpression) -> Predicate:
        match expression:
            case RelativeFilterQuery(path=path):
                return resource.whole(path.segments)
            case InfixExpression(left=FunctionExtension()) | InfixExpression(right=FunctionExtension()):
                return resource.predicate(expression)
        raise ValueError("a filter selects values, or compares a length")


class _Level:
    """The value that `@` stands for: the resource at depth 0, an element of an array below that."""

    def __init__(self, translation: Translation, depth: int) -> None:
        if depth > DEEPEST:
            raise InvalidQuery(f"A JSONPath nests filters deeper than {DEEPEST} levels; write it with fewer")
        self._translation = translation
        self._depth = depth

    def whole(self, segments: Segments) -> Predicate:
        """The predicate of a path that may start with a filter on the resource itself."""
        first = segments[0].selectors if segments and isinstance(segments[0], JSONPathChildSegment) else ()
        conditions = [self.filter_predicate(selector) for selector in first if isinstance(selector, Filter)]
        if not conditions or len(conditions) < len(first):
            return self.selects(segments)
        return every([either(conditions), self.selects(segments[1:])])

    def filter_predicate(self, selector: Filter) -> Predicate:
        """The predicate of the condition of a filter on `@`."""
        return self.predicate(selector.expression.expression)

    def predicate(self, expression: BaseExpression) -> Predicate:
        """The predicate of an expression on `@`."""
        match expression:
            case InfixExpression(operator="&&"):
                return every([self.predicate(part) for part in _parts(expression)])
            case InfixExpression(operator="||"):
                return either([self.predicate(part) for part in _parts(expression)])
            case InfixExpression():
                self._translation.count()
                return comparison_predicate(expression, self._path)
            case PrefixExpression(right=right):
                return _negate(self.predicate(right))
            case RelativeFilterQuery(path=path):
                return self.selects(path.segments)
        raise NotOffered(expression)

    def selects(self, segments: Segments, path: Path = ()) -> Predicate:
        """The predicate that `segments` select at least one value from `path` on."""
        if not segments:
            self._translation.count()
            return Condition(path, Operator.EXISTS, (True,), typed=True) if path else EVERYTHING
        segment, *rest = segments
        if not isinstance(segment, JSONPathChildSegment):
            raise NotOffered("..")
        return either([self._through(segment, selector, rest, path) for selector in segment.selectors])

    def _through(self, segment: JSONPathSegment, selector: JSONPathSelector, rest: Segments, path: Path) -> Predicate:
        match selector:
            case NameSelector() | IndexSelector():
                return self.selects(rest, (*path, self._step(selector, path)))
            case WildcardSelector() if segment.token.kind == TOKEN_LBRACKET:
                return Element(path, self._element(selector, path).selects(rest))
            case Filter():
                element = self._element(selector, path)
                predicate = element.filter_predicate(selector)
                return Element(path, every([predicate, element.selects(rest)]) if rest else predicate)
        raise NotOffered(f".{selector}" if isinstance(selector, WildcardSelector) else f"[{selector}]")

    def _element(self, selector: JSONPathSelector, path: Path) -> "_Level":
        """The level of an element at `path`, where the resource itself has none."""
        if not (path or self._depth):
            raise NotOffered(f"$[{selector}]")
        return _Level(self._translation, self._depth + 1)

    def _path(self, query: RelativeFilterQuery) -> Path:
        """The path of a singular query (RFC 9535 §2.3.5.1). Raises `NotOffered` for any other."""
        path: Path = ()
        for segment in query.path.segments:
            for selector in segment.selectors:
                path = (*path, self._step(selector, path))
        if not (path or self._depth):
            raise NotOffered("comparing the whole resource")
        return path

    def _step(self, selector: JSONPathSelector, path: Path) -> str:
        if isinstance(selector, NameSelector):
            return _attribute(selector.name)
        if not isinstance(selector, IndexSelector) or selector.index < 0 or not (path or self._depth):
            raise NotOffered(f"[{selector}]")
        return Index(selector.index)


def _negate(part: Predicate) -> Predicate:
    return part.part if isinstance(part, Negation) else Negation(part)


def _parts(whole: InfixExpression) -> Iterator[BaseExpression]:
    """The operands that one logical operator joins, however the text nests them."""
    waiting: list[BaseExpression] = [whole]
    while waiting:
        expression = waiting.pop()
        if isinstance(expression, InfixExpression) and expression.operator == whole.operator:
            waiting += [expression.right, expression.left]
        else:
            yield expression


def _attribute(name: str) -> str:
    if not name or "." in name or "\0" in name or name.startswith("$") or is_index(name):
        raise NotOffered(f"['{shorten(name, 60)}']")
    return name


def _levels(predicate: Predicate) -> int:
    match predicate:
        case Every(parts=parts) | Either(parts=parts):
            return 1 + max(map(_levels, parts), default=0)
        case Element(holds=part) | Negation(part=part):
            return 1 + _levels(part)
    return 1
