# SPDX-License-Identifier: Apache-2.0
"""Loads the customers of a collection: a few one by one over HTTP, for comparison, all others in bulk."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

import click
import orjson

from app import logs
from app.composition.factory import Liaison
from app.resources.bulk import CreatedResource, New
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.mongod.client import connect
from app.system.garbage_collection import collect_seldom
from tests.bench.scale.customers import COLLECTION, NAMESAKES, Customers
from tests.bench.scale.talking import Connection, post

BATCH = 500
"""Customers that are created in one round trip."""

AT_ONCE = 16
"""Clients that create over HTTP together."""

SINGLES, SINGLES_AT_ONCE = 500, 2_000
"""Customers that are created over HTTP: by one client after each other, and by `AT_ONCE` clients."""

READY_SECONDS = 60

Work = tuple[Customers, range]


@dataclass(frozen=True)
class Rates:
    """Customers created a second: over HTTP by one client and by `AT_ONCE`, and in bulk."""

    one_client: float
    clients: float
    bulk: float


class Loading:
    """The processes that load in bulk, and the server on `port` that creates one by one."""

    def __init__(self, pool: Any, port: int) -> None:
        self._pool = pool
        self._port = port

    def load(self, customers: Customers) -> Rates:
        """Create all of them, and say how fast each way was."""
        alone = range(SINGLES)
        together = range(alone.stop, alone.stop + SINGLES_AT_ONCE)
        rest = range(together.stop, customers.number)
        return Rates(
            one_client=self._over_http(customers, [alone]),
            clients=self._over_http(customers, [together[start::AT_ONCE] for start in range(AT_ONCE)]),
            bulk=self._in_bulk(customers, rest),
        )

    def _over_http(self, customers: Customers, shares: Sequence[range]) -> float:
        requests = [[post(COLLECTION, orjson.dumps(customers.body(number))) for number in share] for share in shares]
        with ThreadPoolExecutor(len(shares)) as clients:
            return _rate(sum(map(len, shares)), lambda: list(clients.map(self._post, requests)))

    def _post(self, requests: Sequence[bytes]) -> None:
        with Connection(self._port) as connection:
            for request in requests:
                connection.exchange(request)

    def _in_bulk(self, customers: Customers, numbers: range) -> float:
        work = [(customers, numbers[start : start + BATCH]) for start in range(0, len(numbers), BATCH)]
        with click.progressbar(length=len(numbers), label=f"{customers.number:,} customers") as bar:
            return _rate(len(numbers), lambda: self._shown(work, bar.update))

    def _shown(self, work: Sequence[Work], done: Callable[[int], None]) -> None:
        for number in self._pool.imap_unordered(_load, work):
            done(number)


@contextmanager
def loading(settings: Settings, loaders: int) -> Iterator[Loading]:
    """`loaders` processes that create in the database of `settings`, once all are ready, beside its server."""
    processes = get_context("spawn")
    ready = processes.Barrier(loaders + 1)
    with processes.Pool(loaders, _Loader.begin, (settings, ready)) as pool:
        ready.wait(READY_SECONDS)
        yield Loading(pool, settings.port)


class _Loader:
    """What a loading process has: the engine of customers, straight on the store."""

    load: Callable[[Work], int]

    @classmethod
    def begin(cls, settings: Settings, ready: Any) -> None:
        logs.configure("error")
        loop = asyncio.new_event_loop()
        engine = loop.run_until_complete(_engine(settings))
        Customers(NAMESAKES).body(0)
        collect_seldom()  # as an import does
        cls.load = partial(_create, loop, engine)
        ready.wait(READY_SECONDS)


def _load(work: Work) -> int:
    return _Loader.load(work)


def _create(loop: asyncio.AbstractEventLoop, engine: Engine, work: Work) -> int:
    loop.run_until_complete(create(engine, *work))
    return len(work[1])


async def create(engine: Engine, customers: Customers, numbers: range) -> None:
    """Create those with these numbers in bulk: checked, completed and announced like any other."""
    outcomes = await engine.create_each([New(customers.body(number)) for number in numbers])
    assert all(isinstance(outcome, CreatedResource) for outcome in outcomes), outcomes


def engine_of(liaison: Liaison) -> Engine:
    """The engine of the customers that are created."""
    return next(api.engines["Customer"] for api in liaison.apis if COLLECTION.startswith(api.base_path))


async def _engine(settings: Settings) -> Engine:
    liaison = Liaison(settings, connect(settings))
    await liaison.prepare()
    return engine_of(liaison)


def _rate(number: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return number / (time.perf_counter() - started)
