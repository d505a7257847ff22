"""`python -m tests.bench.scale`: what requests take with ten thousand customers, and with millions."""

import signal
from collections.abc import Sequence
from typing import Any

import click
from pymongo import MongoClient
from pymongo.database import Database

from app.errors import StartError
from app.storage.repository import collection_of
from tests.bench.publish import RUNS
from tests.bench.scale.customers import NAMESAKES, Stage, stages
from tests.bench.scale.loading import SINGLES, SINGLES_AT_ONCE, Loading, loading
from tests.bench.scale.measuring import Bench
from tests.bench.scale.operations import Operation, operations
from tests.bench.scale.publishing import publish
from tests.bench.scale.report import Report, Setting, Size
from tests.bench.scale.running import CORES, default_cache, running

FEWEST = SINGLES + SINGLES_AT_ONCE


def _sizes(_context: click.Context, _parameter: click.Parameter, told: str) -> list[int]:
    sizes = [int(each) for each in told.replace("_", "").split(",")]
    steps = [last - first for first, last in zip([0, *sizes], sizes, strict=False)]
    if any(step % NAMESAKES or step <= FEWEST for step in steps):
        raise click.BadParameter(f"sizes ascend by multiples of {NAMESAKES:,}, more than {FEWEST:,}")
    return sizes


@click.command()
@click.option("--sizes", callback=_sizes, default="10_000,200_000,2_000_000", show_default=True, help="Customers.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--cache", type=click.FloatRange(0.25), default=default_cache(), help="Gigabytes of cache for mongod.")
@click.option("--workers", type=click.IntRange(1), default=CORES, show_default=True, help="Server processes.")
@click.option("--loaders", type=click.IntRange(1), default=CORES, show_default=True, help="Loading processes.")
@click.option("--publish", "published", is_flag=True, help="Write the tables into docs/performance.md.")
def main(sizes: list[int], rounds: int, cache: float, workers: int, loaders: int, published: bool) -> None:
    """Load customers, up to each size in turn, and measure what callers ask for."""
    # Like Ctrl-C: the processes end and the directory is removed, whoever stops the run.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        report = measured(sizes, rounds, cache, workers, loaders)
    except StartError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"\n{report.text()}")
    if published:
        publish("scale", report.text())


def measured(sizes: Sequence[int], rounds: int, cache: float, workers: int, loaders: int) -> Report:
    """What was found at every size; after each, what is known so far is kept in `RUNS`."""
    with (
        running(sizes, cache, workers) as (settings, bench),
        loading(settings, bench.port, loaders) as loader,
        MongoClient[dict[str, Any]](settings.mongodb_uri) as client,
    ):
        report = Report(Setting.here(client.server_info()["version"], cache, workers, loaders, rounds))
        reached: list[Stage] = []
        for stage in stages(sizes):
            reached.append(stage)
            report.add(*_measured(client[settings.database], reached, bench, loader, rounds))
            click.echo(f"Measured with {stage.last:,} customers; all so far is in {report.keep(RUNS)}")
        return report


def _measured(
    database: Database[dict[str, Any]], reached: Sequence[Stage], bench: Bench, loader: Loading, rounds: int
) -> tuple[Size, Sequence[Operation]]:
    """What was found with the customers of these stages, of which the last is loaded here, and what was asked."""
    rates = loader.load(reached[-1])
    customers = database[collection_of("Customer")]
    # As the relay leaves them; all on the disk, and read once, before anything is timed.
    customers.update_many({"pending": {"$exists": True}}, {"$unset": {"pending": True}})
    database.client.admin.command("fsync")
    customers.count_documents({"revision": 0})
    click.echo(f"Measuring with {reached[-1].last:,} customers")
    asked = operations(customers, reached, bench.port)
    costs = bench.costs(asked, rounds)
    return Size.of(reached[-1].last, rates, costs, database.command("collStats", customers.name)), asked


if __name__ == "__main__":
    main()
