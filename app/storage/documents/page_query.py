# SPDX-License-Identifier: Apache-2.0
"""Reads a part of a list: which rows the driver is asked for, and how many there are in all."""

import asyncio
from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pymongo.errors import ExecutionTimeout, OperationFailure

from app.domain.query.cursor import Position
from app.errors import InvalidQuery
from app.storage.documents.batches import Row, read_until, size_of
from app.storage.documents.counting import COUNTED, Counter, Counting, Total, too_long
from app.storage.documents.filters import Filter, every
from app.storage.documents.order import BY_ID, COMPUTED, Order
from app.storage.documents.rows import UNDECODED, decode_document, document_paths, projection
from app.storage.mongod.durable import Collection

_BAD_VALUE = 2
_COUNT = COUNTED.encode() + b"\0"
"""How the row of a count begins, behind its length and the type of its first member."""


@dataclass(frozen=True)
class PageQuery:
    """Of a list in some `order`: what comes from `offset` on, `limit` documents at most.

    With `behind`, that is the place in front of the part, so that nothing has to be skipped. `attributes` are the
    first-level ones that are read of each document, None for all. With `most_bytes` no more rows are read when so many
    bytes of them were, which ends the part.
    """

    offset: int
    limit: int
    order: Order = BY_ID
    behind: Position | None = None
    attributes: Names[str] | None = None
    most_bytes: int | None = None

    def options(self, criteria: Filter) -> dict[str, Any]:
        """What the driver's `find` is asked for: one document more than the part has, to see whether it ends the list.

        So the batch is one larger again: the database closes its cursor at once. A computed order takes `stages`.
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
        """The same as stages of a pipeline; what the order is computed from goes no further."""
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
        """What is read of each row."""
        if self.attributes is None:
            return projection(None)
        return dict.fromkeys(("_id", *document_paths({*self.attributes, *self.order.attributes})), 1)

    def place(self, row: Row) -> Position | None:
        """The place of a row in the order; None when its values do not tell it."""
        return self.order.position(row["_id"], decode_document(row.get("document", {})))

    def may_be_before(self, rows: list[Row]) -> bool:
        """Whether what was found behind the place may stand before it: the first of `rows` has an array at a key."""
        return self.behind is not None and bool(rows) and self.place(rows[0]) is None

    def is_filled_by(self, rows: list[Row]) -> bool:
        """Whether these, which are not all that the part may have, have as many bytes as are read."""
        return self.most_bytes is not None and len(rows) <= self.limit and size_of(rows) >= self.most_bytes

    def total(self, rows: list[Row]) -> Total | None:
        """The length of the whole list, if what was read shows its end; behind a place nobody knows what is before."""
        ends = len(rows) <= self.limit and (rows or not self.offset)
        return Total(self.offset + len(rows)) if ends and self.behind is None else None


@dataclass(frozen=True)
class RowPage:
    """The rows of a part, how many the whole list has (None when unknown), and whether there are more behind them."""

    rows: list[Row]
    total: Total | None
    more: bool


class PageReader:
    """Reads parts of lists out of one collection; no query takes longer than `timeout`, in milliseconds.

    The rows are bytes until somebody looks into them; date-times in them are UTC, without a zone.
    """

    def __init__(self, collection: Collection, timeout: int) -> None:
        self._collection: Any = collection.with_options(codec_options=UNDECODED)
        self._counter = Counter(collection, timeout)
        self._timeout = timeout

    async def read(self, criteria: Filter, part: PageQuery, counting: Counting) -> RowPage:
        """The part of what matches `criteria`. Raises `Unavailable` when counting takes too long."""
        total = await self._counter.total(criteria, counting) if part.limit == 0 else None
        if total is not None:
            return RowPage([], total, more=total.number > part.offset)
        rows, total = await self._rows_and_total(criteria, part, counting)
        if part.is_filled_by(rows):
            part = replace(part, limit=min(part.limit, max(1, len(rows) - 1)))  # the last one tells that there are more
        seen = part.offset + len(rows) if rows else 0
        return RowPage(rows[: part.limit], _at_least(seen, total), more=len(rows) > part.limit)

    async def _rows_and_total(
        self, criteria: Filter, part: PageQuery, counting: Counting
    ) -> tuple[list[Row], Total | None]:
        """Both in one round trip, but for an unfiltered list: all documents are counted in a way of their own."""
        if counting is Counting.NONE:
            return await self._rows(criteria, part), None
        if not criteria:
            return await asyncio.gather(self._rows(criteria, part), self._counter.total(criteria, counting))
        rows, counted = await self._rows_and_count(criteria, part, counting)
        if counted is None:
            return rows, await self._counter.total(criteria, counting)
        return rows, part.total(rows) or await self._counter.total_from_count(criteria, counting, counted)

    async def _rows(self, criteria: Filter, part: PageQuery) -> list[Row]:
        with _as_sort_errors():
            if part.order.computed:
                cursor = await self._aggregate(part.stages(criteria), part.limit + 2)
            else:
                cursor = self._collection.find(**part.options(criteria), max_time_ms=self._timeout)
            rows = await read_until(cursor, part.most_bytes)
        if part.may_be_before(rows):
            return await self._rows(criteria, replace(part, behind=None))
        return rows

    async def _rows_and_count(
        self, criteria: Filter, part: PageQuery, counting: Counting
    ) -> tuple[list[Row], int | None]:
        """The rows, and how many documents there are of those that `counting` looks at; None if nobody got so far."""
        count = {"coll": self._collection.name, "pipeline": self._counter.stages(criteria, counting)}
        stages = [*part.stages(criteria), {"$unionWith": count}]
        try:
            with _as_sort_errors():
                cursor = await self._aggregate(stages, part.limit + 3)
                results = await read_until(cursor, part.most_bytes)
        except ExecutionTimeout as failure:
            # Unless the rows alone take too long, too.
            await self._rows(criteria, part)
            raise too_long(counting) from failure
        # The count comes last, and not at all where it is zero or what is read ends before.
        last = results.pop() if results and _is_count(results[-1]) else None
        rows: list[Row] = results
        counted = last[COUNTED] if last is not None else (None if part.is_filled_by(rows) else 0)
        if part.may_be_before(rows):
            rows = await self._rows(criteria, replace(part, behind=None))
        return rows, counted

    async def _aggregate(self, stages: list[Filter], batch: int) -> Any:
        return await self._collection.aggregate(stages, maxTimeMS=self._timeout, batchSize=batch)


def _is_count(row: Row) -> bool:
    """Whether a row tells a count; to look for a member that is not there takes longer than anything else of a row."""
    return row.raw[5 : 5 + len(_COUNT)] == _COUNT


@contextmanager
def _as_sort_errors() -> Iterator[None]:
    """Turn what the database says of an order that it cannot make into what the client can do."""
    try:
        yield
    except OperationFailure as failure:
        if failure.code == _BAD_VALUE and "parallel arrays" in str(failure):
            message = "A resource has arrays at two attributes that 'sort' names; sort by one of them at a time"
            raise InvalidQuery(message) from failure
        raise


def _at_least(seen: int, total: Total | None) -> Total | None:
    """No estimate is below what was seen."""
    return total if total is None or total.exact else replace(total, number=max(total.number, seen))
