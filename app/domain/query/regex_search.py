# SPDX-License-Identifier: Apache-2.0
"""Search for regular expressions: in Perl's dialect (PCRE), which the database speaks, and in bounded time.

A backtracking engine starts anew at every character, and each unbounded repetition multiplies its time by the length of
the text once more. So what makes no difference to a search is left out, such as a leading `.*`; words with `.*` between
them are searched for one after the other; and remaining expressions with such repetitions search short texts only.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from app.domain.query.readings import Readings
from app.domain.query.regex_tokens import Token, branches, join_tokens, times, tokens

FEW_READINGS = 16
LONGEST_TEXT = 20_000
"""Characters of a text up to which unbounded repetitions search it: the database gives up in much longer texts."""
MOST_STEPS = 256
"""Readings of an expression times characters of a text at most, where time grows with the square of the length.

A document may have a megabyte of texts of that length, each character of which takes so many steps.
"""

_PLACE = re.compile(r"\^|\$|\\[bBAz]")
_LETTER = re.compile(r"[\w @-]")
_ONE = re.compile(r"[^\\^$\n]|\\[^a-zA-Z0-9\n]|\\[dw]|\[[\w .@-]+\]")


@dataclass(frozen=True)
class Search:
    """The search for an expression: `perl` in Perl's dialect; time grows with the `degree`-th power of the length.

    It finds nothing in texts of more than `longest` characters. `costly` when a backtracking engine may give up.
    """

    perl: str
    degree: int
    readings: int
    choices: int
    costly: bool
    longest: int | None


@dataclass(frozen=True)
class _Branch:
    """An alternative of an expression, whose text is `pattern`."""

    prefix: str
    """The plain text that the alternative begins with, for which the database can use an index."""
    perl: str
    """The rest of the alternative, in Perl's dialect."""
    degree: int
    readings: Readings
    is_endless: bool


@lru_cache(maxsize=128)
def search(pattern: str) -> Search:
    """The search for `pattern`, which RE2 takes. Raises `ValueError` when it repeats a group with several readings."""
    pieces = list(tokens(pattern))
    Readings(pieces)
    ignores_case = bool(pieces) and pieces[0][0] == "(?i)"
    if ignores_case:
        pieces = pieces[1:]
    if any(each.lastgroup == "flags" for each in pieces):
        alternatives = [_whole(pieces)]
    else:
        alternatives = [_branch(_core(each)) for each in branches(pieces)]
    degree, readings = max(each.degree for each in alternatives), sum(each.readings.number for each in alternatives)
    costly = readings > FEW_READINGS or any(each.readings.loops or each.readings.unbounded > 1 for each in alternatives)
    longest = _longest(degree, readings) if any(each.is_endless for each in alternatives) else None
    choices = max(each.readings.choices for each in alternatives)
    perl = _perl_of("(?i)" if ignores_case else "", alternatives, longest)
    return Search(perl, degree, readings, choices, costly, longest)


def _longest(degree: int, readings: int) -> int:
    return LONGEST_TEXT if degree <= 1 else MOST_STEPS // readings


def _perl_of(flags: str, alternatives: Sequence[_Branch], longest: int | None) -> str:
    """The expression that finds one of the alternatives in texts of at most so many characters, nothing in others."""
    if longest is None:
        return flags + "|".join(each.prefix + each.perl for each in alternatives)
    if len(alternatives) == 1 and alternatives[0].prefix:
        one = alternatives[0]
        return f"{flags}{one.prefix}{_upto(longest - len(one.prefix) + 1)}{one.perl}"
    perl = flags + "|".join(each.prefix + each.perl for each in alternatives)
    return rf"\A{_upto(longest)}(?s:.*?)(?:{perl})"


def _upto(most: int) -> str:
    """The lookahead that at most so many characters follow."""
    return rf"(?=(?s:.{{0,{most}}})\z)"


def _whole(pieces: Sequence[Token]) -> _Branch:
    """The branch of an expression whose flags change within it: it stays as it is."""
    readings = Readings(pieces)
    return _Branch("", _perl(pieces), readings.unbounded + 1, readings, is_endless=readings.unbounded > 0)


