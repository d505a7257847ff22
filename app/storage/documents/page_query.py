# SPDX-License-Identifier: Apache-2.0
"""Pages: reads a part of a list and its total, in as few round trips as possible."""

import asyncio
from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import ExecutionTimeout, OperationFailure

from app.domain.query.cursor import Position
from app.errors import InvalidQuery
from app.storage.documents.batches import Row, read_until, size_of
from app.storage.documents.counting import COUNTED, Counter, Counting, Total, too_long
from app.storage.documents.filters import Filter, every
from app.storage.documents.kept_totals import KeptTotals
from app.storage.documents.order import BY_ID, COMPUTED, Order
from app.storage.documents.rows import UNDECODED, decode_document, document_paths, projection
from app.storage.mongod.durable import Collection

_BAD_VALUE = 2
_NO_SNAPSHOT = (239, 246)
"""MongoDB's codes for a snapshot that is too old, or is not there."""
_COUNT = COUNTED.encode() + b"\0"
"""The beginning of the BSON of a count's row, behind its length and the type of its first member."""


@dataclass(frozen=True)
class PageQuery:
    """A page of a list in some `order`: at most `limit` documents from `offset` on.

    `behind` is the position before the page, if known, so that no document has to be skipped. `attributes` are the
    first-level attributes that are read of each document, None for all. The page ends early at `most_bytes`.
    """

    offset: int
    limit: int
    order: Order = BY_ID
    behind: Position | None = None
    attributes: Names[str] | None = None
    most_bytes: int | None = None

    def options(self, criteria: Filter) -> dict[str, Any]:
        """The arguments of the driver's `find`: with one document more than the page, to see whether it is the last.

        The batch is larger by one again, so that the database closes its cursor at once. For stored orders only.
        """
        return {
            "filter": every([each for each in (criteria, self.behind and self.order.behind(self.behind)) if each]),
            "projection": self.projection(),
            "sort": self.order.sort,
            "skip": 0 if self.behind else self.offset,
            "limit": self.limit + 1,
            "batch_size": self.limit + 2,
        }

    def stages(self, criteria: Filter) -> list[Filter]:
        """The query as stages of a pipeline, which drop again what the order is computed from."""
        options, computing = self.options(criteria), self.order.computing()
        return [
            {"$match": options["filter"]},
            *computing,
            {"$sort": dict(options["sort"])},
            {"$skip": options["skip"]},
            {"$limit": options["limit"]},
            *([{"$unset": COMPUTED}] if computing else []),
            {"$project": options["projection"]},
        ]

    def projection(self) -> Mapping[str, int]:
        """The projection of each row."""
        if self.attributes is None:
            return projection(None)
        return dict.fromkeys(("_id", *document_paths({*self.attributes, *self.order.attributes})), 1)

    def place(self, row: Row) -> Position | None:
        """The position of a row in the order; None when its values do not determine it."""
        return self.order.position(row["_id"], decode_document(row.get("document", {})))

    def may_be_before(self, rows: list[Row]) -> bool:
        """Whether `rows` behind the position may be before it in fact: the first of them has an array at a key."""
        return self.behind is not None and bool(rows) and self.place(rows[0]) is None

    def is_filled_by(self, rows: list[Row]) -> bool:
        """Whether these rows, fewer than the page may have, reach `most_bytes`."""
        return self.most_bytes is not None and len(rows) <= self.limit and size_of(rows) >= self.most_bytes

    def total(self, rows: list[Row]) -> Total | None:
        """The total of the list, if `rows` reach its end; None otherwise, and behind a position."""
        ends = len(rows) <= self.limit and (rows or not self.offset)
        return Total(self.offset + len(rows)) if ends and self.behind is None else None


@dataclass(frozen=True)
class RowPage:
    """The rows of a page, the total of the list (None when unknown), and whether more rows follow."""

    rows: list[Row]
    total: Total | None
    more: bool


