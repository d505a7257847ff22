# SPDX-License-Identifier: Apache-2.0
"""The command `liaison seed`: loads generated data."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from app import logs
from app.cli.common import Command, as_start_errors, data_option, database
from app.cli.progress import progress
from app.composition.contracts import api_documents
from app.composition.factory import Liaison
from app.domain import dates
from app.domain.events import lower_camel
from app.seed.contacts import Body
from app.seed.generator import Household, generate
from app.seed.loader import CreatedView, Sink, load
from app.seed.sinks import HttpSink, StoreSink
from app.settings import Settings
from app.storage.mongod.client import connect

SEEDED = "v4"
"""The version of the APIs that generated data are written in."""


@click.command(cls=Command)
@click.option("--customers", type=click.IntRange(1), default=100, show_default=True, help="How many customers.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same data.")
@click.option("--url", metavar="BASE", help="Load over HTTP into the server at BASE instead of into the store.")
@data_option
def seed(customers: int, seed: int, url: str | None, **chosen: Any) -> None:
    """Load a believable operator's data: parties, customers in all states, roles, consents, years of interactions."""
    settings = Settings.read(**chosen)
    logs.configure("warning")
    today = dates.now().replace(hour=0, minute=0, second=0, microsecond=0)
    households = generate(customers, seed, today)
    if url:
        asyncio.run(_seed_server(settings, url, households, customers))
    else:
        with database(settings) as ready, as_start_errors():
            asyncio.run(_seed_store(ready, households, customers))


async def _seed_store(settings: Settings, households: Iterator[Household], customers: int) -> None:
    # The targets of references were created just before; to look up each would only take time.
    liaison = Liaison(replace(settings, references="off"), connect(settings))
    async with liaison.client:
        await liaison.prepare()
        try:
            await _load(households, customers, StoreSink([api for api in liaison.apis if api.version == SEEDED]))
        finally:
            await liaison.release()


async def _seed_server(settings: Settings, url: str, households: Iterator[Household], customers: int) -> None:
    collections = {
        name: url.rstrip("/") + path
        for contract in api_documents(settings)
        if contract.version == SEEDED
        for name, path in contract.collections.items()
    }
    async with HttpSink(collections) as sink:
        await _load(households, customers, sink)


async def _load(households: Iterator[Household], customers: int, sink: Sink) -> None:
    counted, began = CountingSink(sink), time.monotonic()
    with progress("Seeding", customers, of="customers") as advance:
        async for done in load(households, counted):
            advance(done)
    seconds, total = time.monotonic() - began, counted.made.total()
    made = ", ".join(f"{number} {lower_camel(resource)}" for resource, number in sorted(counted.made.items()))
    click.echo(f"{total} resources created in {seconds:.1f} s, {total / max(seconds, 0.001):.0f} per second: {made}")


class CountingSink:
    """A sink that passes data on to another one, and counts them by resource."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.made: Counter[str] = Counter()

    async def create(self, resource: str, bodies: list[Body]) -> list[CreatedView]:
        """See `Sink`."""
        created = await self._sink.create(resource, bodies)
        self.made[resource] += len(created)
        return created
