# SPDX-License-Identifier: Apache-2.0
"""How clients write the operators of attribute filters: behind the name as a suffix or as a symbol."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from app.domain.query.predicates import Operator
from app.errors import InvalidQuery, shorten

SUFFIXES: Mapping[str, Operator] = {**{each.value: each for each in Operator}, "in": Operator.EQ, "nin": Operator.NE}
"""TMF630 has `eq`, `gt`, `gte`, `lt`, `lte` and `regex`; `ne`, `in`, `nin` and `exists` are extensions."""

SYMBOLS: Mapping[str, Operator] = {
    "=": Operator.EQ,
    "==": Operator.EQ,
    ">": Operator.GT,
    ">=": Operator.GTE,
    "<": Operator.LT,
    "<=": Operator.LTE,
    "*=": Operator.REGEX,
    "=~": Operator.REGEX,
}

_SYMBOL = re.compile(
    r"""
    (?P<plain> = ) [=~]? | [<>] =? | \* =
  | (?P<encoded> %3D ) (?: = | ~ | %3D | %7E )? | %3[CE] (?: = | %3D )? | (?: \* | %2A ) (?: = | %3D )
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""The operators, plain or percent-encoded. Behind the first plain character, encoded ones belong to the value."""

_MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")


class Comparison(NamedTuple):
    """A piece of a query string, split at its `symbol`: the decoded `name` before it, the raw text behind it.

    `literal` is the raw text behind the first `=`, for names with a suffix; None when the symbol has no such `=`.
    """

    name: str
    symbol: str
    text: str
    literal: str | None

    @classmethod
    def read(cls, piece: str) -> "Comparison":
        """Split `piece`, which is still percent-encoded, at its operator, plain or percent-encoded.

        What is percent-encoded behind a plain `=`, `<` or `>` is no operator: `name=%7E.*` asks for the text `~.*`.
        Raises `InvalidQuery` for a piece without an operator, and for `!=`.
        """
        match = _SYMBOL.search(piece)
        if match is None:
            shown = shorten(percent_decode(piece), 60)
            raise InvalidQuery(f"'{shown}' asks nothing; write '{shown}=value', or '{shown}.exists=true'")
        name = percent_decode(piece[: match.start()])
        if name.endswith("!"):
            raise InvalidQuery(f"'!=' is no operator of TMF630; write '{shorten(name[:-1], 60)}.ne=value'")
        equal = match["plain"] or match["encoded"]
        literal = piece[match.start() + len(equal) :] if equal else None
        return cls(name, unquote(match[0]), piece[match.end() :], literal)

    def parts(self) -> tuple[str, Operator, list[str]]:
        """The name of the attribute, how it is compared, and the decoded values.

        Behind a suffix only one `=` is the operator. Raises `InvalidQuery` for a suffix and a symbol together.
        """
        name, _, suffix = self.name.rpartition(".")
        if not name or suffix not in SUFFIXES:
            return self.name, SYMBOLS[self.symbol], _values(self.text)
        if self.literal is None:
            shown_name = shorten(name, 60)
            raise InvalidQuery(
                f"'{shown_name}' has two operators, '.{suffix}' and '{self.symbol}'; "
                f"write '{shown_name}.{suffix}=value' or '{shown_name}{self.symbol}value'"
            )
        return name, SUFFIXES[suffix], _values(self.literal)


def percent_decode(text: str) -> str:
    """`text` without its percent-encoding, a `+` as a blank. Raises `InvalidQuery` for what is not UTF-8."""
    if "%" not in text and "+" not in text:
        return text
    if malformed := _MALFORMED.search(text):
        excerpt = shorten(text[malformed.start() :], 10)
        raise InvalidQuery(f"'{excerpt}' is no percent-encoding; write '%' itself as %25")
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise InvalidQuery(f"'{shorten(text, 60)}' is not percent-encoded UTF-8") from None


def _values(raw: str) -> list[str]:
    return [percent_decode(value) for value in raw.split(",")]
