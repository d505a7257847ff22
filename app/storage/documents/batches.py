# SPDX-License-Identifier: Apache-2.0
"""Reads rows until they are many bytes: what nobody will be sent is not kept in memory, and mostly not even fetched."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from bson.raw_bson import RawBSONDocument

Row = RawBSONDocument

FIRST = 8
"""Rows that tell how large the others may be."""

GROWTH = 8
"""How many times as many rows are taken at once as were seen before: larger ones may follow small ones."""


_raw = attrgetter("raw")


async def read_until(cursor: Any, most_bytes: int | None) -> list[Row]:
    """The rows of a cursor, up to some that make `most_bytes` with those before them; all, if that is None."""
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
    """Bytes of these rows together."""
    return sum(map(len, map(_raw, rows)))
