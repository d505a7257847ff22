"""How many documents a list has: counted, estimated, or not told, as the client prefers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pymongo.errors import ExecutionTimeout

from app.errors import Unavailable
from app.storage.durable import Collection
from app.storage.failures import RETRY
from app.storage.filters import Filter

CAP = 5_000
"""Documents up to which an estimate counts them all."""

SAMPLE = 400
"""Documents that are drawn to see how many of them match, where more than `CAP` do."""

LARGEST_SHARE = 0.02
"""Where a sample is a larger share of a collection, to count all that match takes no longer than to draw it."""


class Counting(StrEnum):
    """How much work the total of a list is worth."""

    EXACT = "exact"
    ESTIMATED = "estimated"
    NONE = "none"


@dataclass(frozen=True)
class Total:
    """How many documents match; when not `exact`, about so many."""

    number: int
    exact: bool = True


@dataclass(frozen=True)
class Counter:
    """Counts the documents of one collection; no query takes longer than `timeout`, in milliseconds."""

    collection: Collection
    timeout: int

    async def total(self, criteria: Filter, counting: Counting) -> Total | None:
        """How many documents match; None when nobody wants to know. Raises `Unavailable` when it takes too long."""
        if counting is Counting.NONE:
            return None
        with _less_next_time(Counting.ESTIMATED if counting is Counting.EXACT else Counting.NONE):
            return await (self._exact(criteria) if counting is Counting.EXACT else self._estimated(criteria))

    async def _exact(self, criteria: Filter) -> Total:
        # To count all documents the database would read them all, unless it is told that their ids will do.
        options: dict[str, Any] = {} if criteria else {"hint": "_id_"}
        return Total(await self.collection.count_documents(criteria, maxTimeMS=self.timeout, **options))

    async def _estimated(self, criteria: Filter) -> Total:
        if not criteria:
            return Total(await self._size(), exact=False)
        counted = await self.collection.count_documents(criteria, limit=CAP, maxTimeMS=self.timeout)
        if counted < CAP:
            return Total(counted)
        size = await self._size()
        if LARGEST_SHARE * size <= SAMPLE:
            return await self._exact(criteria)
        return Total(max(CAP, round(await self._share(criteria) * size)), exact=False)

    async def _size(self) -> int:
        return await self.collection.estimated_document_count(maxTimeMS=self.timeout)

    async def _share(self, criteria: Filter) -> float:
        """The share of the documents that match, as a random sample shows it."""
        stages: list[Filter] = [{"$sample": {"size": SAMPLE}}, {"$match": criteria}, {"$count": "matching"}]
        drawn = await self.collection.aggregate(stages, maxTimeMS=self.timeout)
        matching: int = sum([row["matching"] async for row in drawn])
        return matching / SAMPLE


@contextmanager
def _less_next_time(cheaper: Counting) -> Iterator[None]:
    try:
        yield
    except ExecutionTimeout as failure:
        told = f"Counting the list took too long; narrow the query, or send 'Prefer: count={cheaper}'"
        raise Unavailable(told, RETRY) from failure
