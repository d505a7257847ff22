# SPDX-License-Identifier: Apache-2.0
"""Query parameters: refuses unknown ones, and names the parameter that a client may have meant."""

import re
from collections.abc import Collection
from difflib import get_close_matches
from urllib.parse import unquote_plus

from app.errors import InvalidQuery, NotSupported, shorten

UNSUPPORTED = ("depth", "expand")
"""Parameters of TMF630 that no operation offers."""

_HABITS = {
    "offset": ("page", "pagenumber", "pageno", "pagenum", "pageindex", "start", "startindex", "skip", "from"),
    "limit": ("size", "pagesize", "perpage", "count", "top", "max", "maxresults", "rows", "num", "take"),
    "sort": ("order", "orderby", "ordering", "sortby", "sortorder", "sorting"),
    "fields": ("field", "select", "include", "attributes", "properties", "columns"),
    "filter": ("q", "query", "where", "search", "jsonpath", "filters"),
}
"""The names that other APIs have for a parameter, by the name that it has here."""
_MEANT = {habit: ours for ours, habits in _HABITS.items() for habit in (ours, *habits)}
_PAGING = ("offset", "limit")


def parameter_meant_by(name: str) -> str | None:
    """The parameter that other APIs call `name`, in any letter case; None when it is no such name."""
    return _MEANT.get(re.sub("[^a-z]", "", name.lower()))


def suggestion(name: str) -> str | None:
    """The end of a message about a `name` that may be meant as a parameter of a list; None for any other name."""
    ours = parameter_meant_by(name)
    pages = "Pages are asked for by 'offset' (how many to skip) and 'limit' (how many at most)"
    if ours in _PAGING:
        return f"; did you mean '{ours}'? {pages}"
    return f"; did you mean '{ours}'?" if ours else None


def refuse_unknown(query: str, names: Collection[str]) -> None:
    """Refuse parameters in the raw `query` of an operation that takes only `names`.

    Raises `NotSupported` for parameters of TMF630 that no operation offers, `InvalidQuery` for any other.
    """
    for piece in filter(None, re.split("[&;]", query)):
        name = unquote_plus(piece.partition("=")[0])
        if name in names:
            continue
        if name in UNSUPPORTED:
            raise NotSupported(f"The query parameter '{name}' is not supported")
        takes = f"it takes {' and '.join(sorted(names))}" if names else "it takes none"
        raise InvalidQuery(f"'{shorten(name, 60)}' is no parameter of this operation{_nearest(name, names)}; {takes}")


def _nearest(name: str, names: Collection[str]) -> str:
    ours = parameter_meant_by(name)
    near = [ours] if ours in names else get_close_matches(name.lower(), names, n=1)
    return f", did you mean '{near[0]}'?" if near else ""
