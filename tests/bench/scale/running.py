# SPDX-License-Identifier: Apache-2.0
"""Runs what is measured: a mongod in a directory that is removed at the end, and a `liaison serve` for each size."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from app.composition.supervisor import answers
from app.errors import StartError
from app.settings import Settings
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from app.system.children import Child
from app.system.ports import free_port
from tests.bench.scale.customers import Customers
from tests.bench.scale.measuring import Bench
from tests.waiting import eventually

GIGABYTE = 1024**3
CORES = os.cpu_count() or 1

BYTES_PER_CUSTOMER = 5_000
"""Room on the disk that a customer needs while its event is pending, with indexes and mongod's journal."""

BYTES_BESIDE = 3 * GIGABYTE
"""Room for mongod's log of operations and the like."""

STOP_SECONDS = 40


@dataclass(frozen=True)
class Place:
    """A server without a relay, on a database of its own, which is empty when it starts, and who is to come there."""

    customers: Customers
    settings: Settings
    bench: Bench


@contextmanager
def running(sizes: Sequence[int], cache_gigabytes: float, workers: int) -> Iterator[list[Place]]:
    """A place for each size, all on the same mongod.

    Tells what room the customers need. Raises `StartError` where they do not fit the disk.
    """
    with tempfile.TemporaryDirectory(prefix="liaison-scale-") as data, ExitStack() as stack:
        _check_room(data, sum(sizes))
        mongod = stack.enter_context(EmbeddedMongod(Path(data), cache_gigabytes))
        places: list[Place] = []
        for size in sizes:
            settings = Settings(
                mongodb_uri=mongod.uri, database=f"scale_{size}", port=free_port(), relay=False, log_level="error"
            )
            server = stack.enter_context(_serving(settings, workers))
            places.append(Place(Customers(size), settings, Bench(settings.port, server, mongod.pid or 0)))
        yield places


def default_cache() -> float:
    """What mongod takes when nobody says: half of the memory but for a gigabyte."""
    return max(0.25, round((memory_gigabytes() - 1) / 2, 1))


def memory_gigabytes() -> float:
    """The memory of this computer."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE


@contextmanager
def _serving(settings: Settings, workers: int) -> Iterator[int]:
    chosen = ("--port", str(settings.port), "--workers", str(workers), "--no-relay")
    # What lists remember would make small collections look fast: all that they show fits.
    chosen_otherwise = {"LIAISON_LOG_LEVEL": settings.log_level, "LIAISON_LISTS_MEGABYTES": "0"}
    stored = {"MONGODB_URI": settings.mongodb_uri, "LIAISON_DATABASE": settings.database}
    environment = {**os.environ, **chosen_otherwise, **stored}
    server = Child("liaison", [sys.executable, "-m", "app.cli", "serve", *chosen], environment)
    try:
        eventually(lambda: server.ended() or answers(settings.host, settings.port), "the server answers", seconds=60)
        yield server.pid
    finally:
        server.stop(STOP_SECONDS)


def _check_room(directory: str, customers: int) -> None:
    needed, free = customers * BYTES_PER_CUSTOMER + BYTES_BESIDE, shutil.disk_usage(directory).free
    told = (
        f"{customers:,} customers need about {needed / GIGABYTE:.0f} GB of disk, and {directory} has "
        f"{free / GIGABYTE:.0f} GB"
    )
    if free < needed:
        raise StartError(f"{told}; name a roomier directory in TMPDIR, or smaller sizes by --sizes")
    click.echo(told)
