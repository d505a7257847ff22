# SPDX-License-Identifier: Apache-2.0
"""Exports: the resources on which a condition holds, in the order of their ids, page by page into a sink."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from app.domain.query.predicates import Predicate
from app.domain.query.query import parse_query
from app.errors import InvalidQuery
from app.resources.engine import Engine
from app.resources.lists.pages import ListQuery
from app.storage.documents.counting import Counting
from app.transfer.sinks import Sink

FIRST_PAGE = 100
LONGEST_PAGE = 1000
PAGE_BYTES = 4 * 1024 * 1024
"""Bounds of a page, resources and about how many bytes: so much an export has in memory."""


class Export:
    """The export of the resources of `engine` on which `where` holds."""

    def __init__(self, engine: Engine, where: Predicate, sink: Sink) -> None:
        self._engine = engine
        self._where = where
        self._sink = sink

    async def length(self) -> int | None:
        """The estimated number of these resources; None when it is unknown."""
        counted = await self._engine.find(ListQuery(self._where, offset=0, limit=0, counting=Counting.ESTIMATED))
        return counted.total.number if counted.total else None

    async def run(self, stop: asyncio.Event, report: Callable[[int], None]) -> bool:
        """Write all resources, and `report` the number after each page; false when `stop` was set before the end."""
        query = ListQuery(self._where, offset=0, limit=FIRST_PAGE, counting=Counting.NONE)
        while not stop.is_set():
            page = await self._engine.find(query)
            size = self._sink.write(page.items)
            report(len(page.items))
            if page.onward is None:
                return True
            limit = max(1, min(LONGEST_PAGE, query.limit * PAGE_BYTES // max(size, 1)))
            query = replace(query, offset=page.onward.offset, cursor=page.onward, limit=limit)
        return False


def condition(text: str) -> Predicate:
    """Parse a condition in the syntax of the query of a list. Raises `InvalidQuery`, also for control words."""
    query = parse_query(text)
    if query.controls:
        names = ", ".join(query.controls)
        raise InvalidQuery(f"An export takes conditions on attributes and 'filter', but not {names}")
    return query.where
