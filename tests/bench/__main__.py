# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench`: measures Liaison beside other servers, tells what it found, and publishes it if asked to."""

import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from app import logs
from tests.bench.comparison import compared
from tests.bench.contenders import contenders
from tests.bench.event_cost.relaying import paces
from tests.bench.event_cost.writing import cost
from tests.bench.footprint import footprint
from tests.bench.plan import FULL, QUICK, Plan
from tests.bench.plot import draw
from tests.bench.publish import keep, publish
from tests.bench.results import Results, facts
from tests.bench.running import machine
from tests.bench.tables import sections


@click.command()
@click.option("--quick", is_flag=True, help="Measure less, within two minutes.")
@click.option("--publish", "published", is_flag=True, help="Put the figures into docs/performance.md.")
def main(quick: bool, published: bool) -> None:
    """Measure Liaison beside other servers on the same database. Ends with 1 when a request failed."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk drives the measurement; on Debian: sudo apt-get install wrk")
    logs.configure("warning")
    results = _measured(QUICK if quick else FULL)
    told = sections(results)
    click.echo("\n\n".join(told.values()))
    file = keep(results)
    draw(results.comparison, file.with_suffix(".png"))
    click.echo(f"\nAll figures: {file}")
    if results.failures:
        sys.exit(f"{results.failures} requests failed or writes went astray; nothing is published")
    if published:
        publish(results, told)


def _measured(plan: Plan) -> Results:
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        drained, delivered = paces(place, plan, _tell)
        return Results(
            at=datetime.now(UTC),
            facts=facts(place, len(os.sched_getaffinity(0))),
            plan=plan,
            footprint=footprint(place, plan, _tell),
            comparison=compared(place, contenders(place.client, place.uri, plan.workers), plan, _tell),
            writing=cost(place, plan, _tell),
            drained=drained,
            delivered=delivered,
        )


def _tell(what: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S} {what}", err=True)


if __name__ == "__main__":
    main()
