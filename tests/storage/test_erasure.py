# SPDX-License-Identifier: Apache-2.0
"""Erasure: nothing of a party is left in any collection, nothing of others is touched, and the chain verifies."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path as File
from typing import Any

import bson
import pytest
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.composition.sealing import owner_paths
from app.domain import dates
from app.domain.events import change, lower_camel
from app.domain.origin import UNKNOWN
from app.domain.query.attributes import Attribute
from app.domain.query.predicates import Path
from app.errors import KeyReused
from app.settings import Settings
from app.storage.contents.content_store import CHUNKS
from app.storage.documents.aliases import Alias
from app.storage.documents.receipts import Key, Receipts
from app.storage.documents.repository import Repository
from app.storage.erasure import Erasure, ErasureReport
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.registrations import UNGUARDED, Registrations
from app.storage.mongod.client import connect
from app.storage.mongod.transactions import transact
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox
from app.storage.reserved_collections import RESERVED
from app.storage.sealing.sealed_payloads import REMAINDER
from tests.storage.entries import checked

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]
Document = dict[str, Any]

ADA, BOB = "ada-canary", "bob-canary"
"""The beginning of each text that is about one of the two parties."""

CUSTOMER = "ada-as-a-customer"
"""The id of a customer that Ada is, by which interactions name her, too."""

MERGED = "ada-before"
"""The id of a party that was merged into Ada."""

DEEP = 4
DECISION = File(__file__).parents[2] / "docs" / "adr" / "0054-an-erasure-begins-with-the-key.md"
SHARED = "PartyInteraction"


def filled(attribute: Attribute, canary: str, depth: int = 0) -> Any:
    """A value for an attribute with a text of its own wherever one may be."""
    value: Any = f"{canary}-{depth}"
    if attribute.kind == "object":
        names = attribute.members if depth < DEEP else ()
        value = {name: filled(attribute.members[name], f"{canary}-{name}", depth + 1) for name in names}
    return [value] if attribute.array else value


def own(document: Document, path: Path, party: str) -> Document:
    """A document whose owner path leads to a party alone."""
    name, *further = path
    inner = document.get(name)
    inner = inner[0] if isinstance(inner, list) else inner
    value: Any = own(inner or {}, tuple(further), party) if further else party
    return {**document, name: [value] if isinstance(document.get(name), list) else value}


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for each in value.values() for text in texts(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in texts(each))
    elif isinstance(value, str):
        yield value


@dataclass
class Place:
    """A database with the storage of a composed server."""

    liaison: Liaison
    raw: Any

    @property
    def owners(self) -> dict[str, list[Path]]:
        return {name: paths for name, paths in owner_paths(self.liaison._parts).items() if paths}

    @property
    def log(self) -> EventLog:
        return EventLog(self.liaison.database, self.liaison.payloads)

    def documents(self, resource: str) -> Repository:
        return Repository(self.liaison.database, resource, 5000)

    def example(self, resource: str, canary: str, party: str) -> Document:
        """A document of a party, with its canary in every attribute."""
        attributes = next(
            each.resources[resource].stored
            for each in self.liaison._parts
            if resource in each.resources and each.resources[resource].has_stored_shape
        )
        document: Document = filled(attributes, canary)
        for name in ("id", "href", "status"):
            document.pop(name, None)
        for path in self.owners[resource]:
            if path != ("id",):
                document = own(document, path, party)
        return document

    async def create(self, resource: str, id: str, document: Document) -> None:
        await self.documents(resource).insert(id, document, made(1, None, document))

    async def patch(self, resource: str, id: str, after: Document) -> None:
        seen = await self.documents(resource).get(id)
        await self.documents(resource).replace(seen, after, made(seen.revision + 1, seen.document, after))

    async def delete(self, resource: str, id: str) -> None:
        seen = await self.documents(resource).get(id)
        await self.documents(resource).remove(seen, made(seen.revision + 1, seen.document, None))

    async def drain(self, log: EventLog) -> None:
        outbox = Outbox(self.liaison.database, self.liaison.sources())
        while batches := await outbox.oldest(100):
            await log.append(list(entries(batches)))
            await outbox.clear(batches)

    def stored(self) -> dict[str, list[bytes]]:
        """Every row of every collection as it is stored."""
        names = self.raw.list_collection_names()
        return {name: [bson.encode(row) for row in self.raw[name].find({})] for name in names}

    def collections_with(self, text: str) -> set[str]:
        return {name for name, rows in self.stored().items() if any(text.encode() in row for row in rows)}


def made(revision: int, before: Any, after: Any) -> Any:
    return change(revision=revision, at=dates.now(), origin=UNKNOWN, before=before, after=after, state_field=None)


@asynccontextmanager
async def placed(settings: Settings, mongo: Mongo, name: str, **other: Any) -> AsyncIterator[Place]:
    chosen = replace(settings, **other)
    async with connect(chosen) as client:
        liaison = Liaison(chosen, client)
        await liaison.prepare()
        try:
            yield Place(liaison, mongo[name])
        finally:
            await liaison.release()


async def fill(place: Place, log: EventLog, mark: str) -> list[tuple[str, str]]:
    """What two parties have done, in the log: documents of each, and one of both; returns what is Ada's own."""
    for resource in place.owners:
        for canary, party in ((ADA, "ada"), (BOB, "bob")):
            id = party if place.owners[resource] == [("id",)] else f"{party}-{mark}"
            if await place.documents(resource).existing({id}):
                continue
            await place.create(resource, id, place.example(resource, canary, party))
            await place.patch(resource, id, {**place.example(resource, f"{canary}-later", party), "kept": 1})
    shared = place.example(SHARED, ADA, "ada")
    shared["relatedParty"] += place.example(SHARED, BOB, "bob")["relatedParty"]
    await place.create(SHARED, f"both-{mark}", shared)
    await place.create(SHARED, f"customer-{mark}", place.example(SHARED, ADA, CUSTOMER))
    await place.drain(log)
    owned = [(resource, "ada" if paths == [("id",)] else f"ada-{mark}") for resource, paths in place.owners.items()]
    return [*owned, (SHARED, f"customer-{mark}")]


