# SPDX-License-Identifier: Apache-2.0
"""Reads exports of interactions as whoever loads them does: by their manifests, in any format, one after the other."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from app.domain import dates
from app.transfer.interactions.formats import CSV, NDJSON
from app.transfer.interactions.schema import TABLES, Table

Rows = list[dict[str, Any]]
Keyed = dict[tuple[Any, ...], dict[str, Any]]
KEYS = {table.name: table.key for table in TABLES}
OWNERS = {table.name: table for table in TABLES if table.resource}
TOMBSTONES = "gone"


@dataclass
class Warehouse:
    """The rows of each table by their keys, after all exports that were loaded."""

    tables: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = field(
        default_factory=lambda: {name: {} for name in OWNERS}
    )
    position: tuple[int, str] | None = None

    def load(self, place: Path) -> None:
        """Load an export; it has to go on where the one before ended."""
        manifest, rows = exported(place)
        if manifest["kind"] == "full":
            self.tables = {name: {} for name in OWNERS}
        else:
            assert (manifest["from"], manifest["fromHash"]) == self.position
            self._remove(rows)
        for name in OWNERS.keys() & rows.keys():
            found = {tuple(row[part] for part in KEYS[name]): row for row in rows[name]}
            assert len(found) == len(rows[name]), f"{name} has two rows of one key"
            self.tables[name] = found if name == "channel" else {**self.tables[name], **found}
        self.position = manifest["to"], manifest["toHash"]

    def _remove(self, rows: dict[str, Rows]) -> None:
        """Remove the rows of what the export has anew, and of what is gone."""
        gone = {(row["resource"], row["id"]) for row in rows[TOMBSTONES]}
        for table in OWNERS.values():
            changed = {row["id"] for row in rows[_root(table)]} | {id for name, id in gone if name == table.resource}
            self.tables[table.name] = {
                key: row for key, row in self.tables[table.name].items() if key[0] not in changed
            }  # fmt: skip


def _root(table: Table) -> str:
    """The table with a row for each document of which this one has rows, too."""
    return next(each.name for each in TABLES if each.resource == table.resource)


def exports(out: Path) -> list[Path]:
    """The exports in a directory, in the order of the log: what a killed one leaves does not count."""
    return sorted(path.parent for path in out.glob("*/manifest.json") if not path.parent.name.startswith("."))


def exported(place: Path) -> tuple[dict[str, Any], dict[str, Rows]]:
    """The manifest of an export, and the rows of its tables as JSON has them; each file is as the manifest says."""
    manifest = json.loads((place / "manifest.json").read_bytes())
    assert {path.name for path in place.iterdir()} == {
        "manifest.json", *(each["file"] for each in manifest["tables"].values()),
    }  # fmt: skip
    tables = {}
    for name, told in manifest["tables"].items():
        data = (place / told["file"]).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (told["sha256"], told["bytes"])
        tables[name] = list(_rows(data, manifest["format"], told["columns"]))
        assert len(tables[name]) == told["rows"]
    return manifest, tables


def _rows(data: bytes, format: str, columns: dict[str, str]) -> Iterator[dict[str, Any]]:
    if format == NDJSON:
        yield from map(json.loads, data.splitlines())
    elif format == CSV:
        lines = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        assert next(lines) == list(columns)
        for line in lines:
            yield {name: _value(text, columns[name]) for name, text in zip(columns, line, strict=True)}
    else:
        file = pq.ParquetFile(io.BytesIO(data))
        assert file.schema_arrow.names == list(columns)
        for row in file.read().to_pylist():
            yield {name: _shown(value, columns[name]) for name, value in row.items()}


def _shown(value: Any, kind: str) -> Any:
    if value is None:
        return None
    return dates.text(value) if kind == "instant" else value.isoformat() if kind == "day" else value


def _value(text: str, kind: str) -> Any:
    """The value of a cell of CSV; an empty text is not told from none here."""
    if text == "":
        return None
    if kind in ("integer", "number", "boolean"):
        return json.loads(text)
    return text.removeprefix("'")


def by_key(rows: Iterable[dict[str, Any]], *names: str) -> dict[Any, dict[str, Any]]:
    """Rows by the values of one column, or of several."""
    return {row[names[0]] if len(names) == 1 else tuple(row[name] for name in names): row for row in rows}
