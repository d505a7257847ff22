# SPDX-License-Identifier: Apache-2.0
"""The header `Link` of a list, with the URLs of its other pages (RFC 8288; TMF630 part 1, paging)."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from app.domain.query.operators import Comparison
from app.domain.query.pieces import groups
from app.http.handlers.paging import Paging
from app.resources.lists.pages import ListPage

LONGEST = 2048
"""Characters of a `Link` header at most; if all links exceed it, only that to the next page is sent."""

LONGEST_CURSOR = 512
"""Characters of a cursor at most; with longer values of sort keys the next page is addressed by offset."""

PLACING = ("offset", "limit", "cursor")
"""Control words that select a page of a list."""

_LEGAL = "!$&'()*+,;=:@/?%[]~-._"
"""Characters that stay unencoded in the query of a link; a raw `>` would end the link."""

_Placed = Mapping[str, str]
_Pieces = Sequence[tuple[str, str]]


def links(url: str, query: str, paging: Paging, page: ListPage) -> dict[str, str]:
    """The header for a page of the collection `url`, requested by the raw `query`; empty without other pages.

    A complete list that was not requested in parts has no other pages. All other parameters of the query stay as they
    are, in their order.
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
    """(relation, parameters) of each other page: `first`, `prev`, `next` and `last`, where there is one."""
    offset, limit = paging.offset, paging.limit
    last = _last(page.total.number, paging) if page.total is not None and page.total.exact else None
    yield "self", _page_parameters(offset, limit)
    yield "first", _page_parameters(0, limit)
    if offset:
        before = offset - limit if page.items or last is None else last
        # Near the beginning the previous page is shorter, so that it does not overlap this one.
        yield "prev", _page_parameters(max(0, before), limit if before >= 0 else offset)
    if page.more:
        yield "next", _page_parameters(offset + len(page.items), limit) | _seeking(page)
    if last is not None:
        yield "last", _page_parameters(last, limit)


def _last(total: int, paging: Paging) -> int:
    """The offset of the last page, for a client that follows the links from this page's offset."""
    start = paging.offset % paging.limit
    return start + (total - 1 - start) // paging.limit * paging.limit if total > start else 0


def _page_parameters(offset: int, limit: int) -> dict[str, str]:
    return {"offset": str(offset), "limit": str(limit)}


def _seeking(page: ListPage) -> dict[str, str]:
    token = page.onward.token() if page.onward else ""
    return {"cursor": token} if 0 < len(token) <= LONGEST_CURSOR else {}


def _asking(query_groups: Sequence[_Pieces], placed: _Placed) -> str:
    """The query of a link: the requested one, with `placed` in the place of its paging parameters, or at the end."""
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
    return encoded_query(";".join("&".join(pieces) for pieces in kept if pieces))


def encoded_query(query: str) -> str:
    """The raw `query` of a request as it may stand in a URL of an answer."""
    return quote(query.encode("latin-1"), safe=_LEGAL)
