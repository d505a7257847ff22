# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.timeline`: the first page of a timeline, of ten interactions and of a hundred thousand."""

import itertools
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import httpx
from pymongo import MongoClient

from app.domain.events import lower_camel
from app.settings import Settings
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.bench.tables import table
from tests.paths import INTERACTION, INTERACTION_V5
from tests.serving import free_port, serving

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
COLLECTION = lower_camel("PartyInteraction")
FEW, MANY = 10, 100_000
BATCH = 5000
PREFERENCES = ("none", "estimated", "exact")
VERSIONS = {"v4": (INTERACTION, "relatedParty.id"), "v5": (INTERACTION_V5, "relatedParty.partyOrPartyRole.id")}


def rows(party: str, number: int) -> Iterator[dict[str, Any]]:
    """Rows of so many interactions with a party, some minutes apart, with an agent each."""
    for each in range(number):
        start = BEGIN + timedelta(minutes=7 * each)
        related = [
            {"role": role, "@type": "RelatedPartyOrPartyRole", "partyOrPartyRole": {"id": id, "@type": "PartyRef"}}
            for role, id in (("caller", party), ("agent", f"agent-{each % 50}"))
        ]
        document = {
            "@type": "PartyInteraction",
            "reason": "Question about an invoice",
            "direction": "inbound",
            "status": "completed",
            "creationDate": start,
            "interactionDate": {"startDateTime": start, "endDateTime": start + timedelta(minutes=5)},
            "relatedChannel": [{"channel": {"id": "call-centre", "@type": "ChannelRef"}, "@type": "RelatedChannel"}],
            "relatedParty": related,
        }
        yield {
            "_id": f"{party}-{each * 7919 % number:06}",
            "revision": 1,
            "created": start,
            "changed": start,
            "state": "completed",
            "document": document,
        }


def milliseconds(client: httpx.Client, url: str, preference: str) -> float:
    """How long a page takes."""
    begun = time.perf_counter()
    client.get(url, headers={"Prefer": f"count={preference}"}).raise_for_status()
    return (time.perf_counter() - begun) * 1000


def measured(client: httpx.Client, rounds: int) -> Iterator[list[str]]:
    """A row of the table for each version and way of counting: the medians, and how often one goes into the other."""
    for (version, (path, attribute)), preference in itertools.product(VERSIONS.items(), PREFERENCES):
        urls = [f"{path}?{attribute}={party}&sort=-interactionDate.startDateTime" for party in ("few", "many")]
        times = [[milliseconds(client, url, preference) for url in urls] for _ in range(rounds + 5)][5:]
        few, many = (statistics.median(each) for each in zip(*times, strict=True))
        yield [version, preference, f"{few:.2f}", f"{many:.2f}", f"{many / few:.2f}"]


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=200, show_default=True)
def main(rounds: int) -> None:
    """Print the medians for the first page of a timeline."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch, EmbeddedMongod(Path(scratch) / "data") as mongod:
        settings = Settings(mongodb_uri=mongod.uri, port=free_port(), database="timeline", log_level="ERROR")
        with serving(settings) as url, httpx.Client(base_url=url) as client, MongoClient[Any](mongod.uri) as mongo:
            for party, number in (("few", FEW), ("many", MANY)):
                made = rows(party, number)
                while batch := list(itertools.islice(made, BATCH)):
                    mongo[settings.database][COLLECTION].insert_many(batch)
            head = ["Version", "Prefer: count=", f"{FEW} interactions, ms", f"{MANY:,} interactions, ms", "ratio"]
            print(table(head, measured(client, rounds)))


if __name__ == "__main__":
    main()
