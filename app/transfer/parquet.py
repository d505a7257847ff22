# SPDX-License-Identifier: Apache-2.0
"""Parquet files, read and written a few rows at a time."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.domain.query.attributes import DATE_TIME, Attribute
from app.errors import InvalidField, PayloadTooLarge, StartError, TmfError
from app.transfer.columns import JSON, OTHERS, columns, row
from app.transfer.parquet_values import INSTANT, Cells, plain
from app.transfer.sources import (
    BATCH_BYTES,
    BATCH_LINES,
    LONGEST_SHOWN,
    START,
    Batch,
    Line,
    SourcePosition,
    file_changed_error,
)

BUFFER = 1024 * 1024
"""Bytes of a column that are read at a time, so that a row group need not fit into memory."""
GROUP_BYTES = 32 * 1024 * 1024
GROUP_ROWS = 50_000
"""A written row group ends once it has so many bytes (before compression) or rows."""

_TAIL = 8
_ARROW = {
    "string": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    DATE_TIME: INSTANT,
    JSON: pa.string(),
}


class ParquetSource:
    """The rows of a Parquet file as lines of JSON, numbered from 1; see `Source`. Positions are rows."""

    def __init__(self, path: Path, attributes: Attribute, longest: int) -> None:
        """`attributes` are those of the resource; a row of more than `longest` bytes of JSON is too long.

        Raises `StartError` for a file that cannot be read.
        """
        self._path = path
        self._longest = longest
        with self._readable() as file:
            self.size: int = file.metadata.num_rows
            self._cells = [Cells(field, attributes.members.get(field.name)) for field in file.schema_arrow]
            groups = [file.metadata.row_group(index) for index in range(file.num_row_groups)]
        self._lengths = [group.num_rows for group in groups]
        self._rows_at_once = _rows_at_once(self.size, sum(group.total_byte_size for group in groups))
        self._fingerprint = _fingerprint(path)

    def batches(self, place: SourcePosition) -> Iterator[Batch]:
        """See `Source`."""
        if place != START and place.fingerprint != self._fingerprint:
            raise file_changed_error(self._path.name)
        first, number = self._group_of(place.position)
        with self._readable() as file:
            groups = list(range(first, len(self._lengths)))
            tables = file.iter_batches(self._rows_at_once, row_groups=groups, use_threads=False)
            for table in (part for whole in tables for part in _parts(whole)):
                begun, number = number, number + table.num_rows
                if number > place.position:
                    new = table.slice(max(place.position - begun, 0))
                    yield Batch(
                        self._lines(new, number - new.num_rows), SourcePosition(number, number, self._fingerprint)
                    )

    def _group_of(self, position: int) -> tuple[int, int]:
        """The row group with the row behind `position`, and the rows before that group."""
        before = 0
        for index, length in enumerate(self._lengths):
            if position < before + length:
                return index, before
            before += length
        return len(self._lengths), before

    def _lines(self, table: Any, before: int) -> list[Line]:
        values = [cells.values(column) for cells, column in zip(self._cells, table.columns, strict=True)]
        names = [cells.name for cells in self._cells]
        rows = (dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))
        return [self._line(number, row) for number, row in enumerate(rows, start=before + 1)]

    def _line(self, number: int, row: dict[str, Any]) -> Line:
        wrong = next((value for value in row.values() if isinstance(value, TmfError)), None)
        held = {name: value for name, value in row.items() if not (value is None or isinstance(value, TmfError))}
        others = held.pop(OTHERS, {})
        if not isinstance(others, dict):
            wrong, others = InvalidField(f"The column '{OTHERS}' holds JSON objects, and this is none"), {}
        text = orjson.dumps({**others, **held}, plain, orjson.OPT_PASSTHROUGH_DATETIME)
        if len(text) > self._longest:
            message = f"The row is longer than {self._longest} bytes as JSON; LIAISON_MAX_BODY_BYTES allows more"
            return Line(number, text[:LONGEST_SHOWN], PayloadTooLarge(message))
        return Line(number, text, wrong)

    @contextmanager
    def _readable(self) -> Iterator[Any]:
        try:
            with pq.ParquetFile(self._path, buffer_size=BUFFER, pre_buffer=False) as file:
                yield file
        except (pa.ArrowException, OSError, ValueError) as error:
            raise StartError(f"{self._path} cannot be read as Parquet: {error}") from None


class ParquetSink:
    """Writes views of one resource as rows of a Parquet file, whose columns are those of its attributes."""

    def __init__(self, file: BinaryIO, attributes: Attribute) -> None:
        self._columns = columns(attributes)
        self._schema = pa.schema([(column.name, _ARROW[column.kind]) for column in self._columns])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._held: list[Any] = []

    def write(self, views: Sequence[dict[str, Any]]) -> int:
        """Write further rows; returns how many bytes they have in memory."""
        rows = [row(view, self._columns) for view in views]
        table = pa.RecordBatch.from_pylist(rows, self._schema)
        self._held.append(table)
        if sum(held.num_rows for held in self._held) >= GROUP_ROWS or self._bytes_held >= GROUP_BYTES:
            self._end_group()
        return int(table.nbytes)

    def close(self) -> None:
        """Write the footer of the file."""
        self._end_group()
        self._writer.close()

    @property
    def _bytes_held(self) -> int:
        return sum(held.nbytes for held in self._held)

    def _end_group(self) -> None:
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
            self._held = []


def _rows_at_once(rows: int, size: int) -> int:
    """How many of `rows` rows, which have `size` bytes together, make a batch."""
    return max(1, min(BATCH_LINES, BATCH_BYTES * rows // max(size, 1)))


def _parts(table: Any) -> list[Any]:
    """A table in parts of the size of a batch: in memory each value counts, also equal ones that a file has once."""
    most = _rows_at_once(table.num_rows, table.nbytes)
    return [table.slice(begin, most) for begin in range(0, table.num_rows, most)]


def _fingerprint(path: Path) -> str:
    """A digest of the length and the footer of the file, which has size and place of all parts of it."""
    with path.open("rb") as file:
        size = file.seek(-_TAIL, 2) + _TAIL
        footer = int.from_bytes(file.read(4), "little")
        file.seek(max(size - _TAIL - footer, 0))
        return hashlib.blake2b(b"%d " % size + file.read(), digest_size=16).hexdigest()
