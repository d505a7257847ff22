# SPDX-License-Identifier: Apache-2.0
"""Pages of a list: filter, order, total, and the cursor of the next page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.query.cursor import Cursor, Position, digest
from app.domain.query.predicates import Predicate, comparisons
from app.domain.query.sorting import SortKey
from app.resources.lists.filtering import filter_of
from app.resources.lists.list_source import ListSource, Rows
from app.resources.lists.ordering import order_of
from app.resources.lists.renderings import Renderings
from app.resources.resource import Resource
from app.storage.documents.counting import Counting, Total
from app.storage.documents.filters import Filter, every
from app.storage.documents.order import Order
from app.storage.documents.repository import Page, Repository


@dataclass(frozen=True)
class ListQuery:
    """The query of a page: of the resources on which `where` holds, at most `limit` from `offset` on.

    A `cursor` is used if it is for this offset in this list. Of each document the stored first-level `attributes` are
    read; None for all. With `spelt` the views may be encoded JSON. The page may end before `limit` when its stored
    documents reach `most_bytes`, if given.
    """

    where: Predicate
    offset: int
    limit: int
    sort: Sequence[SortKey] = ()
    cursor: Cursor | None = None
    counting: Counting = Counting.EXACT
    attributes: Collection[str] | None = None
    spelt: bool = False
    most_bytes: int | None = None


@dataclass(frozen=True)
class ListPage:
    """A page of views, encoded JSON if `spelt`, and the total of the list (None: not counted).

    `more` is whether others follow; `onward` is the cursor of the next page, if there can be one.
    """

    items: list[Any]
    total: Total | None
    more: bool
    onward: Cursor | None = None


async def find_page(
    resource: Resource,
    documents: Repository,
    query: ListQuery,
    renderings: Renderings | None,
    scope: Filter | None = None,
) -> ListPage:
    """The part of a list of `resource` that is asked for, of those in `scope`; all that there are, if that is None.

    Raises `InvalidQuery` for what is not declared.
    """
    stated = any(resource.state(path) for path, _ in comparisons(query.where)) and await documents.is_stated()
    criteria = filter_of(resource, query.where, stated=stated)
    if scope:
        criteria = every([each for each in (scope, criteria) if each])
    return await page_of(resource, criteria, documents, query, renderings)


async def page_of(
    listed: ListSource, criteria: Filter, rows: Rows, query: ListQuery, renderings: Renderings | None = None
) -> ListPage:
    """The page of the list of the `rows` that match `criteria`, the filter of `query`.

    Views are encoded as JSON only by `renderings`.
    """
    order, list_digest = order_of(listed, query.sort), digest(listed.url, query.where, query.sort)
    page = await rows.find(
        criteria,
        query.offset,
        query.limit,
        order=order,
        behind=_place(query, order, list_digest),
        attributes=query.attributes,
        counting=query.counting,
        most_bytes=query.most_bytes,
    )
    if renderings and query.spelt:
        items: list[Any] = [renderings.of(listed, item) for item in page.items]
    else:
        items = [listed.to_view(item.id, item.document) for item in page.items]
    return ListPage(items, page.total, page.more, _onward(page, order, query.offset, list_digest))


def _place(query: ListQuery, order: Order, list_digest: str) -> Position | None:
    """The position behind which the page begins, if the cursor has it."""
    cursor = query.cursor if order.seekable else None
    return cursor.position if cursor and cursor.fits(query.offset, list_digest, len(order.keys)) else None


def _onward(page: Page, order: Order, offset: int, list_digest: str) -> Cursor | None:
    """The cursor of the next page, if there is one and the values of the last document determine its position."""
    if not (page.more and page.items):
        return None
    last = order.position(page.items[-1].id, page.items[-1].document if order.keys else {})
    return Cursor(offset + len(page.items), last, list_digest) if last else None