async def remember(place: Place, mark: str, *merged: str) -> list[Key]:
    """Receipts of what both have created, and a listener of each, and of those that were `merged` into them."""
    receipts, keys = Receipts(place.liaison.database, 24), []
    for resource, party, canary in (("Individual", "ada", ADA), (SHARED, "ada", ADA), ("Individual", "bob", BOB)):
        key = Key.of(f"v5/{resource}", f"{party}-{mark}", canary.encode())

        async def nothing(_session: Any) -> None:
            """The document is there."""

        id = party if resource == "Individual" else f"{party}-{mark}"
        answer = {"id": id, "document": place.example(resource, canary, party)}
        await receipts.keep(key, answer, nothing)
        keys.append(key)
    hubs = Registrations(place.liaison.database)
    for party in ("ada", "bob", *merged):
        await hubs.register(
            hubs.new(
                api="party",
                version="v5",
                callback=f"https://{party}-canary.example/{mark}",
                query=None,
                position=0,
                described={},
                guarded=UNGUARDED,
                registrant={"id": party, "parties": [party]},
            )
        )
    return keys


async def attach(place: Place, mark: str) -> None:
    """Bytes with the canary of each party, which its interaction has."""
    store = place.liaison.contents.store
    for canary, party in ((ADA, "ada"), (BOB, "bob")):

        async def chunks(text: str = canary) -> AsyncIterator[bytes]:
            yield b"%PDF-1.7 " + text.encode()

        await store.write(await store.begin((SHARED, f"{party}-{mark}")), chunks())


async def remove_documents(place: Place, owned: list[tuple[str, str]], marks: list[str]) -> None:
    """As a process does before: the party's own documents go, and what is its own in those of others."""
    for resource, id in owned:
        await place.delete(resource, id)
    for mark in marks:
        seen = await place.documents(SHARED).get(f"both-{mark}")
        of_bob = [each for each in seen.document["relatedParty"] if "bob" in texts(each)]
        await place.patch(SHARED, f"both-{mark}", {"relatedParty": of_bob})


