# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.scale.sizing`: what a customer, its indexes and its event cost the database."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import click
from pymongo import MongoClient
from pymongo.database import Database

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.domain.events import lower_camel
from app.settings import Settings
from app.storage.mongod.client import connect
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.bench.scale.customers import Customers
from tests.bench.scale.loading import BATCH, create, engine_of
from tests.bench.scale.publishing import publish
from tests.bench.scale.storage import Watch, Work, bytes_of, index_costs

CUSTOMERS = Customers(20_000)
CACHE_GIGABYTES = 2.0
STORED, WAITING, DRAINED, EVENTS = lower_camel("Customer"), "waiting", "drained", "event"

BYTES = "| Bytes | as BSON | on the disk | in the cache |"
WORK = f"| {CUSTOMERS.number:,} times | a second | CPU of Liaison in µs | CPU of mongod in µs |"
INDEXES = "| Inserted beside these indexes | customers a second | CPU of mongod in µs | index bytes per customer |"
RULE = "|---|---:|---:|---:|"


def sized(settings: Settings, database: Database[dict[str, Any]], mongod: int) -> Iterator[str]:
    """The tables, line by line."""
    creating = asyncio.run(_done(settings, _create, mongod))
    # Copies, as they were before the relay came, and as they are afterwards.
    database[STORED].aggregate([{"$out": WAITING}])
    database[STORED].aggregate([{"$unset": "pending"}, {"$out": DRAINED}])
    draining = asyncio.run(_done(settings, _drain, mongod))
    yield from (BYTES, RULE)
    yield bytes_of(database, WAITING).row("a customer, its event pending")
    yield bytes_of(database, DRAINED).row("a customer, its event logged")
    yield bytes_of(database, EVENTS).row("the entry of its creation in the event log")
    yield from ("", WORK, RULE)
    yield creating.row("created in bulk, by one process")
    yield draining.row("logged by the relay")
    yield from ("", INDEXES, RULE)
    yield from index_costs(database, WAITING, list(database[STORED].list_indexes()), mongod)


async def _done(settings: Settings, work: Callable[[Liaison], Awaitable[None]], mongod: int) -> Work:
    async with connect(settings) as client:
        liaison = Liaison(settings, client)
        await liaison.prepare()
        watch = Watch(mongod, CUSTOMERS.number)
        await work(liaison)
        return watch.work()


async def _create(liaison: Liaison) -> None:
    engine = engine_of(liaison)
    for first in range(0, CUSTOMERS.number, BATCH):
        await create(engine, CUSTOMERS, range(first, first + BATCH))


async def _drain(liaison: Liaison) -> None:
    relay = relay_of(liaison)
    while await relay.drain():
        pass


@click.command()
@click.option("--publish", "published", is_flag=True, help="Write the tables into docs/performance.md.")
def main(published: bool) -> None:
    """Measure and print tables."""
    with (
        tempfile.TemporaryDirectory(prefix="liaison-sizing-") as data,
        EmbeddedMongod(Path(data), CACHE_GIGABYTES) as mongod,
        MongoClient[dict[str, Any]](mongod.uri) as client,
    ):
        settings = Settings(mongodb_uri=mongod.uri, log_level="error")
        text = "\n".join(sized(settings, client[settings.database], mongod.pid or 0))
    click.echo(text)
    if published:
        publish("sizing", text)


if __name__ == "__main__":
    main()
