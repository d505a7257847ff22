# SPDX-License-Identifier: Apache-2.0
"""The total of a list: exact, estimated or none, as the client prefers (`Prefer: count=…`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import ExecutionTimeout, OperationFailure

from app.errors import Unavailable
from app.storage.documents.cardinality_estimates import CardinalityEstimates
from app.storage.documents.filters import Filter
from app.storage.mongod.durable import Collection
from app.storage.mongod.failures import RETRY

CAP = 5_000
"""Matching documents up to which an estimate is an exact count."""

SAMPLE = 400
"""Documents in the random sample by which more than `CAP` matches are estimated."""

DRAWN_TWICE = 28799
"""MongoDB's code for a sporadic failure of `$sample`: its random cursor met the same document too often."""

DRAWS = 5
"""Attempts to draw a sample at most, after such failures."""

COUNTED = "counted"
"""The member of the row, in the result of a pipeline, that has the count; rows of documents have no such member."""

LARGEST_SHARE = 0.02
"""The share of a collection beyond which a sample takes as long as counting all matches, which is done instead."""


class Counting(StrEnum):
    """How a list is counted."""

    EXACT = "exact"
    ESTIMATED = "estimated"
    NONE = "none"


@dataclass(frozen=True)
class Total:
    """The number of documents that match; an estimate unless `exact`."""

    number: int
    exact: bool = True


@dataclass(frozen=True)
class Counter:
    """Counts the documents of one collection; no query takes longer than `timeout`, in milliseconds."""

    collection: Collection
    timeout: int
    shares: CardinalityEstimates = field(default_factory=CardinalityEstimates)

    async def total(self, criteria: Filter, counting: Counting) -> Total | None:
        """The number of documents that match; None for `Counting.NONE`. Raises `Unavailable` when it takes too long."""
        if counting is Counting.NONE:
            return None
        with _less_next_time(counting):
            if not criteria:
                return await self._all(counting)
            most: dict[str, Any] = {"limit": CAP} if counting is Counting.ESTIMATED else {}
            counted = await self.collection.count_documents(criteria, maxTimeMS=self.timeout, **most)
        return await self.total_from_count(criteria, counting, counted)

    async def count(self, criteria: Filter, session: AsyncClientSession) -> int:
        """The exact number of documents that match, in a session. Raises `Unavailable` when it takes too long."""
        with _less_next_time(Counting.EXACT):
            return await self.collection.count_documents(criteria, maxTimeMS=self.timeout, session=session)

    def stages(self, criteria: Filter, counting: Counting) -> list[Filter]:
        """Stages of a pipeline that give one row, with the number of matches as `COUNTED`, or none for zero.

        For an estimate the count stops at `CAP`.
        """
        most: list[Filter] = [{"$limit": CAP}] if counting is Counting.ESTIMATED else []
        return [{"$match": criteria}, *most, {"$count": COUNTED}]

    async def total_from_count(self, criteria: Filter, counting: Counting, counted: int) -> Total:
        """The total where `stages` have `counted` so many matches: an estimate once that count has stopped at `CAP`.

        Raises `Unavailable` as `total` does.
        """
        if counting is Counting.EXACT or counted < CAP:
            return Total(counted)
        with _less_next_time(counting):
            size = await self._size()
            if LARGEST_SHARE * size <= SAMPLE:
                return Total(await self.collection.count_documents(criteria, maxTimeMS=self.timeout))
            return await self._estimate(criteria, size)

    async def cached_estimate(self, criteria: Filter) -> Total | None:
        """The estimate by a sample that was drawn a short while ago; None without one. Nothing is counted for it."""
        if not criteria or self.shares.of(criteria) is None:
            return None
        with _less_next_time(Counting.ESTIMATED):
            return await self._estimate(criteria, await self._size())

    async def _estimate(self, criteria: Filter, size: int) -> Total:
        return Total(max(CAP, round(await self._share(criteria) * size)), exact=False)

    async def _all(self, counting: Counting) -> Total:
        if counting is Counting.ESTIMATED:
            return Total(await self._size(), exact=False)
        # Without the hint MongoDB reads all documents, and not only the index on the ids.
        return Total(await self.collection.count_documents({}, hint="_id_", maxTimeMS=self.timeout))

    async def _size(self) -> int:
        return await self.collection.estimated_document_count(maxTimeMS=self.timeout)

    async def _share(self, criteria: Filter) -> float:
        """The share of the documents that match, of a random sample; cached for a while."""
        noted_share = self.shares.of(criteria)
        if noted_share is not None:
            return noted_share
        stages: list[Filter] = [{"$sample": {"size": SAMPLE}}, {"$match": criteria}, {"$count": COUNTED}]
        matching = await self._count_sample(stages)
        self.shares.keep(criteria, matching / SAMPLE)
        return matching / SAMPLE

    async def _count_sample(self, stages: list[Filter], draws: int = DRAWS) -> int:
        """The number of documents of a random sample that match. Raises `Unavailable` when none can be drawn."""
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
    """The error (503) for a list that took too long to count; its message names cheaper preferences."""
    cheaper = Counting.ESTIMATED if counting is Counting.EXACT else Counting.NONE
    told = f"Counting the list took too long; narrow the query, or send 'Prefer: count={cheaper}'"
    return Unavailable(told, RETRY)


@contextmanager
def _less_next_time(counting: Counting) -> Iterator[None]:
    try:
        yield
    except ExecutionTimeout as failure:
        raise too_long(counting) from failure
