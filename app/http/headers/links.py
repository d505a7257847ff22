# SPDX-License-Identifier: Apache-2.0
"""The `Link` header of a list: where its other pages are (RFC 8288; TMF630 part 1, paging)."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from app.domain.query.operators import Comparison
from app.domain.query.pieces import groups
from app.http.handlers.paging import Paging
from app.resources.lists.pages import ListPage

LONGEST = 2048
"""Characters of a `Link` header at most; where all links are more, it has the one to the next page alone."""

LONGEST_CURSOR = 512
"""Characters of a cursor at most: where the values of the sort keys are longer, the next page is found by offset."""

PLACING = ("offset", "limit", "cursor")
"""Control words that say which page of a list is asked for."""

_LEGAL = "!$&'()*+,;=:@/?%[]~-._"
"""What stands in a query string as it is sent; a `>` that a client did not encode would end the link."""

_Placed = Mapping[str, str]
_Pieces = Sequence[tuple[str, str]]


def links(url: str, query: str, paging: Paging, page: ListPage) -> dict[str, str]:
    """The header for a page of the collection `url`, as the raw `query` asked for it; nothing where it says nothing.

    A list that came whole, and was not asked for in parts, has no other pages. All other parameters of the query stay
    what and where they are.
    """
    if paging.limit == 0 or not (paging.requested or page.more):
        return {}
    pieces = [[(Comparison.read(piece).name, piece) for piece in group] for group in groups(query)]
    by_relation = {
        relation: f'<{url}?{_asking(pieces, placed)}>; rel="{relation}"' for relation, placed in _pages(paging, page)
    }
    fitting = [
        header
        for header in (", ".join(by_relation.values()), by_relation.get("next", ""))
        if 0 < len(header) <= LONGEST
    ]
    return {"Link": fitting[0]} if fitting else {}


def _pages(paging: Paging, page: ListPage) -> Iterator[tuple[str, _Placed]]:
    """The pages that there are, by their relation to this one, each with what to ask for."""
    offset, limit = paging.offset, paging.limit
    last = _last(page.total.number, paging) if page.total is not None and page.total.exact else None
    yield "self", _page_parameters(offset, limit)
    yield "first", _page_parameters(0, limit)
    if offset:
        before = offset - limit if page.items or last is None else last
        # Near the begin there may be fewer than a page has: none of this one comes again.
        yield "prev", _page_parameters(max(0, before), limit if before >= 0 else offset)
    if page.more:
        yield "next", _page_parameters(offset + len(page.items), limit) | _seeking(page)
    if last is not None:
        yield "last", _page_parameters(last, limit)


def _last(total: int, paging: Paging) -> int:
    """Where the last page begins, when whoever follows the links goes on from this page's offset."""
    start = paging.offset % paging.limit
    return start + (total - 1 - start) // paging.limit * paging.limit if total > start else 0


def _page_parameters(offset: int, limit: int) -> dict[str, str]:
    return {"offset": str(offset), "limit": str(limit)}


def _seeking(page: ListPage) -> dict[str, str]:
    token = page.onward.token() if page.onward else ""
    return {"cursor": token} if 0 < len(token) <= LONGEST_CURSOR else {}


def _asking(query_groups: Sequence[_Pieces], placed: _Placed) -> str:
    """The query of a link: what says which page it is becomes `placed`, where that stands or else at the end."""
    missing = dict(placed)
    kept: list[list[str]] = []
    for pieces in query_groups:
        kept.append([])
        for name, piece in pieces:
            if name not in PLACING:
                kept[-1].append(piece)
            elif name in missing:
                kept[-1].append(f"{name}={missing.pop(name)}")
    kept[-1].extend(f"{name}={value}" for name, value in missing.items())
    query = ";".join("&".join(pieces) for pieces in kept if pieces)
    return quote(query.encode("latin-1"), safe=_LEGAL)
