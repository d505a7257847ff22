# SPDX-License-Identifier: Apache-2.0
"""The pieces of a regular expression that RE2 has compiled."""

import re
from collections.abc import Iterable, Iterator

Token = re.Match[str]

_TOKEN = re.compile(
    r"""
    (?P<class> \[ \^? \]? (?: \[:\^?\w+:\] | \\. | [^\]\\] )* \] )
  | (?P<flags> \( \? (?P<set> [a-zA-Z-]+ ) \) )
  | (?P<open> \( (?: \? (?: P?<[^>]+> | (?P<within> [a-zA-Z-]* ): ) )? )
  | (?P<close> \) )
  | (?P<or> \| )
  | (?P<repeat> (?: (?P<sign> [*+?] ) | \{ (?P<least>\d+) (?P<range>,)? (?P<most>\d+)? \} ) \?? )
  | (?P<atom> \\[pPx]\{[^}]*\} | \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokens(pattern: str) -> Iterator[Token]:
    """The tokens of `pattern`, in their order."""
    return _TOKEN.finditer(pattern)


def join_tokens(pieces: Iterable[Token]) -> str:
    """The text of some tokens."""
    return "".join(token[0] for token in pieces)


def times(token: Token) -> tuple[int, int | None]:
    """How often a repetition repeats: at least, and at most if there is an end to it."""
    if token["sign"]:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[token["sign"]]
    least = int(token["least"])
    if token["range"]:
        return least, int(token["most"]) if token["most"] else None
    return least, least


def branches(pieces: Iterable[Token]) -> list[list[Token]]:
    """The alternatives that are not within a group."""
    alternatives: list[list[Token]] = [[]]
    depth = 0
    for token in pieces:
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup == "or" and not depth:
            alternatives.append([])
        else:
            alternatives[-1].append(token)
    return alternatives
