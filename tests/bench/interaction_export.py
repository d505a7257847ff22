# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.interaction_export`: memory and time of an export for BI, by the number of interactions."""

import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

import click
from pymongo import MongoClient

from app.settings import Settings
from app.transfer.interactions.formats import FORMATS
from tests.bench.running import machine

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
BATCH = 2000
MOST_GROWTH = 1.25
"""How much more memory ten times as many interactions may take."""


@click.command()
@click.option("--sizes", default="20000,200000", show_default=True, help="Numbers of interactions.")
@click.option("--formats", default=",".join(FORMATS), show_default=True, help="Formats.")
def main(sizes: str, formats: str) -> None:
    """Measure each format at each size. Ends with 1 when memory grows with the number of interactions."""
    numbers = sorted(map(int, sizes.split(",")))
    peaks: dict[str, list[float]] = {format: [] for format in formats.split(",")}
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        for count in numbers:
            settings = replace(Settings(), mongodb_uri=place.uri, database=f"of{count}")
            _fill(settings, count)
            for format in peaks:
                seconds, megabytes, size = _export(settings, format, Path(scratch) / f"{count}-{format}")
                peaks[format].append(megabytes)
                click.echo(
                    f"{format}: {count} interactions in {seconds:.1f} s, {megabytes:.0f} MB, {size:.0f} MB of files"
                )
    if any(each[-1] > MOST_GROWTH * each[0] for each in peaks.values()):
        raise SystemExit(1)


def _export(settings: Settings, format: str, out: Path) -> tuple[float, float, float]:
    """Seconds, the largest resident set of the command, and the size of the files, both in MB."""
    command = [sys.executable, "-m", "app.cli", "export", "interactions", "--format", format, "--out", str(out)]
    begin = perf_counter()
    pid = os.spawnve(os.P_NOWAIT, sys.executable, command, {**os.environ, **settings.environment()})
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise click.ClickException(f"the export ended with {status}")
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    return perf_counter() - begin, usage.ru_maxrss / 1024, size / 1e6


def _fill(settings: Settings, count: int) -> None:
    with MongoClient[dict[str, Any]](settings.mongodb_uri, tz_aware=True) as client:
        database = client[settings.database]
        made = _interactions(count)
        while batch := list(islice(made, BATCH)):
            database["partyInteraction"].insert_many([row for row, _ in batch], ordered=False)
            database["event"].insert_many([entry for _, entry in batch], ordered=False)


def _interactions(count: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows, each with an entry of the log."""
    for number in range(count):
        at, id = START + timedelta(minutes=number), f"{number:08}"
        end = at + timedelta(hours=2)
        document = {
            "@type": "TrackedInteraction",
            "reason": "Question about an invoice",
            "description": f"The charge of {number} was not what was said on the phone, " * 5,
            "direction": "inbound",
            "status": "completed",
            "creationDate": at,
            "statusChangeDate": end,
            "clock": {
                "startDate": at,
                "firstResponseDate": at + timedelta(minutes=9),
                "endDate": at + timedelta(hours=2),
            },
            "promise": [
                {"name": name, "state": "met", "dueDate": at + timedelta(hours=4), "metDate": end}
                for name in ("firstResponse", "resolution")
            ],
            "relatedChannel": [{"role": "via", "channel": {"id": f"channel-{number % 40}"}}],
            "relatedParty": [
                {"role": role, "partyOrPartyRole": {"id": f"{role}-{number % 5000}", "@referredType": "Individual"}}
                for role in ("caller", "agent")
            ],
            "note": [{"id": "1", "author": "Sam de Wit", "date": at, "text": "Explained the roaming zones, twice"}],
        }
        entry = {
            "_id": number + 1,
            "eventId": id,
            "resource": "PartyInteraction",
            "resourceId": id,
            "at": at,
            "hash": id,
        }
        yield {"_id": id, "revision": 1, "changed": at, "document": document}, entry


if __name__ == "__main__":
    main()
