# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of filters: only those on which RE2 and the database agree, and that do not backtrack long."""

import re
from functools import lru_cache
from typing import Any

import re2

from app.domain.query.regex_search import search
from app.errors import InvalidQuery, shorten

LONGEST = 256
HIGHEST_DEGREE = 2
"""The power of a text's length with which the time of a search may grow."""
MOST_CHOICES = 4
MOST_READINGS = 50
"""The product of alternatives, options and bounded repetitions at most: a backtracking engine tries each."""

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True
_OPTIONS.max_mem = 256 * 1024

_DIALECT = re.compile(r"\\[QCv0-9]")
"""Escapes that RE2 and Perl's dialect, which the database speaks, read differently."""

_INSTEAD = "repeat a class like [ab]+, or a group without '|', '*', '+', '?' and '{n,m}' in it"
_ENDLESS = "one repetition between others is allowed, two behind '^', any number of '.*' between plain words"


def check(pattern: str) -> None:
    """Raise `InvalidQuery` for what is no regular expression, or one on which the database might give up.

    The database backtracks, and where it gives up it silently finds nothing.
    """
    if len(pattern) > LONGEST:
        raise _refusal(pattern, f"has {len(pattern)} characters; {LONGEST} are allowed")
    if "\0" in pattern:
        raise _refusal(pattern, "holds the character NUL, which no text has; leave it out")
    try:
        _compile(pattern)
    except re2.error as wrong:
        raise _refusal(pattern, f"is refused by RE2 ({_reason(wrong)})") from None
    for escape in re.findall(r"\\.", pattern, re.DOTALL):
        if _DIALECT.fullmatch(escape):
            raise _refusal(pattern, f"uses '{escape}', which engines read differently; write the characters as such")
    _refuse_slow(pattern)


def is_found(pattern: str, text: str) -> bool:
    """Whether `pattern`, which has passed `check`, matches anywhere in `text`; letter case counts.

    False for a text that is longer than a costly pattern may search (`is_costly`).
    """
    longest = search(pattern).longest
    return (longest is None or len(text) <= longest) and _compile(pattern).search(text) is not None


def is_costly(pattern: str) -> bool:
    """Whether an engine that backtracks may give up on `pattern`, which has passed `check`, in a long text."""
    return search(pattern).costly


def in_perl(pattern: str) -> str:
    """The expression in Perl's dialect (PCRE) that matches where `pattern`, which has passed `check`, `is_found`."""
    return search(pattern).perl


def _refuse_slow(pattern: str) -> None:
    try:
        analysis = search(pattern)
    except ValueError:
        raise _refusal(pattern, f"repeats a group that can be read in several ways; {_INSTEAD}") from None
    if analysis.degree > HIGHEST_DEGREE:
        raise _refusal(pattern, f"repeats without an end in too many places; {_ENDLESS}")
    if analysis.choices > MOST_CHOICES:
        raise _refusal(pattern, f"has more than {MOST_CHOICES} of '(|)', '?' and '{{n,m}}' one behind the other")
    if analysis.readings > MOST_READINGS:
        raise _refusal(pattern, f"can be read in more than {MOST_READINGS} ways; use fewer of '|', '?' and '{{n,m}}'")


@lru_cache(maxsize=128)
def _compile(pattern: str) -> Any:
    return re2.compile(pattern, _OPTIONS)


def _reason(wrong: re2.error) -> str:
    said = wrong.args[0]
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _refusal(pattern: str, reason: str) -> InvalidQuery:
    return InvalidQuery(f"The regular expression '{shorten(pattern, 60)}' {reason}")
