# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.against COMMIT`: this checkout beside an earlier commit of it, in turns on one database."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from app import logs
from tests.bench.comparison import compared
from tests.bench.contenders import Contender, liaison
from tests.bench.figures import ratio
from tests.bench.operations import OPERATIONS
from tests.bench.plan import FULL, Plan
from tests.bench.rounds import Sample
from tests.bench.running import ROOT, Machine, machine
from tests.bench.tables import ratios

NOW, BASE = "liaison", "base"
LEAST = 0.97
"""Of the earlier commit's requests per second, what is to be reached."""
PLAN = replace(FULL, documents=20_000, rounds=15, seconds=2)


@click.command()
@click.argument("commit")
@click.option("--rounds", default=PLAN.rounds, show_default=True, help="How often each operation is measured.")
def main(commit: str, rounds: int) -> None:
    """Measure this checkout and COMMIT in one run. Ends with 1 when an operation became more than 3 % slower."""
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk drives the measurement; on Debian: sudo apt-get install wrk")
    logs.configure("warning")
    with tempfile.TemporaryDirectory() as scratch:
        results = _measured(commit, Path(scratch), replace(PLAN, rounds=rounds))
    slower = False
    for connections, samples in results.items():
        click.echo(
            f"\n{connections} connections, this checkout as a multiple of {commit}\n\n{ratios(samples, NOW, BASE)}"
        )
        slower |= any(ratio(samples, NOW, BASE, each).median < LEAST for each in OPERATIONS)
    if slower:
        sys.exit("an operation is more than 3 % slower")


def _measured(commit: str, scratch: Path, plan: Plan) -> dict[int, list[Sample]]:
    with _checked_out(commit, scratch) as base, machine(scratch) as place:
        servers = [liaison(place.client, place.uri, plan.workers), _earlier(place, base, plan)]
        return compared(place, servers, plan, lambda line: click.echo(line, err=True))


def _earlier(place: Machine, base: Path, plan: Plan) -> Contender:
    """The earlier commit on a database of its own; it runs with what is installed now."""
    server = liaison(place.client, place.uri, plan.workers, database="bench_base")
    return replace(server, name=BASE, title="The earlier commit", code=base)


@contextmanager
def _checked_out(commit: str, scratch: Path) -> Iterator[Path]:
    """The files of a commit in a folder, until the block ends."""
    folder = scratch / "base"
    _git("worktree", "add", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True)


if __name__ == "__main__":
    main()
