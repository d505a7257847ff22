# SPDX-License-Identifier: Apache-2.0
"""Exports of interactions for business intelligence: whole, or what changed since an entry of the event log."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, aclosing, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from app.domain.scopes import covers
from app.errors import StartError
from app.interactions.facts import FactRules
from app.storage.event_log.chain import START, Mark
from app.storage.interactions.log_snapshot import Departure, LoggedState, LogSnapshot
from app.transfer.interactions.directory import MANIFEST, TableFile, part_of, publish, read_manifest
from app.transfer.interactions.rows import Row, Rows, channel_rows, departure_row, interaction_rows, survey_rows
from app.transfer.interactions.schema import CHANNEL, INTERACTION, SURVEY, VERSION, visible_tables

FULL, INCREMENT = "full", "increment"

Batch = Sequence[LoggedState | Departure]


class ExportStopped(Exception):
    """The export was stopped before its end."""


@dataclass(frozen=True)
class ExportTerms:
    """What is exported, and how: in which `format`, whole or `since` an entry of the log, and with which `grants`.

    `declared` are the scopes of attributes that documents mark as sensitive, by resource.
    """

    format: str
    since: int | None
    rules: FactRules
    grants: Collection[str] = ()
    declared: Mapping[str, Mapping[str, str]] | None = None


class InteractionExport:
    """An export from a snapshot into a directory of exports."""

    def __init__(self, terms: ExportTerms, snapshot: LogSnapshot, out: Path) -> None:
        self._terms = terms
        self._snapshot = snapshot
        self._out = out
        declared = terms.declared or {}
        self._tables = visible_tables(terms.grants, declared)
        scopes = declared.get(INTERACTION, {})
        hidden = frozenset(name for name, scope in scopes.items() if not covers(terms.grants, scope))
        self._rows: dict[str, Callable[[LoggedState], Rows]] = {
            INTERACTION: partial(interaction_rows, rules=terms.rules, hidden=hidden),
            SURVEY: survey_rows,
            CHANNEL: channel_rows,
        }

    async def run(self, stop: asyncio.Event, report: Callable[[int], None]) -> Path:
        """Write all, `report` the number of documents of each batch, and return the path of the manifest.

        What is there already, of the same entries of the log, is left as it is. Raises `ExportStopped` when `stop` is
        set, and `StartError` for what cannot be.
        """
        begin = await self._begin()
        name = f"{begin.sequence:012}-{self._snapshot.last.sequence:012}"
        manifest = self._manifest(begin)
        with part_of(self._out) as part:
            if (earlier := read_manifest(self._out, name)) is not None:
                return self._same(earlier, manifest, self._out / name)
            with ExitStack() as stack:
                files = {
                    table.name: stack.enter_context(closing(TableFile(part, table, self._terms.format)))
                    for table in self._tables
                }
                await self._write(files, stop, report)
            return publish(part, name, {**manifest, "tables": {name: each.entry() for name, each in files.items()}})

    async def _begin(self) -> Mark:
        """The entry of the log behind which the export begins."""
        if self._terms.since is None:
            return START
        begin = await self._snapshot.mark(self._terms.since)
        if begin is None:
            last = self._snapshot.last.sequence
            raise StartError(f"There is no entry {self._terms.since} in the event log, which ends with {last}")
        return begin

    def _manifest(self, begin: Mark) -> dict[str, Any]:
        last = self._snapshot.last
        return {
            "schema": "liaison.interactions",
            "schemaVersion": VERSION,
            "kind": FULL if self._terms.since is None else INCREMENT,
            "format": self._terms.format,
            "from": int(begin.sequence),
            "fromHash": begin.hash,
            "to": int(last.sequence),
            "toHash": last.hash,
        }

    def _same(self, earlier: Mapping[str, Any], manifest: Mapping[str, Any], place: Path) -> Path:
        """The manifest of the earlier export, if it is the one that is wanted."""
        columns = {name: each["columns"] for name, each in earlier.get("tables", {}).items()}
        wanted = {table.name: {column.name: column.kind for column in table.columns} for table in self._tables}
        if columns != wanted or any(earlier.get(name) != value for name, value in manifest.items()):
            raise StartError(f"{place} is another export of the same entries; move it away, or name another --out")
        return place / MANIFEST

    async def _write(self, files: Mapping[str, TableFile], stop: asyncio.Event, report: Callable[[int], None]) -> None:
        for resource, rows_of in self._rows.items():
            async with aclosing(self._batches(resource)) as batches:
                async for batch in batches:
                    if stop.is_set():
                        raise ExportStopped
                    _write_rows(files, _table_rows(resource, batch, rows_of))
                    report(len(batch))

    def _batches(self, resource: str) -> AsyncGenerator[Batch, None]:
        if self._terms.since is None or resource == CHANNEL:
            return self._snapshot.documents(resource)
        return self._snapshot.changes(resource, self._terms.since)


def _table_rows(resource: str, batch: Batch, rows_of: Callable[[LoggedState], Rows]) -> Iterable[tuple[str, Row]]:
    for each in batch:
        if isinstance(each, Departure):
            yield "gone", departure_row(resource, each)
        else:
            yield from rows_of(each)


def _write_rows(files: Mapping[str, TableFile], rows: Iterable[tuple[str, Row]]) -> None:
    by_table: dict[str, list[Row]] = defaultdict(list)
    for table, row in rows:
        if table in files:
            by_table[table].append(row)
    for table, some in by_table.items():
        files[table].write(some)
