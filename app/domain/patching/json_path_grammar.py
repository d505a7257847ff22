"""Which JSONPath is understood (RFC 9535): no regular expressions, member names such as @type, every step counted."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathMatch, Lexer, Parser
from jsonpath.exceptions import JSONPathNameError, JSONPathSyntaxError
from jsonpath.filter import (
    BaseExpression,
    FilterExpression,
    FilterExpressionLiteral,
    FunctionExtension,
    IntegerLiteral,
    Nil,
    RelativeFilterQuery,
)
from jsonpath.segments import JSONPathSegment
from jsonpath.selectors import Filter, JSONPathSelector
from jsonpath.stream import TokenStream
from jsonpath.token import TOKEN_SELF, Token

from app.domain.patching.work import Work, weighed

_ORDERINGS = frozenset({"<", "<=", ">", ">="})


class Node(JSONPathMatch):
    """A value that was found, and the way to it as `parts`."""

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        # The library's own spells every node's path out, which costs much where names are long.
        self._filter_context["work"].spend()
        parts = (*self.parts, key)
        return Node(filter_context=self._filter_context, obj=obj, parent=self, path="", parts=parts, root=self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        # Nobody asks for the children, and keeping them would keep all nodes in memory.
        pass


def nodes(segments: Iterable[JSONPathSegment], document: Any, work: Work) -> list[JSONPathMatch]:
    """The values in `document` that `segments` lead to, each once, however many ways lead there."""
    work.spend()
    root = Node(filter_context={"work": work}, obj=document, parent=None, path="", parts=(), root=document)
    found: list[JSONPathMatch] = [root]
    for segment in segments:
        found = list({node.parts: node for node in segment.resolve(found)}.values())
    return found


class _RelativePath(JSONPath):
    def finditer(self, data: Any, *, filter_context: Mapping[str, Any] | None = None) -> Iterable[JSONPathMatch]:
        return nodes(self.segments, data, (filter_context or {})["work"])


class _Filter(Filter):
    def __init__(self, env: JSONPathEnvironment, token: Token, expression: FilterExpression) -> None:
        # The library's own looks for what it could cache, which takes the cube of the nesting, and is not used here.
        JSONPathSelector.__init__(self, env=env, token=token)
        self.expression = expression
        self.cacheable_nodes = False

    def resolve(self, node: JSONPathMatch) -> Iterable[JSONPathMatch]:
        if isinstance(node.obj, list | dict):
            node.filter_context()["work"].spend(len(node.obj))
        return super().resolve(node)


class _Lexer(Lexer):
    key_pattern = "@?" + Lexer.key_pattern


class _Parser(Parser):
    def parse_relative_query(self, stream: TokenStream) -> BaseExpression:
        stream.eat(TOKEN_SELF)
        return RelativeFilterQuery(_RelativePath(env=self.env, segments=self.parse_query(stream)))

    def parse_absolute_query(self, stream: TokenStream) -> BaseExpression:
        raise JSONPathNameError("conditions start at @", token=stream.current())

    def parse_filter_selector(self, stream: TokenStream, *, keys: bool = False) -> Filter:
        token = stream.next()
        expression = self.parse_filter_expression(stream)
        if isinstance(expression, FilterExpressionLiteral | Nil | FunctionExtension):
            raise JSONPathSyntaxError("a condition compares values or asks whether one exists", token=token)
        return _Filter(self.env, token, FilterExpression(expression))

    def parse_integer_literal(self, stream: TokenStream) -> BaseExpression:
        text = stream.current().value
        literal = super().parse_integer_literal(stream)
        return IntegerLiteral(value=int(text)) if text.removeprefix("-").isdigit() else literal


class Grammar(JSONPathEnvironment):
    """Reads JSONPath and compares values, counting comparisons as `work`."""

    lexer_class = _Lexer
    parser_class = _Parser

    def __init__(self, work: Work) -> None:
        super().__init__(strict=True, filter_caching=False)
        self._work = work

    def segments(self, path: str) -> Sequence[JSONPathSegment]:
        """The segments of `path`, which starts with `$`. Raises what the library raises when it cannot be read."""
        return tuple(self.parser.parse(TokenStream(self.lexer.tokenize(path))))

    def setup_function_extensions(self) -> None:
        """Offer length, count and value; match and search take regular expressions."""
        super().setup_function_extensions()
        del self.function_extensions["match"], self.function_extensions["search"]

    def compare(self, left: object, operator: str, right: object) -> bool:
        """Whether `left` and `right` are as `operator` says; true and false are no numbers and have no order."""
        self._work.spend(weighed(left, 0))
        if operator in _ORDERINGS and (isinstance(left, bool) or isinstance(right, bool)):
            return operator in ("<=", ">=") and left is right
        return super().compare(left, operator, right)