def _branch(pieces: Sequence[Token]) -> _Branch:
    readings, prefix = Readings(pieces), _prefix(pieces)
    degree = readings.unbounded + (not prefix)
    words = _words(pieces) if degree > 1 else []
    if len(words) < 2:
        rest = _perl(pieces[len(prefix) :])
        return _Branch(prefix, rest, degree, readings, is_endless=readings.unbounded > 0)
    first, *between, last = words
    begin = first[len(prefix) :] if prefix else f"(?m:^)(?>.*?{first})"
    perl = begin + "".join(f"(?>.*?{word})" for word in between) + f".*?{last}"
    return _Branch(prefix, perl, 1, Readings(), is_endless=True)


def _prefix(pieces: Sequence[Token]) -> str:
    """The `^` that an alternative begins with, and the letters that always follow it."""
    length = 0
    for piece, after in zip_longest(pieces, pieces[1:]):
        if after is not None and after.lastgroup == "repeat":
            break
        if not (piece[0] == "^" if length == 0 else _LETTER.fullmatch(piece[0])):
            break
        length += 1
    return join_tokens(pieces[:length])


def _core(pieces: Sequence[Token]) -> list[Token]:
    """An alternative with the repetitions at its ends cut to their minimum, which a search does not notice."""
    text = join_tokens(pieces)
    while (shorter := _trim_endless(list(tokens(text)))) != text:
        text = shorter
    return list(tokens(text))


def _trim_endless(pieces: list[Token]) -> str:
    for at in (0, len(pieces) - 2):
        if 0 <= at < len(pieces) - 1 and _is_endless(pieces[at], pieces[at + 1]):
            least, _ = times(pieces[at + 1])
            kept = f"{{{least}}}" if least > 1 else ""
            return join_tokens(pieces[:at]) + (pieces[at][0] + kept if least else "") + join_tokens(pieces[at + 2 :])
    return join_tokens(pieces)


def _is_endless(piece: Token, repeat: Token) -> bool:
    one = piece.lastgroup in ("atom", "class") and not _PLACE.fullmatch(piece[0])
    return one and repeat.lastgroup == "repeat" and times(repeat)[1] is None


def _words(pieces: Sequence[Token]) -> list[str]:
    """The words of an expression that is words with `.*` between them; empty for any other expression.

    A word has a fixed length, and lies within a line: so its first match in a text is as good as any other.
    """
    words, holds = [""], [False]
    for at, piece in enumerate(pieces):
        after = pieces[at + 1] if at + 1 < len(pieces) else None
        if piece.lastgroup == "repeat":
            if not _is_fixed(piece) and not (pieces[at - 1][0] == "." and times(piece)[1] is None):
                return []
        elif piece[0] == "." and after is not None and _is_endless(piece, after):
            least = times(after)[0]
            words[-1] += "." * least
            holds[-1] |= least > 0
            words.append("")
            holds.append(False)
        elif _ONE.fullmatch(piece[0]) or _PLACE.fullmatch(piece[0]):
            is_repeated = after is not None and after.lastgroup == "repeat"
            words[-1] += _perl([piece]) + (after[0] if is_repeated and after is not None else "")
            holds[-1] |= not _PLACE.fullmatch(piece[0])
        else:
            return []
    return words if all(holds) else []


def _is_fixed(repeat: Token) -> bool:
    least, most = times(repeat)
    return least == most and least > 0


def _perl(pieces: Sequence[Token]) -> str:
    """The same expression in Perl's dialect, where a plain `$` would also match before a last line break."""
    written: list[str] = []
    by_line = [False]
    for token in pieces:
        match token.lastgroup:
            case "open":
                by_line.append(_by_line(token["within"], by_line[-1]))
            case "close":
                by_line.pop()
            case "flags":
                by_line[-1] = _by_line(token["set"], by_line[-1])
        written.append(r"\z" if token["atom"] == "$" and not by_line[-1] else token[0])
    return "".join(written)


def _by_line(flags: str | None, before: bool) -> bool:
    """Whether `$` means the end of each line (`m`) once `flags` are set."""
    on, _, off = (flags or "").partition("-")
    return "m" in on or (before and "m" not in off)
