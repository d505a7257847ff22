# SPDX-License-Identifier: Apache-2.0
"""The whole syntax of JSONPath by RFC 9535 and TMF630 part 6, whether filters support it or not."""

from jsonpath import JSONPathEnvironment, Parser
from jsonpath.exceptions import JSONPathError, JSONPathSyntaxError
from jsonpath.filter import BaseExpression
from jsonpath.selectors import Filter, JSONPathSelector, WildcardSelector
from jsonpath.stream import TokenStream
from jsonpath.token import TOKEN_EOF, TOKEN_LBRACKET, TOKEN_LPAREN, TOKEN_RBRACKET, TOKEN_RE_FLAGS, TOKEN_RPAREN

from app.domain.query.json_path.filter_grammar import FilterGrammar, FilterReader
from app.domain.query.json_path.grammar import safe_pattern

_STANDARD = ("length", "count", "value", "match", "search")
_OF_TMF630 = ("min", "max", "avg", "stddev")
MALFORMED = (JSONPathError, ArithmeticError, LookupError, ValueError, RecursionError)
"""What the library raises for malformed JSONPath; the last four for texts such as (@.a 5), and for deep nesting."""


class _Everything(FilterReader):
    def parse_absolute_query(self, stream: TokenStream) -> BaseExpression:
        return Parser.parse_absolute_query(self, stream)

    def refuse_unknown(self, function: str) -> None:
        pass

    def parse_filter_selector(self, stream: TokenStream, *, keys: bool = False) -> Filter:
        found = Parser.parse_filter_selector(self, stream, keys=keys)
        assert isinstance(found, Filter), "there are no filters of keys"
        return found

    def parse_bracketed_selection(self, stream: TokenStream) -> list[JSONPathSelector]:
        if stream.peek().kind == TOKEN_LPAREN:
            return [self._script(stream)]
        return Parser.parse_bracketed_selection(self, stream)

    def parse_regex(self, stream: TokenStream) -> BaseExpression:
        pattern = stream.next().value
        stream.eat(TOKEN_RE_FLAGS)
        return safe_pattern(pattern)

    def _script(self, stream: TokenStream) -> JSONPathSelector:
        start = stream.eat(TOKEN_LBRACKET)
        depth, length = 0, 0
        while depth or not length:
            token = stream.next()
            if token.kind == TOKEN_EOF:
                raise JSONPathSyntaxError("unbalanced parentheses", token=start)
            depth += (token.kind == TOKEN_LPAREN) - (token.kind == TOKEN_RPAREN)
            length += 1
        if length == 2:
            raise JSONPathSyntaxError("an empty script", token=start)
        stream.eat(TOKEN_RBRACKET)
        return WildcardSelector(env=self.env, token=start)


class _Syntax(FilterGrammar):
    def __init__(self) -> None:
        super().__init__(_Everything)

    def setup_function_extensions(self) -> None:
        JSONPathEnvironment.setup_function_extensions(self)
        known = {name: self.function_extensions[name] for name in _STANDARD}
        self.function_extensions = known | dict.fromkeys(_OF_TMF630, lambda values: values)


_SYNTAX = _Syntax()


def is_json_path(text: str) -> bool:
    """Whether `text` is a JSONPath, or several with commas between them."""
    try:
        _SYNTAX.read(text)
    except MALFORMED:
        return False
    return True
