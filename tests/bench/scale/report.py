# SPDX-License-Identifier: Apache-2.0
"""Tells what was measured: as tables for people, and as JSON for other programs."""

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app import __version__
from tests.bench.scale.loading import AT_ONCE, Rates
from tests.bench.scale.measuring import Cost
from tests.bench.scale.operations import Operation
from tests.bench.scale.running import CORES, memory_gigabytes

TARGET = 1.5
"""How many times as long an operation may take with the most customers as with the fewest."""


@dataclass(frozen=True)
class Setting:
    """What was measured, and on what."""

    at: str
    cores: int
    memory_gigabytes: float
    cache_gigabytes: float
    workers: int
    loaders: int
    rounds: int
    mongod: str
    liaison: str = __version__
    python: str = platform.python_version()

    @classmethod
    def here(cls, mongod: str, cache_gigabytes: float, workers: int, loaders: int, rounds: int) -> "Setting":
        """This computer, now; `mongod` is its version."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(at, CORES, memory_gigabytes(), cache_gigabytes, workers, loaders, rounds, mongod)


@dataclass(frozen=True)
class Size:
    """What was found with so many customers; sizes of their collection are in bytes."""

    customers: int
    rates: Rates
    costs: Mapping[str, Cost]
    indexes_on_disk: int
    cached: int

    @classmethod
    def of(cls, customers: int, rates: Rates, costs: Mapping[str, Cost], told: Mapping[str, Any]) -> "Size":
        """With what the database told of the collection (`collStats`)."""
        cached = told["wiredTiger"]["cache"]["bytes currently in the cache"]
        return cls(customers, rates, costs, told["totalIndexSize"], cached)


@dataclass(frozen=True)
class Report:
    """What was measured at every size; `operations` are all that was asked, by their names."""

    setting: Setting
    sizes: Sequence[Size]
    operations: Mapping[str, Operation]

    def text(self) -> str:
        """All of it as Markdown."""
        told = (self._setting(), *self._latencies(), "", *self._processors(), "", *self._loading(), "", *self._bytes())
        return "\n".join(told)

    def keep(self, directory: Path) -> Path:
        """Write all of it as JSON into the directory; returns the file."""
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"scale-{self.setting.at.replace(':', '')}.json"
        told = {"setting": asdict(self.setting), "sizes": [asdict(size) for size in self.sizes]}
        file.write_text(json.dumps(told, indent=2))
        return file

    def _setting(self) -> str:
        of = self.setting
        return (
            f"Liaison {of.liaison}, Python {of.python}, MongoDB {of.mongod} as a replica set of one with "
            f"{of.cache_gigabytes:g} GB of cache, {of.workers} server processes, all on {of.cores} cores with "
            f"{of.memory_gigabytes:.0f} GB; {of.at[:10]}. One request after the other, {of.rounds} rounds.\n"
        )

    def _latencies(self) -> Iterator[str]:
        yield self._row("p50 / p99 in ms, customers:", *self._customers(), "growth p50", "growth p99")
        yield _rule(len(self.sizes) + 2)
        for name in self._names():
            costs = [size.costs.get(name) for size in self.sizes]
            shown = [f"{cost.p50:.2f} / {cost.p99:.2f}" if cost else "—" for cost in costs]
            yield self._row(name, *shown, self._growth(name, "p50"), self._growth(name, "p99"))

    def _processors(self) -> Iterator[str]:
        yield self._row("CPU per request in µs, server + mongod", *self._customers(), "growth of mongod's")
        yield _rule(len(self.sizes) + 1)
        for name in self._names():
            costs = [size.costs.get(name) for size in self.sizes]
            shown = [f"{cost.server:.0f} + {cost.mongod:.0f}" if cost else "—" for cost in costs]
            yield self._row(name, *shown, self._growth(name, "mongod"))

    def _loading(self) -> Iterator[str]:
        yield self._row("Customers created a second", *self._customers())
        yield _rule(len(self.sizes))
        rates = [size.rates for size in self.sizes]
        yield self._row("over HTTP, one client", *(f"{rate.one_client:,.0f}" for rate in rates))
        yield self._row(f"over HTTP, {AT_ONCE} clients", *(f"{rate.clients:,.0f}" for rate in rates))
        yield self._row(f"in bulk, {self.setting.loaders} processes", *(f"{rate.bulk:,.0f}" for rate in rates))
        yield self._row("bulk to one client", *(f"{rate.bulk / rate.one_client:.1f}" for rate in rates))
        yield self._row(f"bulk to {AT_ONCE} clients", *(f"{rate.bulk / rate.clients:.1f}" for rate in rates))

    def _bytes(self) -> Iterator[str]:
        yield self._row("Bytes per customer", *self._customers())
        yield _rule(len(self.sizes))
        for name, attribute in _BYTES.items():
            yield self._row(name, *(f"{getattr(size, attribute) / size.customers:,.0f}" for size in self.sizes))

    def _names(self) -> list[str]:
        return list(self.sizes[-1].costs)

    def _customers(self) -> list[str]:
        return [f"{size.customers:,}" for size in self.sizes]

    def _growth(self, name: str, figure: str) -> str:
        """From the fewest customers to the most."""
        operation, first, last = self.operations[name], self.sizes[0].costs, self.sizes[-1].costs
        before = getattr(first.get(name) or first[operation.like], figure)
        if len(self.sizes) < 2 or not before:
            return "—"
        growth = getattr(last[name], figure) / before
        if operation.grows:
            return f"{growth:.2f} (exact)"
        return f"**{growth:.2f}**" if growth > TARGET else f"{growth:.2f}"

    def _row(self, *cells: str) -> str:
        return f"| {' | '.join(cells)} |"


_BYTES = {"its entries in indexes, on the disk": "indexes_on_disk", "itself, in the cache": "cached"}


def _rule(columns: int) -> str:
    return f"|---|{columns * '---:|'}"
