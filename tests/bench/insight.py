# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.insight`: how long figures about very many interactions take, asked by HTTP."""

import logging
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
import httpx
from pymongo import MongoClient

from app.interactions.insight.packed_facts import FactPacker
from app.settings import Settings
from app.storage.documents.rows import FACTS
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.bench.tables import table
from tests.serving import free_port, serving
from tests.storage.representatives import INTERACTION

INSIGHT = "/tmf-api/interactionInsight/v1/interactionInsight"
BEGIN, DAYS = datetime(2024, 1, 1, tzinfo=UTC), 730
BATCH = 10_000
MOST_SECONDS = 1.0
"""What a month by channel may take, of a million interactions in two years."""
QUESTIONS: dict[str, dict[str, Any]] = {
    "a month, by channel": {"from": "2025-06-01", "to": "2025-07-01", "groupBy": "channel"},
    "a month, by channel and day": {"from": "2025-06-01", "to": "2025-07-01", "groupBy": "channel,period"},
    "a quarter, by reason": {"from": "2025-04-01", "to": "2025-07-01", "groupBy": "reason"},
    "two years, by channel and month": {
        "from": "2024-01-01",
        "to": "2026-01-01",
        "groupBy": "channel,period",
        "period": "month",
    },
}
CHANNELS = {"call-centre": "phone", "shop": "store", "portal": "web", "app": "app"}
REASONS = [f"Reason {number}" for number in range(30)]


def rows(count: int, pack: FactPacker) -> Iterator[dict[str, Any]]:
    """Rows of interactions with facts, spread over two years; one in fifty is open."""
    draw = random.Random(1)
    for number in range(count):
        at = BEGIN + timedelta(milliseconds=int(number / count * DAYS * 86_400_000))
        due = at + timedelta(hours=40)
        end = at + timedelta(seconds=draw.randrange(400_000))
        is_open = number % 50 == 0
        document = {
            "@type": "TrackedInteraction",
            "creationDate": at,
            "reason": REASONS[draw.randrange(len(REASONS))],
            "direction": "inbound",
            "status": "opened" if is_open else "completed",
            "relatedChannel": [{"channel": {"id": draw.choice([*CHANNELS])}}],
            "relatedParty": [{"role": role, "partyOrPartyRole": {"id": "7"}} for role in ("caller", "agent")],
            "clock": {"startDate": at, "firstResponseDate": min(end, at + timedelta(seconds=draw.randrange(9000)))}
            | ({} if is_open else {"endDate": end}),
            "promise": [
                {"name": "resolution", "dueDate": due}
                | ({"state": "due"} if is_open else {"state": "met", "metDate": end})
            ],
        }
        yield {"_id": f"{number:08}", "revision": 1, "changed": at, "document": document, FACTS: pack(document)}


def surveys(count: int) -> Iterator[dict[str, Any]]:
    """Answers about one in twenty interactions."""
    draw = random.Random(2)
    for number in range(0, count, 20):
        at = BEGIN + timedelta(milliseconds=int(number / count * DAYS * 86_400_000))
        document = {
            "surveyType": "CSAT",
            "status": "answered",
            "statusDate": at + timedelta(hours=1),
            "score": draw.randint(1, 5),
            "ratedEntity": {"id": f"{number:08}", "@referredType": "PartyInteraction"},
        }
        yield {"_id": f"s{number:08}", "revision": 1, "changed": at, "document": document}


def fill(settings: Settings, count: int) -> None:
    """Store the rows, as if they had been written while insight was on."""
    pack = FactPacker(INTERACTION.lifecycle, frozenset({"TrackedInteraction"}))
    with MongoClient[dict[str, Any]](settings.mongodb_uri) as client:
        database = client[settings.database]
        for name, made in (("partyInteraction", rows(count, pack)), ("satisfactionSurvey", surveys(count))):
            while batch := list(islice(made, BATCH)):
                database[name].insert_many(batch, ordered=False)
        database["channel"].insert_many(
            [
                {"_id": id, "revision": 1, "changed": BEGIN, "document": {"channelType": kind}}
                for id, kind in CHANNELS.items()
            ]
        )


@click.command()
@click.option("--interactions", "count", type=click.IntRange(1000), default=100_000, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
def main(count: int, rounds: int) -> None:
    """Print how long each question takes. Ends with 1 when a month by channel takes more than it may."""
    logging.disable(logging.INFO)
    with (
        tempfile.TemporaryDirectory() as scratch,
        EmbeddedMongod(Path(scratch) / "data", cache_gigabytes=2.0) as mongod,
    ):
        settings = replace(
            Settings(),
            mongodb_uri=mongod.uri,
            port=free_port(),
            insight=True,
            accept_data=True,
            query_timeout_ms=120_000,
        )
        # It builds the indexes, and notes that all rows have facts, as there are none.
        with serving(settings):
            pass
        fill(settings, count)
        with serving(settings) as url, httpx.Client(base_url=url, timeout=300) as client:
            medians = {name: _median(client, asked, rounds) for name, asked in QUESTIONS.items()}
    lines = [[name, f"{seconds:.2f}", str(slices), f"{volume}"] for name, (seconds, slices, volume) in medians.items()]
    click.echo(f"{count} interactions in two years")
    click.echo(table(["question", "median, s", "slices", "interactions"], lines))
    if next(iter(medians.values()))[0] > MOST_SECONDS:
        raise SystemExit(1)


def _median(client: httpx.Client, asked: dict[str, Any], rounds: int) -> tuple[float, int, int]:
    times, told = [], {"slice": list[dict[str, Any]]()}
    for _ in range(rounds):
        begun = time.perf_counter()
        told = client.get(f"{INSIGHT}?{urlencode(asked)}").raise_for_status().json()
        times.append(time.perf_counter() - begun)
    return statistics.median(times), len(told["slice"]), sum(each["volume"] for each in told["slice"])


if __name__ == "__main__":
    main()
