# SPDX-License-Identifier: Apache-2.0
"""Splits a query string: `;` between alternatives, `&` between their conditions, and neither within a `filter`."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

_SEPARATOR = re.compile("[&;]")
_FILTER = re.compile("filter(?:=|%3[Dd])")
_MARK = re.compile(
    r"""
    (?P<escaped>(?:\\|%5C)(?:%..|.)) | (?P<quote>['"/]|%22|%27|%2F)
    | (?P<opening>\[|%5B) | (?P<closing>\]|%5D) | (?P<separator>[&;])
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def groups(raw: str) -> Iterator[list[str]]:
    """The groups of `raw`, each as its pieces, still percent-encoded; empty pieces are left out (TMF630 part 1).

    `&` and `;` within the brackets, quotes and regular expressions of a `filter` belong to it: clients forget to
    percent-encode its `&&`.
    """
    group: list[str] = []
    begin = 0
    while begin <= len(raw):
        end = _end_of_filter(raw, begin) if _FILTER.match(raw, begin) else _next_separator(raw, begin)
        if begin < end:
            group.append(raw[begin:end])
        if raw[end : end + 1] != "&":
            yield group
            group = []
        begin = end + 1


def _next_separator(raw: str, begin: int) -> int:
    found = _SEPARATOR.search(raw, begin)
    return found.start() if found else len(raw)


def _end_of_filter(raw: str, begin: int) -> int:
    depth, quoted = 0, ""
    for mark in _MARK.finditer(raw, begin):
        match mark.lastgroup:
            case "quote":
                quote = unquote(mark[0])
                quoted = "" if quote == quoted else quoted or quote
            case "opening" | "closing" if not quoted:
                depth += 1 if mark.lastgroup == "opening" else -1
            case "separator" if not quoted and depth <= 0:
                return mark.start()
    return len(raw)
