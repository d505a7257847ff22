# SPDX-License-Identifier: Apache-2.0
"""The formats of exported tables: NDJSON and CSV; Parquet is in a module of its own, which needs pyarrow."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, BinaryIO, Protocol

from app.domain import dates
from app.domain.json_text import dump, dump_sorted
from app.errors import StartError
from app.transfer.interactions.schema import JSON, Column

PARQUET, NDJSON, CSV = FORMATS = ("parquet", "ndjson", "csv")

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
"""Beginnings of texts that a spreadsheet could take for a formula, or that say that another text began so."""

Row = Mapping[str, Any]


class TableWriter(Protocol):
    """The interface of what writes the rows of one table."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write further rows."""

    def close(self) -> None:
        """Finish the file, which stays open."""


class NdjsonTable:
    """Writes each row as an object in a line of JSON, with null for what is missing."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._file = file
        self._columns = columns

    def write(self, rows: Sequence[Row]) -> None:
        """See `TableWriter`."""
        self._file.writelines(
            dump({column.name: plain(column, row) for column in self._columns}) + b"\n" for row in rows
        )

    def close(self) -> None:
        """See `TableWriter`."""


class CsvTable:
    """Writes CSV (RFC 4180) in UTF-8: a header, quoted texts, and nothing at all for what is missing.

    A text that begins as a formula of a spreadsheet would, or with an apostrophe, has an apostrophe before it: whoever
    removes that of each text that begins with one has what it was.
    """

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        self._file = file
        self._columns = columns
        self._line([column.name for column in columns])

    def write(self, rows: Sequence[Row]) -> None:
        """See `TableWriter`."""
        for row in rows:
            self._line([_cell(plain(column, row)) for column in self._columns])

    def close(self) -> None:
        """See `TableWriter`."""

    def _line(self, cells: Sequence[str]) -> None:
        self._file.write((",".join(cells) + "\r\n").encode())


def plain(column: Column, row: Row) -> Any:
    """The value of a column as a text, number, boolean or None: instants and days are in ISO 8601, UTC."""
    value = row[column.name]
    match value:
        case None:
            return None
        case datetime():
            return dates.text(value)
        case date():
            return value.isoformat()
    return dump_sorted(value).decode() if column.kind == JSON else value


def refuse_unavailable(format: str) -> None:
    """Raise `StartError` for a format that needs what is not installed."""
    if format == PARQUET and find_spec("pyarrow") is None:
        raise StartError(
            "Parquet needs pyarrow, which is not installed: `pip install 'liaison[parquet]'`, or --format ndjson"
        )


def writer_of(format: str, file: BinaryIO, columns: Sequence[Column]) -> TableWriter:
    """The writer of a table into a file."""
    if format == NDJSON:
        return NdjsonTable(file, columns)
    if format == CSV:
        return CsvTable(file, columns)
    writer: TableWriter = import_module("app.transfer.interactions.parquet_table").ParquetTable(file, columns)
    return writer


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
    guarded = f"'{value}" if value.startswith(FORMULA) else value
    quoted = guarded.replace('"', '""')
    return f'"{quoted}"'
