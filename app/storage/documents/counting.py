# SPDX-License-Identifier: Apache-2.0
"""How many documents a list has: counted, estimated, or not told, as the client prefers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pymongo.errors import ExecutionTimeout, OperationFailure

from app.errors import Unavailable
from app.storage.documents.cardinality_estimates import CardinalityEstimates
from app.storage.documents.filters import Filter
from app.storage.mongod.durable import Collection
from app.storage.mongod.failures import RETRY

CAP = 5_000
"""Documents up to which an estimate counts them all."""

SAMPLE = 400
"""Documents that are drawn to see how many of them match, where more than `CAP` do."""

DRAWN_TWICE = 28799
"""The code of the database's sporadic failure to draw a sample: its random cursor met the same document too often."""

DRAWS = 5
"""Samples that are drawn at most, where the database fails so."""

COUNTED = "counted"
"""What a count is called in the row of the database that tells it; no document has that name at its root."""

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
    shares: CardinalityEstimates = field(default_factory=CardinalityEstimates)

    async def total(self, criteria: Filter, counting: Counting) -> Total | None:
        """How many documents match; None when nobody wants to know. Raises `Unavailable` when it takes too long."""
        if counting is Counting.NONE:
            return None
        with _less_next_time(counting):
            if not criteria:
                return await self._all(counting)
            most: dict[str, Any] = {"limit": CAP} if counting is Counting.ESTIMATED else {}
            counted = await self.collection.count_documents(criteria, maxTimeMS=self.timeout, **most)
        return await self.total_from_count(criteria, counting, counted)

    def stages(self, criteria: Filter, counting: Counting) -> list[Filter]:
        """A pipeline with one row at most, which tells as `COUNTED` how many match; none where that is zero.

        For an estimate, `CAP` are counted at most.
        """
        most: list[Filter] = [{"$limit": CAP}] if counting is Counting.ESTIMATED else []
        return [{"$match": criteria}, *most, {"$count": COUNTED}]

    async def total_from_count(self, criteria: Filter, counting: Counting, counted: int) -> Total:
        """How many documents match, where `stages` have `counted` so many: an estimate once that is cut off at `CAP`.

        Raises `Unavailable` as `total` does.
        """
        if counting is Counting.EXACT or counted < CAP:
            return Total(counted)
        with _less_next_time(counting):
            size = await self._size()
            if LARGEST_SHARE * size <= SAMPLE:
                return Total(await self.collection.count_documents(criteria, maxTimeMS=self.timeout))
            return Total(max(CAP, round(await self._share(criteria) * size)), exact=False)

    async def _all(self, counting: Counting) -> Total:
        if counting is Counting.ESTIMATED:
            return Total(await self._size(), exact=False)
        # The database would read all documents, unless it is told that their ids will do.
        return Total(await self.collection.count_documents({}, hint="_id_", maxTimeMS=self.timeout))

    async def _size(self) -> int:
        return await self.collection.estimated_document_count(maxTimeMS=self.timeout)

    async def _share(self, criteria: Filter) -> float:
        """The share of the documents that match, as a random sample shows it, or showed it lately."""
        noted_share = self.shares.of(criteria)
        if noted_share is not None:
            return noted_share
        stages: list[Filter] = [{"$sample": {"size": SAMPLE}}, {"$match": criteria}, {"$count": COUNTED}]
        matching = await self._count_sample(stages)
        self.shares.keep(criteria, matching / SAMPLE)
        return matching / SAMPLE

    async def _count_sample(self, stages: list[Filter], draws: int = DRAWS) -> int:
        """How many documents of a random sample match. Raises `Unavailable` when none can be drawn."""
        try:
            drawn = await self.collection.aggregate(stages, maxTimeMS=self.timeout)
            return sum([row[COUNTED] async for row in drawn])
        except OperationFailure as failure:
            if failure.code != DRAWN_TWICE:
                raise
            if draws == 1:
                raise Unavailable("The list could not be estimated just now; try again", RETRY) from failure
        return await self._count_sample(stages, draws - 1)


def too_long(counting: Counting) -> Unavailable:
    """What a client is told whose list took too long to count; it may ask for less next time."""
    cheaper = Counting.ESTIMATED if counting is Counting.EXACT else Counting.NONE
    told = f"Counting the list took too long; narrow the query, or send 'Prefer: count={cheaper}'"
    return Unavailable(told, RETRY)


@contextmanager
def _less_next_time(counting: Counting) -> Iterator[None]:
    try:
        yield
    except ExecutionTimeout as failure:
        raise too_long(counting) from failure
