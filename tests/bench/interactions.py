# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.interactions`: what working time, working lists and a check of all promises take."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

import click
from cryptography.fernet import Fernet
from pymongo import MongoClient

from app import logs
from app.cli.policy import check_promises
from app.composition.factory import Liaison
from app.interactions.tracking import Tracking
from app.interactions.working_time import WorkingTime
from app.settings import Settings
from app.storage.documents import indexes
from app.storage.event_log.chain import SEALED
from app.storage.mongod.client import connect
from tests.bench.running import machine
from tests.storage.representatives import DECLARED, INTERACTION, LISTS, list_options, rows

OFFICE = (((540, 750), (810, 1050)),) * 5 + ((), ())
START = datetime(2026, 3, 25, 9, tzinfo=UTC)
MOST_MICROSECONDS, MOST_MILLISECONDS, MOST_SECONDS = 50.0, 20.0, 30.0
"""What adding 40 hours may take, the slowest working list, and the check of all promises."""
ROUNDS = 50
PARTIES = 10_000
"""Whom the checked interactions are with, in turns."""
POLICIES = """
calendars:
  office: {timeZone: Europe/Amsterdam, week: {mon-fri: ['09:00-12:30', '13:30-17:30']}}
policies:
  - {name: usual, calendar: office, firstResponse: PT4H, progress: PT16H, resolution: PT40H}
"""


@click.command()
@click.option("--listed", default=200_000, show_default=True, help="Interactions that working lists find some of.")
@click.option("--promised", default=100_000, show_default=True, help="Interactions whose promises are checked.")
@click.option("--sealed", is_flag=True, help="Seal the payloads of the log that promises are checked with.")
def main(listed: int, promised: int, sealed: bool) -> None:
    """Measure all three. Ends with 1 when one takes more than it may."""
    logs.configure("warning")
    hours = WorkingTime(ZoneInfo("Europe/Amsterdam"), OFFICE)
    microseconds = min(_adding(hours) for _ in range(5)) * 1e6
    click.echo(f"adding 40 hours of working time takes {microseconds:.1f} µs")
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        file = Path(scratch) / "interaction-policies.yaml"
        file.write_text(POLICIES, encoding="utf-8")
        settings = replace(Settings(), mongodb_uri=place.uri, database="listed", interaction_policies=str(file))
        milliseconds = _listing(settings, listed)
        key = Fernet.generate_key().decode() if sealed else ""
        seconds, busy, wrong = _checking(replace(settings, database="checked", secrets_key=key), promised)
    taken = f"{seconds:.1f} s, {busy:.1f} s of them CPU"
    click.echo(f"the promises of {promised} interactions are computed again in {taken}; {wrong} differ")
    slow = microseconds > MOST_MICROSECONDS or milliseconds > MOST_MILLISECONDS or seconds > MOST_SECONDS
    if slow or wrong:
        raise SystemExit(1)


def _adding(hours: WorkingTime) -> float:
    begin = perf_counter()
    for minute in range(1000):
        hours.add(START + timedelta(minutes=minute), timedelta(hours=40))
    return (perf_counter() - begin) / 1000


def _listing(settings: Settings, count: int) -> float:
    """The median milliseconds of the slowest working list."""

    async def ensure() -> None:
        async with connect(settings) as client:
            await indexes.ensure(client[settings.database], DECLARED, {INTERACTION.name: "status"})

    asyncio.run(ensure())
    with MongoClient[dict[str, Any]](settings.mongodb_uri, tz_aware=True) as client:
        collection = client[settings.database]["partyInteraction"]
        made = rows(count)
        while batch := list(islice(made, 10_000)):
            collection.insert_many(batch, ordered=False)
        slowest = 0.0
        for name, query in LISTS.items():
            times = sorted(_reading(collection, query) for _ in range(ROUNDS))
            median = times[ROUNDS // 2] * 1e3
            click.echo(f"{name}: {median:.1f} ms, at most {times[-1] * 1e3:.1f} ms, of {count} interactions")
            slowest = max(slowest, median)
    return slowest


def _reading(collection: Any, query: str) -> float:
    begin = perf_counter()
    assert list(collection.find(**list_options(query)))
    return perf_counter() - begin


def _checking(settings: Settings, count: int) -> tuple[float, float, int]:
    """The seconds that the check takes, those of the CPU of this process alone, and how many differ."""
    asyncio.run(_store(settings, count))
    begin, begun = perf_counter(), process_time()
    wrong = asyncio.run(check_promises(settings))
    return perf_counter() - begin, process_time() - begun, wrong


async def _store(settings: Settings, count: int) -> None:
    """Store interactions and their log as a server with these settings would, sealed where they have a key."""
    async with connect(settings) as client:
        liaison = Liaison(settings, client)
        database = client[settings.database]
        made = _histories(liaison.tracked["PartyInteraction"], count)
        while batch := list(islice(made, 2000)):
            entries = [entry for _, each in batch for entry in each]
            if liaison.payloads:
                entries = [dict(entry) for entry in await liaison.payloads.seal(entries)]
                assert all(SEALED in entry for entry in entries)
            await database["event"].insert_many(entries, ordered=False)
            await database["partyInteraction"].insert_many([row for row, _ in batch], ordered=False)
        await database["event"].create_index([("resource", 1), ("resourceId", 1), ("_id", 1)])


def _histories(tracking: Tracking, count: int) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Rows with the entries of the log about them: created, and then waiting for the party."""
    for number in range(count):
        at = START + timedelta(minutes=number)
        party = {"role": "customer", "partyOrPartyRole": {"id": str(number % PARTIES), "@referredType": "Individual"}}
        document = {
            "@type": "TrackedInteraction",
            "direction": "inbound",
            "status": "opened",
            "reason": "Bill",
            "relatedParty": [party],
        }
        tracking.begin(document, at)
        paused = {**document, "waitingFor": "party"}
        tracking.advance(document, paused, at + timedelta(hours=3))
        id = f"{number:08}"
        entries = [
            {
                "_id": 2 * number + revision,
                "eventId": f"{id}-{revision}",
                "resource": "PartyInteraction",
                "resourceId": id,
                "kind": kind,
                "revision": revision,
                "at": then,
                "loggedAt": then,
                "document": state,
            }
            for revision, kind, then, state in (
                (1, "Create", at, document),
                (2, "AttributeValueChange", at + timedelta(hours=3), paused),
            )
        ]
        yield {"_id": id, "revision": 2, "changed": entries[1]["at"], "document": paused}, entries


if __name__ == "__main__":
    main()
