# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.flows`: how long processes take to end and archive customers, and what waiting flows cost."""

import asyncio
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import yaml

from app import logs
from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.domain.events import lower_camel
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.mongod.client import connect
from app.system.tasks import end
from tests.bench.running import machine

MOST_SECONDS, MOST_PERCENT = 120.0, 2.0
"""What ending 1,000 customers may take, with 20 interactions each, and what an idle runner may of one core."""
AT_ONCE = 32
AT_ONCE_SCHEDULE = {
    "customer": {
        "trigger": {"resource": "Customer", "state": ["Terminated"]},
        "duration": "P0D",
        "legalBasis": "none, as they are made up",
        "action": "archive",
    }
}
"""A retention schedule by which customers are archived as soon as they have left."""
BATCH = 500
IDLE_SECONDS = 20.0
LONGEST_SECONDS = 900.0
CUSTOMER, INTERACTION, FLOW = "Customer", "PartyInteraction", "ProcessFlow"
TERMINATE, ARCHIVE = "TerminateCustomerRelationship", "ArchiveCustomerRelationship"


@click.command()
@click.option("--customers", default=1000, show_default=True, help="Customers that are ended and archived.")
@click.option("--interactions", default=20, show_default=True, help="Interactions of each of them.")
@click.option("--waiting", default=10_000, show_default=True, help="Flows that wait, while the runner is watched.")
def main(customers: int, interactions: int, waiting: int) -> None:
    """Measure both. Ends with 1 when it is more than it may be."""
    logs.configure("warning")
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        schedule = Path(scratch) / "retention.yaml"
        schedule.write_text(yaml.safe_dump(AT_ONCE_SCHEDULE))
        settings = replace(Settings(), mongodb_uri=place.uri, database="flows", retention=str(schedule))
        seconds = asyncio.run(_ended(settings, customers, interactions))
        percent = asyncio.run(_idle(replace(settings, database="idle"), waiting))
    click.echo(f"{customers} customers with {interactions} interactions each ended and archived in {seconds:.1f} s")
    click.echo(f"an idle runner with {waiting} waiting flows takes {percent:.2f} % of one core")
    if seconds > MOST_SECONDS or percent > MOST_PERCENT:
        sys.exit(f"more than {MOST_SECONDS:g} s, or than {MOST_PERCENT:g} % of a core")


async def _ended(settings: Settings, customers: int, interactions: int) -> float:
    """Seconds from the first flow that is begun to the last that has archived its customer."""
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await liaison.prepare()
        ids = await _load(liaison, customers, interactions)
        stop = asyncio.Event()
        runner = liaison.processes.runner()
        assert runner is not None, "the server serves flows"
        working = [asyncio.create_task(relay_of(liaison).run(stop)), asyncio.create_task(runner.run(stop))]
        await _drained(liaison)
        begun = time.monotonic()
        await _begin(liaison, ids, {"reason": "ceasedToExist"})
        await _until_archived(liaison, customers, begun)
        seconds = time.monotonic() - begun
        stop.set()
        await asyncio.gather(*working)
        await liaison.release()
    return seconds


async def _idle(settings: Settings, waiting: int) -> float:
    """The share of a core, in percent, that a runner takes while so many flows wait for their date."""
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await liaison.prepare()
        ids = await _load(liaison, waiting, 0)
        await _begin(liaison, ids, {"reason": "ceasedToExist", "wishedDate": "2040-01-01"})
        runner = liaison.processes.runner()
        assert runner is not None, "the server serves flows"
        while await runner.perform_due():
            pass
        stop = asyncio.Event()
        working = asyncio.create_task(runner.run(stop))
        before = time.process_time()
        await asyncio.sleep(IDLE_SECONDS)
        used = time.process_time() - before
        stop.set()
        with suppress(asyncio.CancelledError):
            await working
        await end([working])
        await liaison.release()
    return 100 * used / IDLE_SECONDS


async def _load(liaison: Liaison, customers: int, interactions: int) -> list[str]:
    engine = _engine(liaison, CUSTOMER, "v5")
    bodies = [
        {
            "@type": CUSTOMER,
            "name": f"Customer {number}",
            "status": "Active",
            "engagedParty": {"@type": "PartyRef", "id": f"party-{number}", "@referredType": "Individual"},
        }
        for number in range(customers)
    ]
    made = [each["id"] for some in _batches(bodies) for each in await engine.create_many(some)]
    talks = [_interaction(number, n) for number in range(customers) for n in range(interactions)]
    engine = _engine(liaison, INTERACTION, "v5")
    for some in _batches(talks):
        await engine.create_many(some)
    return made


def _batches(bodies: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [bodies[first : first + BATCH] for first in range(0, len(bodies), BATCH)]


def _interaction(customer: int, number: int) -> dict[str, Any]:
    party = {"@type": "PartyRef", "id": f"party-{customer}", "@referredType": "Individual"}
    channel = {"@type": "RelatedChannel", "role": "contact", "channel": {"@type": "ChannelRef", "id": "hotline"}}
    return {
        "@type": INTERACTION,
        "reason": f"Question {number}",
        "direction": "inbound",
        "status": "completed",
        "relatedChannel": [channel],
        "relatedParty": [{"@type": "RelatedPartyOrPartyRole", "role": "caller", "partyOrPartyRole": party}],
    }


async def _begin(liaison: Liaison, customers: list[str], told: dict[str, Any]) -> None:
    engine, places = _engine(liaison, FLOW, "v4"), asyncio.Semaphore(AT_ONCE)

    async def one(id: str) -> None:
        async with places:
            await engine.create(
                {
                    "processFlowSpecification": TERMINATE,
                    "relatedEntity": [{"id": id, "role": "customer", "@referredType": CUSTOMER}],
                    "characteristic": [{"name": name, "value": value} for name, value in told.items()],
                }
            )

    await asyncio.gather(*map(one, customers))


async def _drained(liaison: Liaison) -> None:
    rows, waiting = liaison.database[lower_camel(INTERACTION)], True
    while waiting:
        await asyncio.sleep(0.2)
        waiting = await rows.find_one({"pending": {"$exists": True}}, {"_id": True}) is not None


async def _until_archived(liaison: Liaison, customers: int, begun: float) -> None:
    flows = liaison.database[lower_camel(FLOW)]
    archived = {"document.processFlowSpecification": ARCHIVE, "document.state": "completed"}
    while (done := await flows.count_documents(archived)) < customers:
        click.echo(f"{time.monotonic() - begun:5.1f} s: {done} archived", err=True)
        if time.monotonic() - begun > LONGEST_SECONDS:
            raise click.ClickException(f"only {done} were archived in {LONGEST_SECONDS:g} s")
        await asyncio.sleep(2)


def _engine(liaison: Liaison, resource: str, version: str) -> Engine:
    return next(api.engines[resource] for api in liaison.apis if api.version == version and resource in api.engines)


if __name__ == "__main__":
    main()
