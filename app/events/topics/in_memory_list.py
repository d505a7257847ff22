# SPDX-License-Identifier: Apache-2.0
"""Lists filtered, sorted and paged in memory, as they are short: topics, and the listeners of a topic."""

from collections.abc import Sequence
from typing import Any

from app.domain import dates
from app.domain.query.attributes import Attribute
from app.domain.query.matching import matches
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
        matching.sort(key=_order(key, attributes), reverse=key.descending)
    end = query.offset + query.limit
    total = None if query.counting is Counting.NONE else Total(len(matching))
    return ListPage(matching[query.offset : end], total, more=len(matching) > end)


def _order(key: SortKey, attributes: Attribute) -> Any:
    (name, *within), declared = key.path, attributes.along(key.path)[-1]
    if within or declared.array or declared.kind == "object":
        raise InvalidQuery(f"'{shorten(key.name, 60)}' has no order; sort by one of {', '.join(attributes.members)}")

    def value(item: Item) -> tuple[bool, Any]:
        return name in item, item.get(name, "")

    return value
