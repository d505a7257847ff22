# SPDX-License-Identifier: Apache-2.0
"""Reads the rows of a page up to a number of bytes: rows beyond are not kept in memory, and mostly not fetched."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from bson.raw_bson import RawBSONDocument

Row = RawBSONDocument

FIRST = 8
"""Rows of the first batch, by which the size of the others is estimated."""

GROWTH = 8
"""The factor by which a batch may be larger than all rows before it: large rows may follow small ones."""


_raw = attrgetter("raw")


async def read_until(cursor: Any, most_bytes: int | None) -> list[Row]:
    """The rows of a cursor until they have `most_bytes` together, the row that reaches it included; None: all rows."""
    if most_bytes is None:
        return [*await cursor.to_list()]
    rows: list[Row] = []
    size, number = 0, FIRST
    while size < most_bytes:
        some = await cursor.to_list(number)
        rows += some
        if len(some) < number:
            return rows
        size += size_of(some)
        number = min(GROWTH * len(rows), 1 + (most_bytes - size) * len(rows) // size)
    await cursor.close()
    return rows


def size_of(rows: Iterable[Row]) -> int:
    """The bytes (BSON) of these rows together."""
    return sum(map(len, map(_raw, rows)))
