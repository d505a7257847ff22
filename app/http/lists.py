"""How a list is answered, whatever is in it: what the query asks for, one page of it, and where the others are."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from app.domain.cursor import read_cursor
from app.domain.filtering.query import Query, parse_query
from app.domain.json_text import dump
from app.domain.selection import Tree, parse_fields, selected
from app.domain.sorting import parse_sort
from app.http.exchange import Request, Response
from app.http.links import links
from app.http.paging import Paging, paging
from app.http.preferences import applied, counting_preferred
from app.lists.finding import Asked, Found
from app.storage.counting import Counting

Find = Callable[[Asked], Awaitable[Found]]
Needed = Callable[[Tree | None], Collection[str] | None]


def everything(_tree: Tree | None) -> None:
    """Says that all attributes are needed, whatever is selected."""


@dataclass(frozen=True)
class Lists:
    """How long a list is when the client does not say, and how long at most."""

    default_limit: int
    max_limit: int

    async def answer(self, request: Request, url: str, find: Find, needed: Needed = everything) -> Response:
        """The part of the list at `url` that the request asks for, as `find` finds it (TMF630 part 1).

        `needed` tells the stored attributes that it takes to show a selection.
        """
        query, preferred = parse_query(request.query), counting_preferred(request)
        part = paging(query.controls, self.default_limit, self.max_limit)
        tree = parse_fields(query.controls.get("fields"))
        found = await find(_asked(query, part, tree, needed(tree), preferred or Counting.EXACT))
        items = found.items if tree is None else [selected(item, tree) for item in found.items]
        told = links(url, request.query, part, found) | applied(preferred)
        return Response(part.status(found), dump(items), part.headers(found) | told)


def _asked(
    query: Query, part: Paging, tree: Tree | None, attributes: Collection[str] | None, counting: Counting
) -> Asked:
    return Asked(
        where=query.where,
        offset=part.offset,
        limit=part.limit,
        sort=parse_sort(query.controls.get("sort")),
        cursor=read_cursor(query.controls.get("cursor")),
        counting=counting,
        attributes=attributes,
        spelt=tree is None,
    )
