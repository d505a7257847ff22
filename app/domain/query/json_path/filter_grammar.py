# SPDX-License-Identifier: Apache-2.0
"""The grammar of the JSONPath in `filter` and `fields`: RFC 9535 with extensions, several paths by commas."""

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from jsonpath import JSONPath, JSONPathEnvironment
from jsonpath.exceptions import JSONPathSyntaxError
from jsonpath.filter import BaseExpression, FloatLiteral, FunctionExtension, IntegerLiteral, RelativeFilterQuery
from jsonpath.segments import JSONPathSegment
from jsonpath.selectors import JSONPathSelector, NameSelector
from jsonpath.stream import TokenStream
from jsonpath.token import (
    TOKEN_AND,
    TOKEN_COMMA,
    TOKEN_EOF,
    TOKEN_LBRACKET,
    TOKEN_LPAREN,
    TOKEN_NAME,
    TOKEN_NOT,
    TOKEN_OR,
    TOKEN_RBRACKET,
    TOKEN_ROOT,
    TOKEN_RPAREN,
    TOKEN_SELF,
    Token,
)
from jsonpath.unescape import unescape_string

from app.domain.query.json_path.grammar import Names, NotOffered, Reader, from_root
from app.errors import InvalidQuery, shorten

LENGTH = "length"

_BLANKS = " \t\n\r"

_WORDS = ((TOKEN_AND, r"and\b"), (TOKEN_OR, r"or\b"), (TOKEN_NOT, r"not\b"))
_OPENING, _CLOSING = (TOKEN_LBRACKET, TOKEN_LPAREN), (TOKEN_RBRACKET, TOKEN_RPAREN)


class _Words(Names):
    def compile_strict_rules(self) -> re.Pattern[str]:
        standard = super().compile_strict_rules()
        words = "|".join(f"(?P<{kind}_WORD>{word})" for kind, word in _WORDS)
        return re.compile(f"{words}|{standard.pattern}", standard.flags)

    def tokenize(self, path: str) -> Iterator[Token]:
        for token in super().tokenize(path):
            yield Token(token.kind.removesuffix("_WORD"), token.value, token.index, token.path)


class FilterGrammar(JSONPathEnvironment):
    """Parses filters: RFC 9535 with `=~`, `and`, `or`, `not` and `.length()`."""

    def __init__(self, parser: type[Reader] | None = None) -> None:
        self.lexer_class, self.parser_class = _Words, parser or FilterReader
        super().__init__(strict=True)

    def setup_function_extensions(self) -> None:
        """Register `length` as the only function."""
        super().setup_function_extensions()
        self.function_extensions = {LENGTH: self.function_extensions[LENGTH]}

    def read(self, text: str) -> list[BaseExpression]:
        """Parse the paths in `text`, which commas separate; `@` stands for the resource in them.

        Raises `NotOffered`, `InvalidQuery`, and what the library raises for malformed JSONPath (`MALFORMED`).
        """
        if text != text.strip(_BLANKS):
            raise JSONPathSyntaxError("blanks around a path", token=Token(TOKEN_EOF, "", 0, text))
        return [self._whole(piece) for piece in self._pieces(text)]

    def _pieces(self, text: str) -> Iterator[str]:
        depth = start = 0
        for token in self.lexer.tokenize(text):
            depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
            if token.kind == TOKEN_COMMA and not depth:
                yield text[start : token.index].strip(_BLANKS)
                start = token.index + 1
        yield text[start:].strip(_BLANKS)

    def _whole(self, piece: str) -> BaseExpression:
        starts_with_path = not (piece.startswith((f"{LENGTH}(", "-")) or piece[:1].isdigit())
        stream = TokenStream(self._about_resource(from_root(piece) if starts_with_path else piece))
        expression = self.parser.parse_filter_expression(stream)
        if stream.current().kind != TOKEN_EOF:
            raise JSONPathSyntaxError("the path ends here", token=stream.current())
        return expression

    def _about_resource(self, text: str) -> Iterator[Token]:
        """The tokens of `text`, with `@` in the place of each `$` outside conditions."""
        depth = 0
        for token in self.lexer.tokenize(text):
            depth += (token.kind == TOKEN_LBRACKET) - (token.kind == TOKEN_RBRACKET)
            is_root = token.kind == TOKEN_ROOT and not depth
            yield Token(TOKEN_SELF, token.value, token.index, token.path) if is_root else token


class FilterReader(Reader):
    """The parser of the subset of JSONPath that filters offer."""

    def parse_relative_query(self, stream: TokenStream) -> BaseExpression:
        """The path that follows, or the function that its last name is."""
        start, name = stream.eat(TOKEN_SELF), stream.current()
        if name.kind == TOKEN_NAME:
            _refuse_name(start, name)
        segments = tuple(self.parse_query(stream))
        if stream.current().kind == TOKEN_LPAREN:
            return self._parse_function_call(stream, segments)
        return self._query(segments)

    def parse_bracketed_selection(self, stream: TokenStream) -> list[JSONPathSelector]:
        """The selectors that follow, none of which is a script."""
        if stream.peek().kind == TOKEN_LPAREN:
            raise NotOffered("[(…)]")
        return super().parse_bracketed_selection(stream)

    def parse_integer_literal(self, stream: TokenStream) -> BaseExpression:
        """The number that follows."""
        # As JSON writes numbers: without loss of digits, and without leading zeros.
        number = json.loads(stream.next().value)
        return IntegerLiteral(value=number) if isinstance(number, int) else FloatLiteral(value=number)

    def parse_float_literal(self, stream: TokenStream) -> BaseExpression:
        """The number that follows."""
        return self.parse_integer_literal(stream)

    def _parse_function_call(self, stream: TokenStream, segments: tuple[JSONPathSegment, ...]) -> BaseExpression:
        """The function that the last name of a path is, when parentheses follow it."""
        stream.eat(TOKEN_LPAREN)
        stream.eat(TOKEN_RPAREN)
        selector = segments[-1].selectors[-1] if segments else None
        if not isinstance(selector, NameSelector):
            raise JSONPathSyntaxError("parentheses follow the name of a function", token=stream.current())
        self.refuse_unknown(selector.name)
        measured = self.env.validate_function_extension_signature(selector.token, [self._query(segments[:-1])])
        return FunctionExtension(selector.name, measured)

    def _query(self, segments: tuple[JSONPathSegment, ...]) -> RelativeFilterQuery:
        return RelativeFilterQuery(JSONPath(env=self.env, segments=segments))

    def _decode_string_literal(self, token: Token) -> str:
        # Only the strict environment of the library decodes escapes as RFC 9535 says.
        return unescape_string(token.value, token, token.path[token.index - 1])


def _refuse_name(start: Token, name: Token) -> NoReturn:
    """Refuse a name right behind `@`, such as `@type`: it may mean the attribute `type` or the attribute `@type`."""
    if start.value == "$":
        raise JSONPathSyntaxError("a dot follows $", token=name)
    shown = shorten(name.value, 60)
    raise InvalidQuery(f"A JSONPath has '@{shown}' in a condition; write @.@{shown}, or @.{shown} without the sign")
