# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.scanning`: how long `liaison identity scan` takes for so many parties, and how much memory."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any, NamedTuple

import click
import orjson
from pymongo import MongoClient

from app.domain import dates
from tests.bench.processes import family
from tests.bench.running import machine
from tests.identity.register import Register

MOST_SECONDS, MOST_MEGABYTES = 90.0, 600.0
"""What the scan of 100,000 parties may take, on two cores: time, and memory of all its processes together."""
BAR = 100_000
BATCH = 2000
SAMPLE_SECONDS = 0.2
DATABASE = "scan"


@click.command()
@click.option("--parties", default=BAR, show_default=True, help="Individuals that are compared.")
@click.option("--seed", default=1, show_default=True, help="What the individuals are made of.")
def main(parties: int, seed: int) -> None:
    """Print time, memory, and what was found. Ends with 1 when 100,000 parties take more than they may."""
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        load(place.uri, parties, seed)
        scan = scanned(place.uri)
    print(orjson.dumps(scan.summary, option=orjson.OPT_INDENT_2).decode())
    told = f"{scan.seconds:.1f} s, {scan.cpu:.1f} s of CPU beside mongod's, {scan.megabytes:.0f} MB at most"
    print(f"{parties} parties: {told}")
    if parties == BAR and (scan.seconds > MOST_SECONDS or scan.megabytes > MOST_MEGABYTES):
        sys.exit(f"more than {MOST_SECONDS:g} s, or than {MOST_MEGABYTES:g} MB")


def load(uri: str, parties: int, seed: int) -> None:
    """Store so many individuals, as rows that have been announced."""
    client: MongoClient[dict[str, Any]] = MongoClient(uri)
    rows, at, records = client[DATABASE]["individual"], dates.now(), Register(seed, parties).records()
    while batch := list(islice(records, BATCH)):
        rows.insert_many(
            [{"_id": id, "revision": 1, "created": at, "changed": at, "document": document} for id, document in batch],
            ordered=False,
        )
    client.close()


class Scanned(NamedTuple):
    """Seconds of a scan, and of the CPU that it used, the most memory (Pss) of all its processes at one time in MB, and
    its summary."""

    seconds: float
    cpu: float
    megabytes: float
    summary: dict[str, Any]


def scanned(uri: str) -> Scanned:
    """What a scan takes."""
    environment = {**os.environ, "MONGODB_URI": uri, "LIAISON_DATABASE": DATABASE}
    command = [sys.executable, "-m", "app.cli", "identity", "scan", "--resource", "Individual", "--json"]
    begun, most, used = time.monotonic(), 0.0, getrusage(RUSAGE_CHILDREN)
    with tempfile.TemporaryFile() as output, subprocess.Popen(command, env=environment, stdout=output) as process:
        while process.poll() is None:
            most = max(most, sum(map(megabytes_of, family(process.pid))))
            time.sleep(SAMPLE_SECONDS)
        seconds = time.monotonic() - begun
        if process.returncode:
            sys.exit("the scan failed")
        output.seek(0)
        after = getrusage(RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
        return Scanned(seconds, cpu, most, orjson.loads(output.read())[0])


def megabytes_of(pid: int) -> float:
    """The memory of a process: what it shares counts in parts (Pss)."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
