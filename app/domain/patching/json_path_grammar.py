# SPDX-License-Identifier: Apache-2.0
"""The JSONPath of JSON Patch Query (RFC 9535, and `=~`); the nodes that it visits are counted and bounded."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathMatch
from jsonpath.filter import BaseExpression, IntegerLiteral, RelativeFilterQuery
from jsonpath.segments import JSONPathSegment
from jsonpath.stream import TokenStream
from jsonpath.token import TOKEN_SELF

from app.domain.dates import is_day
from app.domain.patching.work import Work, count_values
from app.domain.query import expressions
from app.domain.query.json_path.grammar import SEARCH, LeanFilter, Names, Reader
from app.domain.query.matching import compares
from app.domain.query.predicates import Operator

_ORDERINGS = frozenset({"<", "<=", ">", ">="})
_COMPARED = {
    "==": Operator.EQ,
    "!=": Operator.NE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    ">": Operator.GT,
    ">=": Operator.GTE,
}
_MIRRORED = {Operator.LT: Operator.GT, Operator.LTE: Operator.GTE, Operator.GT: Operator.LT, Operator.GTE: Operator.LTE}


class Node(JSONPathMatch):
    """A node (RFC 9535): a value, and its location as `parts`."""

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        # The library's own class writes the path of every node as text, which is dear where names are long.
        self._filter_context["work"].spend()
        parts = (*self.parts, key)
        return Node(filter_context=self._filter_context, obj=obj, parent=self, path="", parts=parts, root=self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        # Children are not used, and a list of them would keep all nodes in memory.
        pass


def nodes(segments: Iterable[JSONPathSegment], document: Any, work: Work) -> list[JSONPathMatch]:
    """The nodes of `document` that `segments` select, each once, however many ways lead there."""
    work.spend()
    root = Node(filter_context={"work": work}, obj=document, parent=None, path="", parts=(), root=document)
    matches: list[JSONPathMatch] = [root]
    for segment in segments:
        matches = list({node.parts: node for node in segment.resolve(matches)}.values())
    return matches


class _RelativePath(JSONPath):
    def finditer(self, data: Any, *, filter_context: Mapping[str, Any] | None = None) -> Iterable[JSONPathMatch]:
        return nodes(self.segments, data, (filter_context or {})["work"])


class _Filter(LeanFilter):
    def resolve(self, node: JSONPathMatch) -> Iterable[JSONPathMatch]:
        if isinstance(node.obj, list | dict):
            node.filter_context()["work"].spend(len(node.obj))
        return super().resolve(node)


class _Reader(Reader):
    filter_class = _Filter

    def parse_relative_query(self, stream: TokenStream) -> BaseExpression:
        stream.eat(TOKEN_SELF)
        return RelativeFilterQuery(_RelativePath(env=self.env, segments=self.parse_query(stream)))

    def parse_integer_literal(self, stream: TokenStream) -> BaseExpression:
        text = stream.current().value
        literal = super().parse_integer_literal(stream)
        return IntegerLiteral(value=int(text)) if text.removeprefix("-").isdigit() else literal


class Grammar(JSONPathEnvironment):
    """Reads JSONPath and compares values, counting comparisons as `work`."""

    def __init__(self, work: Work) -> None:
        self.lexer_class, self.parser_class = Names, _Reader
        super().__init__(strict=True, filter_caching=False)
        self._work = work

    def segments(self, path: str) -> Sequence[JSONPathSegment]:
        """The segments of `path`, which starts with `$`. Raises what the library raises when it cannot be read."""
        return tuple(self.parser.parse(TokenStream(self.lexer.tokenize(path))))

    def setup_function_extensions(self) -> None:
        """Register `length`, `count` and `value`; `match` and `search` would take unchecked regular expressions."""
        super().setup_function_extensions()
        del self.function_extensions["match"], self.function_extensions["search"]

    def compare(self, left: object, operator: str, right: object) -> bool:
        """Whether the comparison `left operator right` holds; true and false are no numbers and have no order."""
        self._work.spend(count_values(left, 0))
        if operator == SEARCH:
            return self._finds(str(right), left)
        if operator in _ORDERINGS and (isinstance(left, bool) or isinstance(right, bool)):
            return operator in ("<=", ">=") and left is right
        if operator in _COMPARED and isinstance(left, str) and isinstance(right, str):
            return _as_a_list_would(left, operator, right)
        return super().compare(left, operator, right)

    def _finds(self, pattern: str, value: object) -> bool:
        if not isinstance(value, str):
            return False
        self._work.spend(len(value) // 100)
        return expressions.is_found(pattern, value)


def _as_a_list_would(left: str, operator: str, right: str) -> bool:
    """Compare two texts as filters of lists do: date-times as instants, a bare date on either side as a UTC day."""
    comparison = _COMPARED[operator]
    if is_day(left) and not is_day(right):
        left, comparison, right = right, _MIRRORED.get(comparison, comparison), left
    if comparison is Operator.NE:
        return not compares(left, Operator.EQ, right)
    return compares(left, comparison, right)
