"""Reads a part of a list: which rows the driver is asked for, and how many there are in all."""

import asyncio
from collections.abc import Collection as Names
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pymongo.errors import OperationFailure

from app.domain.cursor import Position
from app.errors import InvalidQuery
from app.storage.counting import Counter, Counting, Total
from app.storage.durable import Collection
from app.storage.filters import Filter, every
from app.storage.order import BY_ID, Order

Row = Mapping[str, Any]

_BAD_VALUE = 2
_ENVELOPE = ("revision", "changed")


@dataclass(frozen=True)
class Part:
    """Of a list in some `order`: what comes from `offset` on, `limit` documents at most.

    With `behind`, that is the place in front of the part, so that nothing has to be skipped. `attributes` are the
    first-level ones that are read of each document, None for all.
    """

    offset: int
    limit: int
    order: Order = BY_ID
    behind: Position | None = None
    attributes: Names[str] | None = None

    def options(self, criteria: Filter) -> dict[str, Any]:
        """What the driver's `find` is asked for: one document more than the part has, to see whether it ends the list.

        So the batch is one larger again: the database closes its cursor at once.
        """
        return {
            "filter": every([each for each in (criteria, self.behind and self.order.behind(self.behind)) if each]),
            "projection": self.projection(),
            "sort": self.order.sort,
            "skip": 0 if self.behind else self.offset,
            "limit": self.limit + 1,
            "batch_size": self.limit + 2,
        }

    def projection(self) -> Mapping[str, int] | None:
        """What is read of each row; None for all of it."""
        return projection(None if self.attributes is None else {*self.attributes, *self.order.attributes})

    def place(self, row: Row) -> Position | None:
        """The place of a row in the order; None when its values do not tell it."""
        return self.order.position(row["_id"], row.get("document", {}))

    def total(self, rows: list[Row]) -> Total | None:
        """The length of the whole list, if what was read shows its end; behind a place nobody knows what is before."""
        ends = len(rows) <= self.limit and (rows or not self.offset)
        return Total(self.offset + len(rows)) if ends and self.behind is None else None


@dataclass(frozen=True)
class Slice:
    """The rows of a part, how many the whole list has (None when unknown), and whether there are more behind them."""

    rows: list[Row]
    total: Total | None
    more: bool


class Reader:
    """Reads parts of lists out of one collection; no query takes longer than `timeout`, in milliseconds."""

    def __init__(self, collection: Collection, timeout: int) -> None:
        self._collection = collection
        self._counter = Counter(collection, timeout)
        self._timeout = timeout

    async def read(self, criteria: Filter, part: Part, counting: Counting) -> Slice:
        """The part of what matches `criteria`. Raises `Unavailable` when counting takes too long."""
        total = await self._counter.total(criteria, counting) if part.limit == 0 else None
        if total is not None:
            return Slice([], total, more=total.number > part.offset)
        rows, total = await self._rows_and_total(criteria, part, counting)
        seen = part.offset + len(rows) if rows else 0
        return Slice(rows[: part.limit], _at_least(seen, total), more=len(rows) > part.limit)

    async def _rows_and_total(self, criteria: Filter, part: Part, counting: Counting) -> tuple[list[Row], Total | None]:
        """Both at the same time, but for the first page of a filtered list: often it shows the end, and saves a count.

        What an unfiltered list wastes there is no more than counting one page.
        """
        if part.offset or not criteria:
            return await asyncio.gather(self._rows(criteria, part), self._counter.total(criteria, counting))
        rows = await self._rows(criteria, part)
        known = part.total(rows) if counting is not Counting.NONE else None
        return rows, known or await self._counter.total(criteria, counting)

    async def _rows(self, criteria: Filter, part: Part) -> list[Row]:
        rows = await self._found(part.options(criteria))
        if part.behind and rows and part.place(rows[0]) is None:
            # It has an array at a key, and may stand before the place.
            return await self._found(replace(part, behind=None).options(criteria))
        return rows

    async def _found(self, options: Mapping[str, Any]) -> list[Row]:
        try:
            return [*await self._collection.find(**options, max_time_ms=self._timeout).to_list()]
        except OperationFailure as failure:
            if failure.code == _BAD_VALUE and "parallel arrays" in str(failure):
                told = "A resource has arrays at two attributes that 'sort' names; sort by one of them at a time"
                raise InvalidQuery(told) from failure
            raise


def projection(attributes: Names[str] | None) -> dict[str, int]:
    """What is read of each envelope: revision, last change, and these first-level attributes (None for all)."""
    wanted = ["document"] if attributes is None else [f"document.{name}" for name in attributes]
    return dict.fromkeys((*_ENVELOPE, *wanted), 1)


def _at_least(seen: int, total: Total | None) -> Total | None:
    """No estimate is below what was seen."""
    return total if total is None or total.exact else replace(total, number=max(total.number, seen))
