# SPDX-License-Identifier: Apache-2.0
"""The grammar of JSONPath in filters and patches: names such as @type, conditions from @, safe regular expressions."""

import re

from jsonpath import JSONPathEnvironment, Lexer, Parser
from jsonpath.exceptions import JSONPathSyntaxError
from jsonpath.filter import (
    BaseExpression,
    FilterExpression,
    FilterExpressionLiteral,
    FunctionExtension,
    InfixExpression,
    ListLiteral,
    Nil,
    PrefixExpression,
    StringLiteral,
)
from jsonpath.selectors import Filter, JSONPathSelector
from jsonpath.stream import TokenStream
from jsonpath.token import (
    TOKEN_FUNCTION,
    TOKEN_LPAREN,
    TOKEN_NAME,
    TOKEN_RE,
    TOKEN_RE_FLAGS,
    TOKEN_RE_PATTERN,
    TOKEN_RPAREN,
    TOKEN_WHITESPACE,
    Token,
)

from app.domain.query import expressions

SEARCH = "=~"
"""The operator that searches a text for a regular expression."""


_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", SEARCH})
_FUNCTIONS = frozenset({"count", "value", "match", "search", "min", "max", "avg", "stddev"})
"""The functions of RFC 9535 and of TMF630 beside `length`."""


class NotOffered(ValueError):
    """A construct of JSONPath that is known and not supported; the message names it."""


def from_root(path: str) -> str:
    """`path` with the leading `$.`, which clients may leave out."""
    if path.startswith("$"):
        return path
    return f"${path}" if path.startswith(("[", ".")) else f"$.{path}"


class Names(Lexer):
    """The lexer: also reads names with an `@` in front without brackets and quotes, such as `.@type`."""

    key_pattern = "@?" + Lexer.key_pattern

    def compile_strict_rules(self) -> re.Pattern[str]:
        """The tokens of RFC 9535, and those of `=~` and of regular expressions in slashes."""
        standard = super().compile_strict_rules()
        searching = f"(?P<{TOKEN_RE_PATTERN}>{self.re_pattern})|(?P<{TOKEN_RE}>{SEARCH})"
        return re.compile(f"{searching}|{standard.pattern}", standard.flags)


class Pattern(FilterExpressionLiteral[str]):
    """A regular expression that has passed the check."""

    __slots__ = ()


class LeanFilter(Filter):
    """A filter selector without the library's cache."""

    def __init__(self, env: JSONPathEnvironment, token: Token, expression: FilterExpression) -> None:
        # The library's own class searches for what it could cache, in cubic time of the nesting; no cache is used here.
        JSONPathSelector.__init__(self, env=env, token=token)
        self.expression = expression
        self.cacheable_nodes = False


class Reader(Parser):
    """The parser of conditions in filters: they start at the element, `@`; `=~` takes safe regular expressions."""

    filter_class = LeanFilter

    def parse_absolute_query(self, stream: TokenStream) -> BaseExpression:
        """Raise `NotOffered` for `$` in a condition."""
        raise NotOffered(stream.current().value)

    def parse_function_extension(self, stream: TokenStream) -> BaseExpression:
        """The function that follows, if it is offered."""
        self.refuse_unknown(stream.current().value)
        return super().parse_function_extension(stream)

    def refuse_unknown(self, function: str) -> None:
        """Raise `NotOffered` for a function of JSONPath that the environment does not have."""
        if function in _FUNCTIONS and function not in self.env.function_extensions:
            raise NotOffered(function)

    def parse_filter_selector(self, stream: TokenStream, *, keys: bool = False) -> Filter:
        """The filter selector that follows, which must contain a condition."""
        token = stream.next()
        expression = self.parse_filter_expression(stream)
        if isinstance(expression, FilterExpressionLiteral | Nil | FunctionExtension):
            raise JSONPathSyntaxError("a condition compares values or asks whether one exists", token=token)
        return self.filter_class(self.env, token, FilterExpression(expression))

    def parse_infix_expression(self, stream: TokenStream, left: BaseExpression) -> BaseExpression:
        """The comparison that follows; what `=~` searches for is a regular expression, in slashes or quotes."""
        token, start = stream.current(), stream.pos
        expression = super().parse_infix_expression(stream, left)
        if isinstance(expression, InfixExpression):
            compared = (left, expression.right) if expression.operator in _COMPARISONS else ()
            if (
                expression.operator == "<>"
                or any(map(_is_condition, compared))
                or (compared and _is_grouped(stream, start))
            ):
                raise JSONPathSyntaxError("a comparison stands between two values", token=token)
            searches = expression.operator == SEARCH
            if searches and isinstance(expression.right, StringLiteral):
                expression.right = safe_pattern(expression.right.value)
            if isinstance(left, Pattern) or isinstance(expression.right, Pattern) is not searches:
                raise JSONPathSyntaxError("a regular expression stands on the right of =~", token=token)
        return expression

    def parse_regex(self, stream: TokenStream) -> BaseExpression:
        """The regular expression in slashes that follows; `i` behind it ignores letter case."""
        pattern, flags = stream.next().value, stream.eat(TOKEN_RE_FLAGS).value
        if flags.strip("i"):
            raise NotOffered(f"/{pattern}/{flags}")
        return safe_pattern(f"(?i){pattern}" if flags else pattern)


def _is_condition(expression: BaseExpression) -> bool:
    return isinstance(expression, InfixExpression | PrefixExpression | ListLiteral)


def _is_grouped(stream: TokenStream, operator: int) -> bool:
    """Whether an operand of the operator at this place is in parentheses, which a value may not be."""
    before = [token.kind for token in stream.tokens[:operator] if token.kind != TOKEN_WHITESPACE]
    after = next((token.kind for token in stream.tokens[operator + 1 :] if token.kind != TOKEN_WHITESPACE), "")
    if after == TOKEN_LPAREN or before[-1:] != [TOKEN_RPAREN]:
        return after == TOKEN_LPAREN
    depth = 0
    while before:
        kind = before.pop()
        depth += (kind == TOKEN_RPAREN) - (kind == TOKEN_LPAREN)
        if not depth:
            break
    return before[-1:] not in ([TOKEN_FUNCTION], [TOKEN_NAME])


def safe_pattern(text: str) -> Pattern:
    """The regular expression that `text` is. Raises `InvalidQuery` for one that is not safe."""
    expressions.check(text)
    return Pattern(value=text)