async def erase(place: Place, owned: list[tuple[str, str]]) -> ErasureReport:
    """As its tasks do, each of which is repeated after a crash: the same is left, and found, then."""
    erasure: Erasure = place.liaison.erasure()
    report = await erasure.erase_party("ada", owned, reason="asked for", roles=[CUSTOMER])
    left = place.stored()["event"]
    await erasure.erase_party("ada", owned, reason="asked for", roles=[CUSTOMER])
    assert place.stored()["event"] == left
    for _ in range(2):
        await erasure.bury_aliases("ada", owned, roles=[CUSTOMER])
    return report


def test_each_collection_of_the_server_has_its_line_in_the_decision_on_erasure() -> None:
    lines = [line for line in DECISION.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {name for line in lines for name in re.findall("`([A-Za-z.]+)`", line.split("|")[1])}
    assert named == RESERVED


async def test_nothing_of_an_erased_party_is_left_in_any_collection(
    settings: Settings, mongo: Mongo, clean_database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with placed(settings, mongo, clean_database) as place:
        # The log begins as an earlier release left it: plain.
        owned = await fill(place, EventLog(place.liaison.database), "old")
        owned += [each for each in await fill(place, place.log, "new") if each not in owned]
        keys = await remember(place, "1")
        await attach(place, "new")
        await remove_documents(place, owned, ["old", "new"])
        before = place.stored()
        sealed = {each["_id"]: each["document"] for each in place.raw["event"].find({"sealed": 1})}
        assert place.collections_with(ADA) == {
            "event",
            "departed",
            "idempotency",
            "hub",
            lower_camel(SHARED),
            CHUNKS,
        }

        report = await erase(place, owned)

        assert place.collections_with(ADA) == set()
        assert ADA not in "".join(capfd.readouterr())
        assert (report.receipts, report.registrations) == (2, 1)
        assert report.payloads > len(owned)
        assert (await checked(place.log)).entries == place.raw["event"].count_documents({})
        for name in ("individual", "customer", "hub", CHUNKS):
            assert [row for row in place.stored()[name] if BOB.encode() in row] == [
                row for row in before[name] if BOB.encode() in row
            ]
        assert sealed == {
            each["_id"]: each["document"] for each in place.raw["event"].find({"_id": {"$in": [*sealed]}})
        }
        receipts = Receipts(place.liaison.database, 24)
        for key in keys[:2]:
            with pytest.raises(KeyReused, match="has been erased"):
                await receipts.find(key)
        assert await receipts.find(keys[2])

        after = place.stored()
        assert await erase(place, owned) == ErasureReport(0, 0, 0)
        assert place.stored() == after


async def test_what_was_merged_into_an_erased_party_is_erased_with_it(
    settings: Settings, mongo: Mongo, clean_database: str
) -> None:
    async with placed(settings, mongo, clean_database) as place:
        aliases = place.liaison.aliases
        for log in (EventLog(place.liaison.database, None), place.log):
            for resource, id in (("Individual", MERGED), ("Customer", "ada-former-customer")):
                document = place.example(resource, ADA, MERGED)
                await place.create(resource, id, document)
                await place.patch(resource, id, {**document, "kept": 1})
                await place.delete(resource, id)
            await place.drain(log)
        owned = await fill(place, place.log, "new")
        [customer] = [id for resource, id in owned if resource == "Customer"]
        await remember(place, "1", MERGED)
        for resource, loser, survivor in (
            ("Individual", MERGED, "ada"),
            ("Customer", "ada-former-customer", customer),
            ("Individual", "bob-before", "bob"),
        ):
            alias = Alias(resource, loser, survivor, "a-merge", dates.now())
            await transact(place.liaison.database, partial(aliases.add, alias))
        place.raw["uniqueIdentifier"].insert_one({"resource": "Individual", "id": MERGED, "key": f"x:{ADA}"})
        await remove_documents(place, owned, ["new"])

        await erase(place, owned)

        assert place.collections_with(ADA) == set()
        assert sorted(place.raw["hub"].distinct("registrant.id")) == ["bob"]
        assert "destroyed" in place.raw["partyKey"].find_one({"_id": MERGED})
        rows = {row["id"]: (row["survivor"], row["merge"]) for row in place.raw["alias"].find()}
        left = dict.fromkeys((MERGED, "ada-former-customer"), ("", ""))
        assert rows == {**left, "bob-before": ("bob", "a-merge")}
        assert await aliases.find(("Individual", MERGED)) is None
        assert await aliases.find(("Individual", "bob-before"))
        assert (await checked(place.log)).entries == place.raw["event"].count_documents({})
        after = place.stored()
        assert await erase(place, owned) == ErasureReport(0, 0, 0)
        assert place.stored() == after


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "plain"])
async def test_nothing_is_left_of_who_was_suspected_to_be_the_erased_party(
    settings: Settings, mongo: Mongo, clean_database: str, sealed: bool
) -> None:
    async with placed(
        settings, mongo, clean_database, matching=True, **({} if sealed else {"secrets_key": ""})
    ) as place:
        assert place.liaison.matching
        search, alike = place.liaison.matching.search, {"@type": "Individual", "familyName": "Okafor"}
        alike |= {"givenName": "Ngozi", "birthDate": "1984-03-17"}

        async def follow(*, logged: bool = True) -> None:
            await place.drain(place.log)
            while await search.step():
                pass
            if logged:
                await place.drain(place.log)

        await follow()
        for party in ("ada", "bob"):
            await place.create("Individual", party, alike)
            await follow()
        await place.create("Individual", "eve", alike)
        await follow(logged=False)
        assert place.collections_with("ada") >= {"matchKey", "suspicion", "departed", "event"}
        await place.delete("Individual", "ada")
        await erase(place, [("Individual", "ada")])
        assert not place.collections_with("ada") & {"matchKey", "suspicion", "departed", "individual"}
        kind = {"kind": "DuplicateSuspected"}
        told = [each for each in await place.log.after(0, 100) if each["kind"] == kind["kind"]]
        assert [each["resourceId"] for each in told] == ["bob", "eve"]
        assert not any("ada" in texts(each) for each in told)
        if not sealed:
            assert all("ada" not in [*texts(row)] for row in place.raw["event"].find(kind))
        await follow()
        assert sorted(place.raw["matchKey"].distinct("id")) == ["bob", "eve"]
        assert (await checked(place.log)).entries == place.raw["event"].count_documents({})


