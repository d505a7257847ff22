# SPDX-License-Identifier: Apache-2.0
"""The search for duplicates: each pair is suspected and announced once, whatever happens at once or is broken off."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from pymongo import AsyncMongoClient
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from app.domain.events import DUPLICATE_SUSPECTED
from app.identity.duplicate_search import MOST_CANDIDATES, DuplicateSearch
from app.identity.matching import load_rules
from app.identity.matching.rules_file import DEFAULT
from app.identity.party_rules import PartyRules
from app.storage.event_log import event_log
from app.storage.identity import match_keys, match_progress, suspicions
from app.storage.mongod.durable import Database
from tests.storage.listening import Writer, relay

pytestmark = pytest.mark.anyio

ADA: dict[str, Any] = {
    "@type": "Individual",
    "givenName": "Ngozi",
    "familyName": "Okafor",
    "birthDate": "1984-03-17",
    "contactMedium": [{"emailAddress": "ngozi.okafor@example.com", "street1": "Veerkade 12", "city": "Rotterdam"}],
}
OTHER = {"@type": "Individual", "givenName": "Pieter", "familyName": "Visser", "birthDate": "1961-11-02"}
RULES = PartyRules(load_rules(None), ["Individual"])


class Place:
    """A database with a search, a writer of individuals, and the relay that logs what they are."""

    def __init__(self, database: Database, rules: PartyRules = RULES) -> None:
        self.database = database
        self.search = DuplicateSearch(database, rules)
        self.writer = Writer(database)
        self.relay = relay(database)

    async def follow(self) -> None:
        """Log what waits, search, and log what was announced."""
        await self.log()
        while await self.search.step():
            pass
        await self.log()

    async def log(self) -> None:
        while await self.relay.drain():
            pass

    async def announced(self) -> list[tuple[str, list[str]]]:
        """The announcements: the party that each is about, and the ids of the suspects."""
        entries = self.database[event_log.COLLECTION].find({"kind": DUPLICATE_SUSPECTED}, sort=[("_id", 1)])
        return [
            (entry["resourceId"], [each["id"] for each in entry["document"]["duplicateSuspect"]])
            async for entry in entries
        ]

    async def suspected(self) -> list[list[str]]:
        return [row["ids"] async for row in self.database[suspicions.COLLECTION].find(sort=[("ids", 1)])]

    async def keyed(self) -> set[str]:
        return {row["id"] async for row in self.database[match_keys.COLLECTION].find()}


@pytest.fixture
async def place(database: Database) -> Place:
    made = Place(database)
    await made.search.prepare()
    await made.follow()
    return made


async def test_a_create_that_is_like_another_is_recorded_and_announced_once(place: Place) -> None:
    await place.writer.create("a", **ADA)
    await place.follow()
    assert await place.announced() == []
    await place.writer.create("b", **ADA)
    await place.writer.create("c", **OTHER)
    await place.follow()
    await place.writer.patch("b", title="Dr")
    await place.writer.patch("a", title="Dr")
    await place.follow()
    assert await place.announced() == [("b", ["a"])]
    assert await place.suspected() == [["a", "b"]]
    (entry,) = await place.database[event_log.COLLECTION].find({"kind": DUPLICATE_SUSPECTED}).to_list()
    assert (entry["eventType"], entry["api"], entry["revision"]) == ("IndividualDuplicateSuspectedEvent", "party", 1)
    (suspect,) = entry["document"]["duplicateSuspect"]
    assert suspect["grade"] == "certain"
    assert sum(each["weight"] for each in suspect["explanation"]) == suspect["score"]
    assert not {"Ngozi", "Okafor", "1984-03-17"} & {str(value) for each in suspect["explanation"] for value in each}
    assert (entry["document"]["rulesDigest"], entry["document"]["capped"]) == (RULES.digest, False)
    assert (await place.database["individual"].find_one({"_id": "a"}) or {})["revision"] == 2


async def test_two_creates_at_once_find_one_another_whatever_searches_at_once(place: Place) -> None:
    others = [Place(place.database), Place(place.database)]
    await asyncio.gather(*(place.writer.create(f"{pair}{side}", **ADA | {"givenName": name, "birthDate": day})
                           for pair, name, day in (("x", "Ngozi", "1984-03-17"), ("y", "Bartholomew", "1955-01-09"))
                           for side in "ab"))  # fmt: skip
    await place.log()

    async def search(each: Place) -> None:
        while await each.search.step():
            pass

    await asyncio.gather(*(search(each) for each in (place, *others)))
    await place.follow()
    pairs = await place.suspected()
    assert ["xa", "xb"] in pairs
    assert ["ya", "yb"] in pairs
    told = [sorted((about, each)) for about, suspects in await place.announced() for each in suspects]
    assert sorted(told) == sorted(pairs)


class Breaker(CommandListener):
    """Cancels a task when the database is sent its command of this number."""

    def __init__(self) -> None:
        self.task: asyncio.Task[bool] | None = None
        self.left = 0
        self.sent: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        if self.task:
            self.sent.append(event.command_name)
            self.left -= 1
            if not self.left:
                self.task.cancel()

    def succeeded(self, event: CommandSucceededEvent) -> None: ...

    def failed(self, event: CommandFailedEvent) -> None: ...


async def test_a_search_that_is_broken_off_anywhere_loses_and_doubles_nothing(place: Place, mongodb_uri: str) -> None:
    breaker = Breaker()
    options: dict[str, Any] = {"tz_aware": True, "w": "majority", "event_listeners": [breaker]}
    async with AsyncMongoClient[dict[str, Any]](mongodb_uri, **options) as client:
        search = DuplicateSearch(client[place.database.name], RULES)
        await search.step()
        ids: list[str] = []
        broken = True
        while broken:
            ids.append(f"b{len(ids):02}")
            await place.writer.create(ids[-1], **OTHER)
            await place.log()
            breaker.sent, breaker.left = [], len(ids)
            breaker.task = asyncio.create_task(search.step())
            broken = await _is_cancelled(breaker.task)
            breaker.task = None
    assert {"insert", "update", "commitTransaction"} <= {*breaker.sent}
    await place.follow()
    pairs = [[one, other] for number, one in enumerate(ids) for other in ids[number + 1 :]]
    assert await place.suspected() == pairs
    told = [sorted((about, each)) for about, suspects in await place.announced() for each in suspects]
    assert sorted(told) == pairs


async def _is_cancelled(task: asyncio.Task[bool]) -> bool:
    with suppress(asyncio.CancelledError):
        await task
    return task.cancelled()


async def test_what_is_read_again_is_announced_no_more(place: Place) -> None:
    await place.writer.create("a", **ADA)
    await place.writer.create("b", **ADA)
    await place.follow()
    before = await place.announced()
    await place.database[match_progress.COLLECTION].update_one({"_id": "matching"}, {"$set": {"position": 0}})
    await place.follow()
    assert await place.announced() == before == [("b", ["a"])]


async def test_a_change_may_make_two_alike_and_one_that_ends_it_leaves_the_record(place: Place) -> None:
    await place.writer.create("a", **ADA)
    await place.writer.create("b", **OTHER)
    await place.follow()
    assert await place.suspected() == []
    await place.writer.patch("b", **ADA)
    await place.follow()
    assert await place.announced() == [("b", ["a"])]
    await place.writer.patch("b", **OTHER, contactMedium=[])
    await place.writer.create("c", **ADA)
    await place.follow()
    assert await place.suspected() == [["a", "b"], ["a", "c"]]


async def test_what_was_deleted_is_no_candidate_and_leaves_no_key(place: Place) -> None:
    await place.writer.create("a", **ADA)
    await place.follow()
    await place.writer.delete("a")
    await place.writer.create("b", **ADA)
    await place.writer.create("c", **OTHER)
    await place.writer.delete("c")
    await place.follow()
    assert await place.suspected() == []
    assert await place.keyed() == {"b"}


async def test_placeholders_and_what_is_missing_make_nobody_alike(place: Place) -> None:
    for number in range(3):
        await place.writer.create(f"test{number}", **{"@type": "Individual", "givenName": "Test", "familyName": "Test"})
        await place.writer.create(f"bare{number}", **{"@type": "Individual", "gender": "female"})
    await place.follow()
    assert await place.suspected() == []
    assert await place.keyed() == set()


async def test_a_crowd_is_cut_and_that_is_announced(place: Place) -> None:
    alike = {**ADA, "contactMedium": []}
    rows = [
        {"_id": f"crowd{number:03}", "revision": 1, "document": {**alike, "givenName": f"Ngozi{chr(97 + number % 26)}"}}
        for number in range(MOST_CANDIDATES * 2)
    ]
    await place.database["individual"].insert_many(rows)
    await place.database[match_progress.COLLECTION].delete_one({"_id": "matching"})
    await place.search.prepare()
    await place.follow()
    await place.writer.create("one", **alike)
    await place.follow()
    ((about, suspects),) = await place.announced()
    assert about == "one"
    assert 0 < len(suspects) <= MOST_CANDIDATES
    entry = await place.database[event_log.COLLECTION].find_one({"kind": DUPLICATE_SUSPECTED})
    assert entry
    assert entry["document"]["capped"] is True


async def test_what_was_written_before_is_found_and_not_announced_itself(database: Database) -> None:
    place = Place(database)
    for id in ("a", "b"):
        await place.writer.create(id, **ADA)
    await place.log()
    await place.search.prepare()
    await place.follow()
    assert await place.keyed() == {"a", "b"}
    assert await place.suspected() == []
    await place.writer.create("c", **ADA)
    await place.follow()
    assert await place.announced() == [("c", ["a", "b"])]


async def test_other_rules_give_other_keys_before_anything_is_searched(place: Place, tmp_path: Path) -> None:
    await place.writer.create("a", **ADA)
    await place.writer.create("bare", **{"@type": "Individual", "familyName": "Okafor", "birthDate": "1984-03-17"})
    await place.follow()
    assert await place.keyed() == {"a", "bare"}
    content = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    content["Individual"]["blocks"] = [["email"]]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    await place.writer.create("b", **ADA)
    other = Place(place.database, PartyRules(load_rules(str(file)), ["Individual"]))
    await other.follow()
    assert await place.keyed() == {"a", "b"}
    assert (await place.announced())[-1] == ("b", ["a"])
    digests = await place.database[match_keys.COLLECTION].distinct("digest")
    assert digests == [load_rules(str(file)).digest]
