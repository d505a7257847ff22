# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.scale`: what requests take with ten thousand customers, and with millions."""

import signal
from collections.abc import Sequence
from typing import Any

import click
from pymongo import MongoClient
from pymongo.collection import Collection

from app.domain.events import lower_camel
from app.errors import StartError
from tests.bench.publish import RUNS
from tests.bench.scale.customers import NAMESAKES
from tests.bench.scale.loading import SINGLES, SINGLES_AT_ONCE, Rates, loading
from tests.bench.scale.measuring import costs
from tests.bench.scale.operations import operations
from tests.bench.scale.publishing import publish
from tests.bench.scale.report import Report, Setting, Size
from tests.bench.scale.running import CORES, Place, default_cache, running

Row = dict[str, Any]

FEWEST = SINGLES + SINGLES_AT_ONCE


def _sizes(_context: click.Context, _parameter: click.Parameter, told: str) -> list[int]:
    sizes = [int(each) for each in told.replace("_", "").split(",")]
    if sizes != sorted(set(sizes)) or any(size % NAMESAKES or size <= FEWEST for size in sizes):
        raise click.BadParameter(f"sizes ascend, and are multiples of {NAMESAKES:,} that are more than {FEWEST:,}")
    return sizes


@click.command()
@click.option("--sizes", callback=_sizes, default="10_000,200_000,2_000_000", show_default=True, help="Customers.")
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True)
@click.option("--cache", type=click.FloatRange(0.25), default=default_cache(), help="Gigabytes of cache for mongod.")
@click.option("--workers", type=click.IntRange(1), default=CORES, show_default=True, help="Server processes.")
@click.option("--loaders", type=click.IntRange(1), default=CORES, show_default=True, help="Loading processes.")
@click.option("--publish", "published", is_flag=True, help="Write the tables into docs/performance.md.")
def main(sizes: list[int], rounds: int, cache: float, workers: int, loaders: int, published: bool) -> None:
    """Load collections of these sizes and measure what callers ask for of each, in turns."""
    # Like Ctrl-C: the processes end and the directory is removed, whoever stops the run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        report = measured(sizes, rounds, cache, workers, loaders)
    except StartError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"\n{report.text()}\n\nAll figures: {report.keep(RUNS)}")
    if published:
        publish("scale", report.text())


def measured(sizes: Sequence[int], rounds: int, cache: float, workers: int, loaders: int) -> Report:
    """What was found at every size."""
    with running(sizes, cache, workers) as places, MongoClient[Row](places[0].settings.mongodb_uri) as client:
        rates = [_loaded(place, loaders) for place in places]
        kept = [client[place.settings.database][lower_camel("Customer")] for place in places]
        for customers in kept:
            _settle(customers)
        asked = [
            operations(customers, place.customers, place.settings.port)
            for customers, place in zip(kept, places, strict=True)
        ]
        click.echo(f"Measuring, in {rounds} rounds")
        found = costs([place.bench for place in places], asked, rounds)
        return Report(
            Setting.here(client.server_info()["version"], cache, workers, loaders, rounds),
            [Size.of(*each) for each in zip(sizes, rates, found, map(_told, kept), strict=True)],
            {operation.name: operation for operation in asked[-1]},
        )


def _loaded(place: Place, loaders: int) -> Rates:
    with loading(place.settings, loaders) as loader:
        return loader.load(place.customers)


def _settle(customers: Collection[Row]) -> None:
    """As the relay leaves them; all on the disk, and read once."""
    customers.update_many({"pending": {"$exists": True}}, {"$unset": {"pending": True}})
    customers.database.client.admin.command("fsync")
    customers.count_documents({"revision": 0})


def _told(customers: Collection[Row]) -> Row:
    told: Row = customers.database.command("collStats", customers.name)
    return told


if __name__ == "__main__":
    main()
