# SPDX-License-Identifier: Apache-2.0
"""Flows whose runner is killed at each of its writes, and what must be the same as without a kill."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
from pymongo import MongoClient

from app.domain.events import lower_camel
from app.settings import Settings
from app.storage.documents import aliases, merge_journal
from tests.chaos.killed_runner import FIRST, SECOND, Live, zygote
from tests.chaos.tale import Tale
from tests.chaos.writes import AFTER, BEFORE, NOWHERE, TRANSACTION, WITHIN, Kill
from tests.contract.performing import Document, read, states
from tests.serving import free_port, serving

RESOURCES = ["Customer", "Individual", "PartyInteraction", "ProcessFlow", "TaskFlow", "ArchiveBundle"]
OF_MERGES = [aliases.COLLECTION, merge_journal.COLLECTION]
_VOLATILE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)"
    r"|[0-9a-f]{40,}"
    r"|(?<='bytes': )\d+"
)
"""Ids, instants, hashes and lengths of compressed ids, which differ from run to run."""


@dataclass(frozen=True)
class Place:
    """Where tales are told: a server, what starts runners beside it, and a look at the database."""

    settings: Settings
    client: httpx.Client
    live: Live
    mongo: MongoClient[dict[str, Any]]

    def outcome(self, tale: Tale, kill: Kill = NOWHERE) -> tuple[Any, ...]:
        """What a tale comes to, with a kill on the way, if any: states, documents, events, numbers of rows."""
        flow = self._begin(tale)
        if kill != NOWHERE:
            assert self.live(tale.ahead, kill).was_killed, f"{tale.name}: {kill}"
            self._end_transactions()
        self._perform(tale.ahead, FIRST if kill == NOWHERE else SECOND)
        told = (read(self.client, flow)["state"], states(self.client, flow))
        return told, self._documents(), self._events(), self._rows()

    def kills(self, tale: Tale) -> list[Kill]:
        """Each kill that there can be of the runner of a tale."""
        self._begin(tale)
        places = {True: (BEFORE, WITHIN, AFTER), False: (BEFORE, AFTER)}
        writes = self._perform(tale.ahead)
        assert len(writes) > 1, "the flow has tasks, and its events are relayed"
        return [Kill(where, n) for n, write in enumerate(writes, 1) for where in places[write == TRANSACTION]]

    def hold_the_law(self, tale: Tale, most: int) -> int:
        """Assert that a tale comes to the same with a kill at some of its writes, `most` of them; returns how many."""
        expected = self.outcome(tale)
        every = self.kills(tale)
        some = every if len(every) <= most else [every[(2 * n + 1) * len(every) // (2 * most)] for n in range(most)]
        for kill in some:
            assert self.outcome(tale, kill) == expected, f"{tale.name}: {kill}"
        return len(some)

    def _begin(self, tale: Tale) -> Document:
        for name in self.mongo[self.settings.database].list_collection_names():
            self.mongo[self.settings.database][name].delete_many({})
        return tale.begin(self.client, self._perform)

    def _perform(self, ahead: timedelta = timedelta(), seconds: tuple[int, ...] = FIRST) -> tuple[str, ...]:
        life = self.live(ahead, NOWHERE, seconds)
        assert life.exit_code == 0
        return life.writes

    def _end_transactions(self) -> None:
        """End the transactions of whoever is gone now, which MongoDB does by itself after ten seconds."""
        self.mongo.admin.command("killAllSessions", [])

    def _documents(self) -> dict[str, list[str]]:
        """The documents of the resources, and what is kept of merges, without ids and instants."""
        database = self.mongo[self.settings.database]
        documents = {
            name: sorted(_essence(row["document"]) for row in database[lower_camel(name)].find()) for name in RESOURCES
        }
        return {**documents, **{name: sorted(_essence(row) for row in database[name].find()) for name in OF_MERGES}}

    def _events(self) -> Counter[str]:
        """The events in the log, without ids: how often each came, what it changed, and if its payload is there."""
        entries = list(self.mongo[self.settings.database]["event"].find())
        assert len({entry["eventId"] for entry in entries}) == len(entries), "each event is logged once"
        return Counter(f"{e['eventType']} {sorted(e['changed'])} {'document' in e}" for e in entries)

    def _rows(self) -> dict[str, int]:
        """How many rows there are in each collection: of the log, the outbox, the archive, keys and receipts."""
        database = self.mongo[self.settings.database]
        waiting = {"pending": {"$exists": True}}
        counts = {name: database[name].count_documents({}) for name in database.list_collection_names()}
        assert not any(database[name].count_documents(waiting) for name in counts), "every change is logged"
        return {name: count for name, count in counts.items() if name != "lease" and count}


def _essence(document: Any) -> str:
    return _VOLATILE.sub("*", repr(_plain(document)))


def _plain(value: Any) -> Any:
    """A document with the names of its members in order, and instants as one word."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return "*" if hasattr(value, "isoformat") else value


@contextmanager
def place(settings: Settings, mongo: MongoClient[dict[str, Any]]) -> Iterator[Place]:
    """A place of one's own, until the block ends."""
    own = replace(settings, port=free_port(), database=f"liaison_killed_{free_port()}")
    with serving(own) as url, httpx.Client(base_url=url) as client, zygote(own) as live:
        yield Place(own, client, live, mongo)
    mongo.drop_database(own.database)