async def test_what_is_the_other_s_alone_is_read_as_before(
    settings: Settings, mongo: Mongo, clean_database: str
) -> None:
    async with placed(settings, mongo, clean_database) as place:
        owned = await fill(place, place.log, "new")
        opened = {each["_id"]: each for each in await place.log.after(0, 1000)}
        await remove_documents(place, owned, ["new"])
        await erase(place, owned)

        for each in await place.log.after(0, 1000):
            assert not any(text.startswith(ADA) for text in texts(each))
            former = opened.get(each["_id"])
            if former and {"ada", CUSTOMER}.isdisjoint(texts(former)):
                assert each == former
            if former and {"ada", "bob"} <= set(texts(former)):
                of_bob = [one for one in former["document"]["relatedParty"] if "bob" in texts(one)]
                assert each[REMAINDER] == {"document": {"relatedParty": of_bob}}


async def test_without_a_key_the_payloads_of_an_erased_party_are_dropped(
    settings: Settings, mongo: Mongo, clean_database: str
) -> None:
    async with placed(settings, mongo, clean_database, secrets_key="") as place:
        owned = await fill(place, place.log, "plain")
        await remove_documents(place, owned, ["plain"])
        await erase(place, owned)

        assert place.collections_with(ADA) == set()
        assert BOB in "".join(text for each in await place.log.after(0, 1000) for text in texts(each))
        assert (await checked(place.log)).entries == place.raw["event"].count_documents({})


async def test_what_comes_after_an_erasure_leaves_nothing_in_the_log(
    settings: Settings, mongo: Mongo, clean_database: str
) -> None:
    async with placed(settings, mongo, clean_database) as place:
        await erase(place, [])
        await place.create("Individual", "ada", place.example("Individual", ADA, "ada"))
        await place.drain(place.log)

        assert place.collections_with(ADA) == {"individual"}
