# SPDX-License-Identifier: Apache-2.0
"""Lists of any items over HTTP: parses the query, answers a page, and links to the others (TMF630 part 1)."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Any

from app.domain.json_text import dump
from app.domain.query.cursor import read_cursor
from app.domain.query.operators import Comparison
from app.domain.query.parameters import suggestion
from app.domain.query.pieces import groups
from app.domain.query.query import Query, parse_query
from app.domain.query.selection import ALWAYS, Selection, parse_fields, select
from app.domain.query.selection_paths import Work
from app.domain.query.sorting import parse_sort
from app.errors import InvalidQuery, UnknownAttribute, shorten
from app.http.handlers.paging import Paging, paging
from app.http.handlers.turns import Turns
from app.http.headers.links import links
from app.http.headers.preferences import counting_preferred, preference_applied, prefers_ok
from app.http.messages import Request, Response
from app.resources.lists.pages import ListPage, ListQuery
from app.storage.documents.counting import Counting

Find = Callable[[ListQuery], Awaitable[ListPage]]
Needed = Callable[[Selection | None], Collection[str] | None]

KEPT = 2
"""Stored bytes that are read for each byte of the longest list: small documents are larger in BSON than in JSON."""


def everything(_selection: Selection | None) -> None:
    """The `needed` of lists that read all stored attributes, whatever is selected."""


@dataclass(frozen=True)
class Lists:
    """The bounds of lists: items by default and at most, and bytes at most.

    `partial_status` is the status of an answer that has a part of a list.
    """

    default_limit: int
    max_limit: int
    max_bytes: int
    partial_status: int = 206
    _turns: Turns = field(default_factory=Turns, init=False)

    async def answer(
        self, request: Request, url: str, find: Find, needed: Needed = everything, always: frozenset[str] = ALWAYS
    ) -> Response:
        """The response with the requested page of the list at `url`, which `find` reads (TMF630 part 1).

        `needed` gives the stored attributes that a selection is made of; the attributes `always` are always selected.
        """
        query, preferred = parse_query(request.query), counting_preferred(request)
        part = paging(query.controls, self.default_limit, self.max_limit)
        selection = parse_fields(query.controls.get("fields"), always)
        list_query = _list_query(
            query, part, selection, needed(selection), preferred or Counting.EXACT, KEPT * self.max_bytes
        )
        try:
            async with self._turns.of(list_query.limit):
                request.require_client()
                page, body = await self._fitting(find, list_query, selection)
        except UnknownAttribute as unknown:
            raise _as_parameter_error(unknown, request.query) from None
        ok = prefers_ok(request)
        headers = links(url, request.query, part, page) | preference_applied(preferred, ok)
        return Response(part.status(page, 200 if ok else self.partial_status), body, part.headers(page) | headers)

    async def _fitting(self, find: Find, query: ListQuery, selection: Selection | None) -> tuple[ListPage, bytes]:
        """The page and its JSON: as many of the requested items as fit, but at least one.

        The page is read again when fewer fit, as only `find` can tell the position behind the last one.
        """
        page = await find(query)
        work = Work()
        items = page.items if selection is None else [select(item, selection, work) for item in page.items]
        body = dump(items)
        self._turns.note(len(items), len(body))
        if len(body) <= self.max_bytes or len(items) < 2:
            return page, body
        fitting = max(1, _fitting(items, self.max_bytes))
        return await self._fitting(find, replace(query, limit=min(fitting, query.limit - 1)), selection)


def _fitting(items: Sequence[Any], most: int) -> int:
    """How many of the items fit into a list of `most` bytes."""
    sizes = accumulate(len(dump(item)) + 1 for item in items)
    return sum(1 for size in sizes if size < most)


def _as_parameter_error(unknown: UnknownAttribute, query: str) -> InvalidQuery:
    """The error for a `query` with an unknown attribute, which names the parameter that may be meant."""
    near = suggestion(unknown.path)
    pieces = (piece for group in groups(query) for piece in group)
    if near is None or all(Comparison.read(piece).name != unknown.path for piece in pieces):
        return unknown
    return InvalidQuery(f"'{shorten(unknown.path, 60)}' is no parameter of lists and no attribute{near}")


def _list_query(
    query: Query,
    part: Paging,
    selection: Selection | None,
    attributes: Collection[str] | None,
    counting: Counting,
    most_bytes: int,
) -> ListQuery:
    return ListQuery(
        where=query.where,
        offset=part.offset,
        limit=part.limit,
        sort=parse_sort(query.controls.get("sort")),
        cursor=read_cursor(query.controls.get("cursor")),
        counting=counting,
        attributes=attributes,
        spelt=selection is None,
        most_bytes=most_bytes,
    )
