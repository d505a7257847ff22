# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.match_cost`: what matching costs a create, in CPU and throughput."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import click
import httpx
import orjson
from pymongo.database import Database

from app import logs
from app.composition.factory import Liaison
from app.domain import dates
from app.resources.create import new_document, validated_body
from app.seed.generator import generate
from app.settings import Settings
from app.storage.event_log.event_log import COLLECTION as LOG
from app.storage.identity.match_progress import COLLECTION as PROGRESS
from app.storage.mongod.client import connect
from tests.bench.load import Load
from tests.bench.processes import cpu_seconds, family
from tests.bench.running import Machine, machine, process
from tests.serving import free_port
from tests.waiting import eventually

MOST_MILLISECONDS, LEAST_SHARE = 1.0, 0.75
"""What matching may cost a create in CPU, and the least share of the throughput that it leaves."""
PATH = "/tmf-api/party/v4/individual"
SCRIPT = Path(__file__).with_name("bodies.lua")
CONNECTIONS = 16
BATCH = 1000
READY_SECONDS, KEYED_SECONDS = 600, 900


@dataclass
class Side:
    """A server with matching on or off, on a database of its own: CPU of a create in ms, creates a second."""

    name: str
    matching: bool
    settings: Settings
    milliseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


@click.command()
@click.option("--parties", default=100_000, show_default=True, help="Individuals that are stored before.")
@click.option("--seconds", default=10, show_default=True, help="Seconds of creates in each round.")
@click.option("--rounds", default=3, show_default=True, help="Rounds with each of both.")
def main(parties: int, seconds: int, rounds: int) -> None:
    """Measure creates with matching and without, in turn. Ends with 1 when it costs more than it may."""
    logs.configure("warning")
    with tempfile.TemporaryDirectory() as directory, machine(Path(directory)) as place:
        sides = [
            Side(name, on, replace(Settings(), mongodb_uri=place.uri, database=name, port=free_port(), matching=on))
            for name, on in (("off", False), ("on", True))
        ]
        bodies = persons(parties, seed=2)
        for side in sides:
            asyncio.run(stock(side.settings, parties))
        for _ in range(rounds):
            for side in sides:
                measure(place, side, list(islice(bodies, seconds * 4000)), seconds)
        report(place, sides, parties)


def persons(start: int, seed: int) -> Iterator[bytes]:
    """Create bodies of individuals, all of other people; what they are known by elsewhere is left out."""
    for household in generate(10**9, seed, datetime(2026, 1, 1, tzinfo=UTC)):
        kind, body = household.party
        if kind == "individual" and household.number > start:
            yield orjson.dumps({name: value for name, value in body.items() if name != "individualIdentification"})


async def stock(settings: Settings, parties: int) -> None:
    """Store individuals, as if their events had been logged long ago."""
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await liaison.prepare()
        resource = next(api.engines["Individual"].resource for api in liaison.apis if api.key == "party-v4")
        rows, at = liaison.database["individual"], dates.now()
        made = (orjson.loads(body) for body in persons(0, seed=1))
        for first in range(0, parties, BATCH):
            documents = [new_document(resource, validated_body(resource, body), at) for body in islice(made, BATCH)]
            await rows.insert_many(
                {"_id": f"stock{first + number:07}", "revision": 1, "created": at, "changed": at, "document": document}
                for number, document in enumerate(documents)
            )
        await liaison.release()


def measure(place: Machine, side: Side, bodies: list[bytes], seconds: int) -> None:
    """Create individuals for so many seconds; counts the CPU until everything is logged, and searched."""
    database = place.client[side.settings.database]
    command = [sys.executable, "-m", "app.cli", "serve", "--workers", "1"]
    with process(f"server-{side.name}", command, side.settings.environment(), place.scratch) as child:
        begun = time.monotonic()
        eventually(lambda: answers(side.settings.root_url), "it answers", READY_SECONDS)
        eventually(lambda: is_settled(database, matching=side.matching), "all have keys", KEYED_SECONDS)
        click.echo(f"{side.name}: ready after {time.monotonic() - begun:.0f} s", err=True)
        file = place.scratch / "bodies"
        file.write_bytes(b"\n".join(bodies))
        before = cpu_seconds({*family(child.pid), place.mongod})
        load = drive(side.settings.root_url, file, seconds)
        eventually(lambda: is_settled(database, matching=side.matching), "all is searched", KEYED_SECONDS)
        used = cpu_seconds({*family(child.pid), place.mongod}) - before
    if load.errors:
        sys.exit(f"{load.errors} creates failed")
    side.milliseconds.append(used * 1000 / load.requests)
    side.rates.append(load.rate)
    click.echo(f"{side.name}: {load.rate:.0f} creates a second, {used * 1000 / load.requests:.2f} ms each", err=True)


def is_settled(database: Database[dict[str, Any]], *, matching: bool) -> bool:
    """Whether nothing waits for the log, and matching has followed it to its end."""
    waiting = {"pending": {"$exists": True}}
    if any(database[name].find_one(waiting, {"_id": 1}) for name in ("individual", "departed")):
        return False
    if not matching:
        return True
    progress = database[PROGRESS].find_one({}) or {}
    last = database[LOG].find_one({}, {"_id": 1}, sort=[("_id", -1)]) or {"_id": 0}
    known = progress.get("completed", {}).get("Organization", {"last": ""})
    return bool(known["last"] is None and progress.get("position") == last["_id"])


def answers(url: str) -> bool:
    """Whether the server is ready."""
    try:
        return httpx.get(f"{url}{PATH}?limit=1", timeout=30).is_success
    except httpx.TransportError:
        return False


def drive(url: str, bodies: Path, seconds: int) -> Load:
    """Send creates over several connections, each as soon as the one before is answered."""
    driver = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--timeout", "30s", "-s", str(SCRIPT)]
    ran = subprocess.run([*driver, url, "--", PATH, str(bodies)], capture_output=True, text=True, check=True)
    return Load(**json.loads(ran.stdout.splitlines()[-1]))


def report(place: Machine, sides: list[Side], parties: int) -> None:
    off, on = sides
    more = median(on.milliseconds) - median(off.milliseconds)
    share = median(on.rates) / median(off.rates)
    database = place.client[on.settings.database]
    announced = database[LOG].count_documents({"kind": "DuplicateSuspected"})
    created = database[LOG].count_documents({"kind": "Create"})
    click.echo(f"{parties:,} parties; a create costs {median(off.milliseconds):.2f} ms of CPU, and {more:.2f} ms more")
    click.echo(f"with matching, which leaves {share:.0%} of {median(off.rates):.0f} creates a second.")
    click.echo(f"Of {created:,} creates {announced:,} were announced as suspected duplicates.")
    if more > MOST_MILLISECONDS or share < LEAST_SHARE:
        sys.exit(f"more than {MOST_MILLISECONDS:g} ms, or less than {LEAST_SHARE:.0%}")


if __name__ == "__main__":
    main()
