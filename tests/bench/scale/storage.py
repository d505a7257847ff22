# SPDX-License-Identifier: Apache-2.0
"""What collections and their indexes take of the database: bytes, and time of its processor."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from tests.bench.processes import cpu_seconds

INSERTED = "inserted"
BATCH = 500
ROUNDS = 5

Row = dict[str, Any]
Index = Mapping[str, Any]


@dataclass(frozen=True)
class Bytes:
    """For each document of a collection, without its indexes."""

    bson: float
    disk: float
    cached: float

    def row(self, name: str) -> str:
        """A row of a table."""
        return f"| {name} | {self.bson:,.0f} | {self.disk:,.0f} | {self.cached:,.0f} |"


@dataclass(frozen=True)
class Work:
    """How many a second, and what each cost this process and mongod, in microseconds of CPU."""

    rate: float
    own: float
    mongod: float

    def row(self, name: str) -> str:
        """A row of a table."""
        return f"| {name} | {self.rate:,.0f} | {self.own:.0f} | {self.mongod:.0f} |"


class Watch:
    """Measures work that is done `times` over."""

    def __init__(self, mongod: int, times: int) -> None:
        self._mongod = mongod
        self._times = times
        self._began = self._now()

    def work(self) -> Work:
        """What was done since it began."""
        seconds, own, mongod = (now - then for now, then in zip(self._now(), self._began, strict=True))
        return Work(self._times / seconds, own / self._times * 1e6, mongod / self._times * 1e6)

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), cpu_seconds([self._mongod])


def bytes_of(database: Database[Row], collection: str) -> Bytes:
    """What each document takes once all are on the disk, and have been read."""
    database.client.admin.command("fsync")
    read = sum(1 for _ in database[collection].find())
    told = database.command("collStats", collection)
    assert told["count"] == read
    cached = told["wiredTiger"]["cache"]["bytes currently in the cache"]
    return Bytes(told["avgObjSize"], told["storageSize"] / told["count"], cached / told["count"])


def index_costs(database: Database[Row], collection: str, indexes: Sequence[Index], mongod: int) -> Iterator[str]:
    """Rows of a table: what it takes to insert what is in the collection, with the first of `indexes`, and so on.

    The first of them is the one on `_id`. Of `ROUNDS` the best counts: what disturbs only adds.
    """
    rows = list(database[collection].find())
    measured: list[list[Work]] = [[] for _ in indexes]
    for _ in range(ROUNDS):
        for number, works in enumerate(measured, start=1):
            works.append(_inserting(database, rows, indexes[1:number], mongod))
    database.client.admin.command("fsync")
    sizes = database.command("collStats", INSERTED)["indexSizes"]
    for index, works in zip(indexes, measured, strict=True):
        rate, cost = max(work.rate for work in works), min(work.mongod for work in works)
        yield f"| {_title(index)} | {rate:,.0f} | {cost:.0f} | {sizes[index['name']] / len(rows):,.0f} |"


def _inserting(database: Database[Row], rows: Sequence[Row], indexes: Sequence[Index], mongod: int) -> Work:
    database.drop_collection(INSERTED)
    collection = database.create_collection(INSERTED)
    for index in indexes:
        options = {name: value for name, value in index.items() if name not in ("key", "v")}
        collection.create_index(list(index["key"].items()), **options)
    watch = Watch(mongod, len(rows))
    for first in range(0, len(rows), BATCH):
        collection.insert_many(rows[first : first + BATCH], ordered=False)
    return watch.work()


def _title(index: Index) -> str:
    """What clients call what an index is on."""
    paths = [f"`{key.removeprefix('document.')}`" for key in index["key"] if key != "_id"]
    return f"and {', '.join(paths)}" if paths else "`_id` alone"
