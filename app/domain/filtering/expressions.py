"""Decides which regular expressions a filter may use, so that all engines find the same and none runs away."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from app.errors import InvalidQuery, shortened

LONGEST = 256
MOST_UNBOUNDED = 3
FEW_READINGS = 16
MOST_READINGS = 1000
"""What alternatives, options and bounded repetitions may multiply to: an engine that backtracks tries each."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True
_OPTIONS.max_mem = 256 * 1024

_DIALECT = re.compile(r"\\[QCv0-9]")
"""Escapes that RE2 and Perl's dialect, which the database speaks, read differently."""

_INSTEAD = "repeat a class like [ab]+, or a group without '|', '*', '+', '?' and '{n,m}' in it"

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
"""The pieces of an expression that RE2 has compiled."""


def check(pattern: str) -> None:
    """Raise `InvalidQuery` for what is no regular expression, or one that a search might not get through.

    The database backtracks, and silently finds nothing where it gives up: what makes it do so is refused.
    """
    if len(pattern) > LONGEST:
        raise _refusal(pattern, f"has {len(pattern)} characters; {LONGEST} are allowed")
    if "\0" in pattern:
        raise _refusal(pattern, "holds the character NUL, which no text has; leave it out")
    try:
        _compiled(pattern)
    except re2.error as wrong:
        raise _refusal(pattern, f"is refused by RE2 ({_reason(wrong)})") from None
    for escape in re.findall(r"\\.", pattern, re.DOTALL):
        if _DIALECT.fullmatch(escape):
            raise _refusal(pattern, f"uses '{escape}', which engines read differently; write the characters as such")
    _refuse_slow(pattern)


def is_found(pattern: str, text: str) -> bool:
    """Whether `pattern`, which has passed `check`, matches anywhere in `text`; letter case counts."""
    return _compiled(pattern).search(text) is not None


def is_costly(pattern: str) -> bool:
    """Whether an engine that backtracks may give up on `pattern`, which has passed `check`, in a long text."""
    readings = _readings(pattern)
    return readings.loops or readings.unbounded > 1 or readings.number > FEW_READINGS


def in_perl(pattern: str) -> str:
    """The same expression in Perl's dialect, where a plain `$` would also match before a last line break."""
    written: list[str] = []
    by_line = [False]
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "open":
                by_line.append(_by_line(token["within"], by_line[-1]))
            case "close":
                by_line.pop()
            case "flags":
                by_line[-1] = _by_line(token["set"], by_line[-1])
        written.append(r"\z" if token["atom"] == "$" and not by_line[-1] else token[0])
    return "".join(written)


class _Readings:
    """How many ways there are to read an expression, counted piece by piece from its start."""

    def __init__(self) -> None:
        self.unbounded = 0
        self.loops = False
        """Whether a group is repeated: engines that backtrack remember every round."""
        self._groups = [_Group()]
        self._last = 1
        """Readings of the piece that a repetition would repeat."""
        self._closed = False
        """Whether that piece is a group."""

    @property
    def number(self) -> int:
        return self._groups[0].readings

    def read(self, token: re.Match[str]) -> None:
        """Count one more piece. Raises `ValueError` when it repeats what has several readings."""
        last, self._last = self._last, 1
        closed, self._closed = self._closed, token.lastgroup == "close"
        match token.lastgroup:
            case "open":
                self._groups.append(_Group())
            case "or":
                self._groups[-1].branch()
            case "close":
                self._last = self._groups.pop().readings
                self._groups[-1].here *= self._last
            case "repeat":
                self.loops |= closed and token["sign"] != "?"
                self._repeat(last, *_times(token))

    def _repeat(self, readings: int, least: int, most: int | None) -> None:
        if readings > 1 and most not in (0, 1):
            raise ValueError
        self.unbounded += most is None
        self._groups[-1].here *= 2 if most is None else most - least + 1


@dataclass
class _Group:
    """Readings of the branches of a group: those before, and the one at hand."""

    before: int = 0
    here: int = 1

    @property
    def readings(self) -> int:
        return self.before + self.here

    def branch(self) -> None:
        self.before, self.here = self.readings, 1


def _refuse_slow(pattern: str) -> None:
    try:
        readings = _readings(pattern)
    except ValueError:
        raise _refusal(pattern, f"repeats a group that can be read in several ways; {_INSTEAD}") from None
    if readings.unbounded > MOST_UNBOUNDED:
        raise _refusal(pattern, f"has {readings.unbounded} repetitions without an end; {MOST_UNBOUNDED} are allowed")
    if readings.number > MOST_READINGS:
        raise _refusal(pattern, f"can be read in more than {MOST_READINGS} ways; use fewer of '|', '?' and '{{n,m}}'")


def _readings(pattern: str) -> _Readings:
    readings = _Readings()
    for token in _TOKEN.finditer(pattern):
        readings.read(token)
    return readings


def _times(token: re.Match[str]) -> tuple[int, int | None]:
    """How often a repetition repeats: at least, and at most if there is an end to it."""
    if token["sign"]:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[token["sign"]]
    least = int(token["least"])
    if token["range"]:
        return least, int(token["most"]) if token["most"] else None
    return least, least


def _by_line(flags: str | None, before: bool) -> bool:
    """Whether `$` means the end of each line (`m`) once `flags` are set."""
    on, _, off = (flags or "").partition("-")
    return "m" in on or (before and "m" not in off)


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, _OPTIONS)


def _reason(wrong: re2.error) -> str:
    said = wrong.args[0]
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _refusal(pattern: str, told: str) -> InvalidQuery:
    return InvalidQuery(f"The regular expression '{shortened(pattern, 60)}' {told}")
