# SPDX-License-Identifier: Apache-2.0
"""Exported tables as Parquet, a row group at a time."""

from collections.abc import Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from app.transfer.interactions.formats import Row, plain
from app.transfer.interactions.schema import BOOLEAN, DAY, INSTANT, INTEGER, JSON, NUMBER, TEXT, VERSION, Column

GROUP_BYTES = 4 * 1024 * 1024
GROUP_ROWS = 50_000
"""A row group ends once it has so many bytes (before compression) or rows; so much of a table is in memory."""

_ARROW = {
    TEXT: pa.string(),
    JSON: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    BOOLEAN: pa.bool_(),
    DAY: pa.date32(),
    INSTANT: pa.timestamp("ms", tz="UTC"),
}


class ParquetTable:
    """Writes rows as those of a Parquet file: instants are timestamps in milliseconds, UTC; days are dates."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = pa.schema(
            [(column.name, _ARROW[column.kind]) for column in columns], metadata={"schemaVersion": str(VERSION)}
        )
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._held: list[Any] = []

    def write(self, rows: Sequence[Row]) -> None:
        """See `TableWriter`."""
        arrays = [pa.array([_value(column, row) for row in rows], _ARROW[column.kind]) for column in self._columns]
        self._held.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        held_rows, held_bytes = (sum(getattr(each, name) for each in self._held) for name in ("num_rows", "nbytes"))
        if held_rows >= GROUP_ROWS or held_bytes >= GROUP_BYTES:
            self._end_group()

    def close(self) -> None:
        """See `TableWriter`."""
        self._end_group()
        self._writer.close()

    def _end_group(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
            self._held = []


def _value(column: Column, row: Row) -> Any:
    return plain(column, row) if column.kind == JSON else row[column.name]
