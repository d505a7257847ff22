# SPDX-License-Identifier: Apache-2.0
"""What must hold after all that was done to a deployment: requests, log, documents and listeners agree."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.database import Database

from app.domain.events import lower_camel
from app.storage.documents.repository import TOMBSTONES
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.verification import VerificationResult, verify_chain
from app.storage.hubs.vault import Vault
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.sealed_payloads import SealedPayloads
from tests.chaos.load import KEYED, RESOURCES, Write

Entry = Mapping[str, Any]
Stored = Database[dict[str, Any]]


def logged(uri: str, database: Stored, secrets_key: str) -> list[dict[str, Any]]:
    """The event log, in its order and opened, but for what the server tells of itself, such as its roles."""

    async def opened() -> list[dict[str, Any]]:
        async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
            store = client[database.name]
            log = EventLog(store, SealedPayloads(PartyKeys(store, Vault(secrets_key)), {}))
            return [each async for each in log.walk(0) if each["resource"] in RESOURCES]

    return asyncio.run(opened())


def undrained(database: Stored) -> int:
    """How many documents have changes that are not in the log yet."""
    names = [*map(lower_camel, RESOURCES), TOMBSTONES]
    return sum(database[name].count_documents({"pending": {"$exists": True}}) for name in names)


def assert_each_write_is_logged_once(log: Sequence[Entry], writes: Iterable[Write]) -> None:
    """Acknowledged writes are in the log, no write is there twice, and nothing is there that nobody asked for."""
    told = {each.correlation_id: each.acknowledged for each in writes}
    times = Counter(entry["correlationId"] for entry in log)
    assert [id for id, acknowledged in told.items() if acknowledged and not times[id]] == [], "lost"
    assert [id for id, number in times.items() if number > 1] == [], "doubled"
    assert [id for id in times if id not in told] == [], "not asked for"


def assert_each_resource_is_in_order(log: Sequence[Entry]) -> None:
    """Each life of an id begins with its create, goes on without a revision left out, and ends with its delete."""
    for life, entries in _by_resource(log).items():
        revision = 0
        for entry in entries:
            revision += 1
            assert (entry["revision"], entry["kind"] == "Create") == (revision, revision == 1), (life, entry["_id"])
            revision = 0 if entry["kind"] == "Delete" else revision


def assert_the_log_tells_the_documents(log: Sequence[Entry], database: Stored) -> None:
    """Whoever replays the log gets the documents that there are."""
    replayed: dict[tuple[str, str], Any] = {}
    for life, entries in _by_resource(log).items():
        if entries[-1]["kind"] != "Delete":
            replayed[life] = (entries[-1]["revision"], entries[-1]["document"])
    kept = {
        (resource, row["_id"]): (row["revision"], row["document"])
        for resource in RESOURCES
        for row in database[lower_camel(resource)].find({})
    }
    assert kept == replayed


def assert_heard_in_order(taken: Sequence[str], log: Sequence[Entry]) -> None:
    """A listener took each event of `log` at least once, and each resource's for the first time in their order."""
    resources = {entry["eventId"]: (entry["resource"], entry["resourceId"]) for entry in log}
    heard: dict[tuple[str, str], list[str]] = defaultdict(list)
    for event in dict.fromkeys(taken):
        heard[resources[event]].append(event)
    expected = {life: [entry["eventId"] for entry in entries] for life, entries in _by_resource(log).items()}
    assert heard == expected


def assert_each_key_created_once(keys: Mapping[str, set[str]], database: Stored) -> None:
    """Under each key one resource was created at most, and whoever was answered was answered that one."""
    made: dict[str, set[str]] = defaultdict(set)
    for row in database[lower_camel("Individual")].find({"document.title": KEYED}):
        made[row["document"]["familyName"]].add(row["_id"])
    assert {key: ids for key, ids in made.items() if len(ids) > 1} == {}, "doubled"
    assert {key: ids for key, ids in keys.items() if ids and made[key] != ids} == {}, "answered otherwise"


def assert_the_chain_holds(uri: str, database: Stored) -> None:
    """Every entry of the log is as it was written, also of what the server tells of itself."""

    async def whole() -> VerificationResult:
        async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
            return [each async for each in verify_chain(EventLog(client[database.name]))][-1]

    assert asyncio.run(whole()).entries == database["event"].count_documents({})


def _by_resource(log: Sequence[Entry]) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in log:
        found[entry["resource"], entry["resourceId"]].append(entry)
    return found
