# SPDX-License-Identifier: Apache-2.0
"""Lists of events by their payloads where these are sealed: narrowed by the database, opened, and matched in memory."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from app.domain.query.matching import matches
from app.domain.query.predicates import Every, Path, Predicate, arrays, comparisons, every
from app.domain.query.resolution import resolve
from app.errors import InvalidQuery
from app.events.topics.entries import Entries
from app.events.topics.event_filter import event_filter
from app.resources.lists.in_memory import page_within, sort_value
from app.resources.lists.ordering import order_of
from app.resources.lists.pages import ListPage, ListQuery
from app.storage.documents.filters import Filter
from app.storage.documents.filters import every as every_filter
from app.storage.event_log.event_queries import EventQueries

MOST_OPENED = 5000
"""Entries that are opened for one list at most, which takes about a second."""

STRIDE = 50
"""Entries after which other requests have a turn."""

Entry = Mapping[str, Any]
Permits = Callable[[Entry], bool]

_TOO_MANY = (
    "The event log has its payloads sealed, and a condition or sort on 'event.<resource>.<attribute>' opens "
    f"{MOST_OPENED} events at most; narrow the query, by 'event.<resource>.id', 'eventType' or 'eventTime', say"
)


def reads_payloads(entries: Entries, query: ListQuery) -> bool:
    """Whether a query, which has been checked, has a condition or a sort key that only payloads answer."""
    return any(map(entries.is_in_payload, [*_paths(query.where), *(key.path for key in query.sort)]))


async def opened_page(
    entries: Entries, own: Filter, queries: EventQueries, query: ListQuery, permits: Permits | None
) -> ListPage:
    """The page of those entries within `own` that match the query, and that `permits` holds for.

    Raises `InvalidQuery` when too many would have to be opened, and as `order_of` does.
    """
    order_of(entries, query.sort)
    outside, within = _divide(entries, query.where)
    predicate = resolve(within, entries.attributes, entries.version_text)
    values = [(sort_value(key, entries.attributes), key.descending) for key in query.sort]
    found: list[tuple[list[Any], Entry]] = []
    number = 0
    criteria = every_filter([each for each in (own, event_filter(entries, outside)) if each])
    async for entry in queries.open_first(criteria, MOST_OPENED + 1):
        number += 1
        if number > MOST_OPENED:
            raise InvalidQuery(_TOO_MANY)
        if number % STRIDE == 0:
            await asyncio.sleep(0)
        if permits is None or permits(entry):
            view = entries.search_view(entry)
            if matches(predicate, view):
                found.append(([value(view) for value, _ in values], entry))
    for place, (_, descending) in reversed(list(enumerate(values))):
        found.sort(key=lambda each, place=place: each[0][place], reverse=descending)  # type: ignore[misc]
    page = page_within([entry for _, entry in found], query)
    return ListPage([entries.to_view("", dict(entry)) for entry in page.items], page.total, page.more)


def _divide(entries: Entries, predicate: Predicate) -> tuple[Predicate, Predicate]:
    """What of a conjunction the database can answer, and what only payloads do."""
    parts = predicate.parts if isinstance(predicate, Every) else (predicate,)
    within = [part for part in parts if any(map(entries.is_in_payload, _paths(part)))]
    return every([part for part in parts if part not in within]), every(within)


def _paths(predicate: Predicate) -> list[Path]:
    return [*(path for path, _ in comparisons(predicate)), *arrays(predicate)]