class PageReader:
    """Reads pages of one collection; no query takes longer than `timeout`, in milliseconds.

    Rows are raw BSON, decoded when they are read; date-times in them are UTC, without a zone.
    """

    def __init__(self, collection: Collection, timeout: int, kept: KeptTotals | None = None) -> None:
        """Large exact totals of what is `kept` are not counted again while nothing changed."""
        self._kept = kept
        self._collection: Any = collection.with_options(codec_options=UNDECODED)
        self._counter = Counter(collection, timeout)
        self._timeout = timeout

    async def read(self, criteria: Filter, part: PageQuery, counting: Counting) -> RowPage:
        """The page of the documents that match `criteria`. Raises `Unavailable` when counting takes too long."""
        total = await self._counter.total(criteria, counting) if part.limit == 0 else None
        if total is not None:
            return RowPage([], total, more=total.number > part.offset)
        rows, total = await self._rows_and_total(criteria, part, counting)
        if part.is_filled_by(rows):
            part = replace(part, limit=min(part.limit, max(1, len(rows) - 1)))  # The row beyond the page
        seen = part.offset + len(rows) if rows else 0
        return RowPage(rows[: part.limit], _at_least(seen, total), more=len(rows) > part.limit)

    async def _rows_and_total(
        self, criteria: Filter, part: PageQuery, counting: Counting
    ) -> tuple[list[Row], Total | None]:
        """Rows and total in one round trip; of an unfiltered list in two, as its count is a query of its own."""
        if counting is Counting.NONE:
            return await self._rows(criteria, part), None
        if not criteria:
            return await asyncio.gather(self._rows(criteria, part), self._counter.total(criteria, counting))
        if counting is Counting.ESTIMATED and (noted := await self._counter.cached_estimate(criteria)):
            rows = await self._rows(criteria, part)
            return rows, part.total(rows) or noted
        if counting is Counting.EXACT and self._kept and self._kept.is_large(criteria):
            with _unless_no_snapshot():
                return await self._rows_and_kept_total(criteria, part, self._kept)
        rows, counted = await self._rows_and_count(criteria, part, counting)
        if counted is None:
            return rows, await self._counter.total(criteria, counting)
        if counting is Counting.EXACT and self._kept:
            self._kept.note(criteria, counted)
        return rows, part.total(rows) or await self._counter.total_from_count(criteria, counting, counted)

    async def _rows_and_kept_total(
        self, criteria: Filter, part: PageQuery, kept: KeptTotals
    ) -> tuple[list[Row], Total]:
        """Rows and total of one snapshot."""
        async with kept.snapshot() as session:
            rows = await self._rows(criteria, part, session)
            number = await kept.total(criteria, session, partial(self._counter.count, criteria, session))
        return rows, Total(number)

    async def _rows(self, criteria: Filter, part: PageQuery, session: AsyncClientSession | None = None) -> list[Row]:
        with _as_sort_errors():
            if part.order.computed:
                cursor = await self._aggregate(part.stages(criteria), part.limit + 2, session)
            else:
                cursor = self._collection.find(**part.options(criteria), max_time_ms=self._timeout, session=session)
            rows = await read_until(cursor, part.most_bytes)
        if part.may_be_before(rows):
            return await self._rows(criteria, replace(part, behind=None), session)
        return rows

    async def _rows_and_count(
        self, criteria: Filter, part: PageQuery, counting: Counting
    ) -> tuple[list[Row], int | None]:
        """The rows, and the count of `Counter.stages`; None if the pipeline ended before it."""
        count = {"coll": self._collection.name, "pipeline": self._counter.stages(criteria, counting)}
        stages = [*part.stages(criteria), {"$unionWith": count}]
        try:
            with _as_sort_errors():
                cursor = await self._aggregate(stages, part.limit + 3)
                results = await read_until(cursor, part.most_bytes)
        except ExecutionTimeout as failure:
            # Raises if the rows alone take too long, too.
            await self._rows(criteria, part)
            raise too_long(counting) from failure
        # The count is the last row; there is none where it is zero, or where reading stopped before it.
        last = results.pop() if results and _is_count(results[-1]) else None
        rows: list[Row] = results
        counted = last[COUNTED] if last is not None else (None if part.is_filled_by(rows) else 0)
        if part.may_be_before(rows):
            rows = await self._rows(criteria, replace(part, behind=None))
        return rows, counted

    async def _aggregate(self, stages: list[Filter], batch: int, session: AsyncClientSession | None = None) -> Any:
        return await self._collection.aggregate(stages, maxTimeMS=self._timeout, batchSize=batch, session=session)


def _is_count(row: Row) -> bool:
    """Whether a row is that of a count; by its bytes, as to look up a missing member takes long."""
    return row.raw[5 : 5 + len(_COUNT)] == _COUNT


@contextmanager
def _as_sort_errors() -> Iterator[None]:
    """Turn the database's failure to sort into an error that says what the client can do."""
    try:
        yield
    except OperationFailure as failure:
        if failure.code == _BAD_VALUE and "parallel arrays" in str(failure):
            message = "A resource has arrays at two attributes that 'sort' names; sort by one of them at a time"
            raise InvalidQuery(message) from failure
        raise


@contextmanager
def _unless_no_snapshot() -> Iterator[None]:
    """Go on behind the block where there is no snapshot: the collection, or its indexes, were changed just now."""
    try:
        yield
    except OperationFailure as failure:
        if failure.code not in _NO_SNAPSHOT:
            raise


def _at_least(seen: int, total: Total | None) -> Total | None:
    """The total, raised to the number of documents `seen` where an estimate is below it."""
    return total if total is None or total.exact else replace(total, number=max(total.number, seen))
