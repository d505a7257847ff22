# SPDX-License-Identifier: Apache-2.0
"""Lists filtered, sorted and paged in memory, as they are short: topics and their listeners, and roles."""

from collections.abc import Callable, Sequence
from typing import Any

from app.domain import dates
from app.domain.query.attributes import Attribute
from app.domain.query.matching import matches
from app.domain.query.paths import compared_values
from app.domain.query.sorting import SortKey
from app.errors import InvalidQuery, shorten
from app.resources.lists.pages import ListPage, ListQuery
from app.resources.lists.plain import Plain
from app.storage.documents.counting import Counting, Total

Item = dict[str, Any]


def filtered_page(items: Sequence[Item], attributes: Attribute, query: ListQuery) -> ListPage:
    """The page of a list of `items`, which have these `attributes`, that `query` asks for (TMF630 part 1).

    Raises `InvalidQuery` and `NotSupported` as for any other list.
    """
    where = Plain(attributes).resolve(query.where)
    matching = [item for item in items if matches(where, dates.with_text_dates(item))]
    for key in reversed(query.sort):
        matching.sort(key=sort_value(key, attributes), reverse=key.descending)
    return page_within(matching, query)


def page_within(items: Sequence[Any], query: ListQuery) -> ListPage:
    """The page that `query` asks for of `items` that match it, in its order."""
    end = query.offset + query.limit
    total = None if query.counting is Counting.NONE else Total(len(items))
    return ListPage(list(items[query.offset : end]), total, more=len(items) > end)


def sort_value(key: SortKey, attributes: Attribute) -> Callable[[Item], tuple[bool, Any]]:
    """The function from an item to what it is sorted by. Raises `InvalidQuery` for an object."""
    declared = attributes.along(key.path)[-1]
    if declared.kind == "object":
        members = ", ".join(declared.members)
        raise InvalidQuery(f"'{shorten(key.name, 60)}' is an object; sort by an attribute within it: {members}")
    # As MongoDB orders: of several values the one that comes first in the direction of the order.
    first = max if key.descending else min

    def value(item: Item) -> tuple[bool, Any]:
        values = list(compared_values(item, key.path))
        return (True, first(values)) if values else (False, "")

    return value
