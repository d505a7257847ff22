# SPDX-License-Identifier: Apache-2.0
"""The archive: what leaves comes back byte by byte; nothing is lost or doubled, nor removed that must stay."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from bson.raw_bson import RawBSONDocument
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given
from hypothesis import settings as set_hypothesis
from hypothesis import strategies as st
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.domain import dates
from app.errors import Conflict, NotFound, Unavailable
from app.events.relay.relay import Relay
from app.resources.archive.archive import Archive
from app.resources.archive.register import ARCHIVED, bundle_id
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.archive.bundle import BundleBroken
from app.storage.documents.rows import UNDECODED
from app.storage.event_log.event_log import EventLog
from app.storage.mongod.client import connect
from app.storage.sealing.party_keys import KeyDestroyed
from tests.object_store import VERSIONED, ObjectStore
from tests.served import DOCUMENTS
from tests.storage.entries import checked
from tests.storage.store_faults import Fault, faulty
from tests.storage.watching import logged
from tests.unit.drawn import documents
from tests.unit.examples import full_example

pytestmark = pytest.mark.anyio

Body = dict[str, Any]
KEPT = ("customer", "partyRole", "partyInteraction")


def always(_revision: object) -> None:
    """The precondition of whoever sets none."""


@dataclass
class House:
    """A composed server without HTTP, and its relay."""

    liaison: Liaison
    relay: Relay

    @property
    def archive(self) -> Archive:
        assert self.liaison.archive
        return self.liaison.archive

    def engine(self, name: str, version: str = "v5") -> Engine:
        return next(api.engines[name] for api in self.liaison.apis if name in api.engines and api.version == version)

    async def create(self, kind: str, **body: Any) -> str:
        shown = await self.engine(kind).create({"@type": kind, **body})
        return str(shown.view["id"])

    async def patch(self, name: str, id: str, patch: Body) -> None:
        await self.engine(name).patch(id, patch, "application/merge-patch+json", always)

    async def drain(self) -> None:
        while await self.relay.drain():
            pass

    async def rows(self) -> dict[str, list[bytes]]:
        """What is stored of customers, roles and interactions, without what waits for the relay, byte by byte."""
        found = {}
        for name in KEPT:
            raw = self.liaison.database[name].with_options(codec_options=UNDECODED)
            found[name] = [without_pending(row) async for row in raw.find({}, sort={"_id": 1})]
        return found

    async def talk(self, **with_whom: str) -> str:
        related = [
            {
                "@type": "RelatedPartyOrPartyRole",
                "role": role,
                "partyOrPartyRole": {"@type": "PartyRef", "id": id, "@referredType": "Individual"},
            }
            for role, id in with_whom.items()
        ]
        body = {**full_example(DOCUMENTS["party-interaction-v5"], "PartyInteraction"), "relatedParty": related}
        return str((await self.engine("PartyInteraction").create(body)).view["id"])

    async def party(self) -> str:
        return await self.create("Individual", givenName="Ngozi", familyName="Okafor")

    async def customer(self, party: str, status: str = "Terminated") -> str:
        engaged = {"@type": "PartyRef", "id": party, "@referredType": "Individual"}
        id = await self.create("Customer", name="Delta", engagedParty=engaged, status=status)
        await self.patch("Customer", id, {"description": "Fleet of the holding"})
        return id

    async def ended(self) -> str:
        """The id of a customer that has ended, with two interactions and an ended role; all changes are logged."""
        party = await self.party()
        id = await self.customer(party)
        await self.talk(customer=id, agent="an-employee")
        await self.talk(customer=party)
        await self.create("PartyRole", name="Dealer", status="Closed", engagedParty={"@type": "PartyRef", "id": party})
        await self.drain()
        return id


def without_pending(row: RawBSONDocument) -> bytes:
    return b"".join(bytes(name, "utf-8") + repr(value).encode() for name, value in row.items() if name != "pending")


@pytest.fixture
def settings_of(settings: Settings, clean_database: str) -> Settings:
    return replace(settings, database=clean_database, secrets_key=Fernet.generate_key().decode())


@pytest.fixture(params=["mongodb:", "file:", "s3:"])
async def house(request: pytest.FixtureRequest, settings_of: Settings, tmp_path: Path) -> AsyncIterator[House]:
    if request.param == "s3:":
        request.getfixturevalue("reached_store")
    addresses = {"mongodb:": "mongodb:", "file:": f"file:{tmp_path}", "s3:": f"s3://{VERSIONED}/{uuid4()}"}
    address = addresses[request.param]
    chosen = replace(settings_of, archive=address)
    liaison = Liaison(chosen, connect(chosen))
    async with liaison.client:
        await liaison.prepare()
        yield House(liaison, relay_of(liaison))
        await liaison.release()


async def test_what_was_archived_comes_back_as_it_was(house: House) -> None:
    id = await house.ended()
    before, log = await house.rows(), await logged(house.liaison.database)
    shown = await house.engine("Customer", "v4").get(id)
    bundle = await house.archive.archive("Customer", id, "customer")
    assert await house.rows() == {name: [] for name in KEPT}
    with pytest.raises(NotFound):
        await house.engine("Customer").get(id)
    assert {each["name"]: each["quantity"] for each in bundle.document["content"]} == {
        "Customer": 1,
        "PartyRole": 1,
        "PartyInteraction": 2,
        "events": 5,
    }
    assert await house.archive.rows.sweep() == 0, "the deletions are not logged yet"
    assert await house.archive.drop_payloads(bundle.id) == 4, "they wait"
    await house.drain()
    assert await house.archive.rows.sweep() == 4
    assert await house.archive.rows.sweep() == 0
    about = [
        each for each in await logged(house.liaison.database) if each["resource"] in ("Customer", "PartyInteraction")
    ]
    assert about
    assert not any("document" in each or "before" in each for each in about)

    await house.archive.restore(bundle.id)
    assert await house.rows() == before
    again = await house.engine("Customer", "v4").get(id)
    assert (again.view, again.edition) == (shown.view, shown.edition)
    await house.drain()
    after = await logged(house.liaison.database)
    assert after[: len(log)] == log, "payloads are back"
    assert (await checked(EventLog(house.liaison.database))).entries == len(after)
    kinds = [(each["resource"], each["kind"]) for each in after[len(log) :] if each["resource"] != "ArchiveBundle"]
    assert sorted(kinds) == sorted(
        (name, kind) for name in ("Customer", "PartyRole", *["PartyInteraction"] * 2) for kind in ("Create", "Delete")
    )


async def test_every_step_may_be_repeated(house: House) -> None:
    id = await house.ended()
    before = await house.rows()
    bundles = [await house.archive.archive("Customer", id, "customer") for _ in range(2)]
    assert bundles[0].id == bundles[1].id == bundle_id("Customer", id)
    assert len(await objects(house)) == 1
    for _ in range(2):
        assert (await house.archive.restore(bundles[0].id)).state == "restored"
        assert await house.rows() == before
    assert await objects(house) == []
    await house.drain()
    assert (await house.archive.archive("Customer", id, "customer")).state == ARCHIVED


async def objects(house: House) -> list[str]:
    """The names of what the store has."""
    return [name async for name in house.archive.store.names()]


class Died(Exception):
    """A process ended here."""


@pytest.mark.parametrize("step", ["_leave", "_delete_objects", "_refuse_held"])
async def test_a_process_that_dies_leaves_all_or_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    id = await house.ended()
    before = await house.rows()

    async def die(*_: Any, **__: Any) -> None:
        raise Died

    with monkeypatch.context() as patching:
        patching.setattr(Archive, step, die)
        with pytest.raises(Died):
            await house.archive.archive("Customer", id, "customer")
    assert await house.rows() in (before, {name: [] for name in KEPT})
    bundle = await house.archive.archive("Customer", id, "customer")
    await house.archive.verify(bundle.id)
    await house.archive.restore(bundle.id)
    assert await house.rows() == before
    assert await objects(house) == []


@pytest.mark.parametrize("house", ["s3:"], indirect=True)
async def test_what_the_store_could_not_delete_is_deleted_later(
    house: House, reached_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the operation is repeated, or nobody repeats it and the store is swept."""
    ways: dict[str, Callable[[str], Awaitable[object]]] = {
        "restored": house.archive.restore,
        "purged": partial(house.archive.purge, early=True),
    }
    async with faulty(reached_store.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        kept = await house.archive.archive("Customer", await house.ended(), "customer")
        for (state, leave), repeat in product(ways.items(), (True, False)):
            bundle = await house.archive.archive("Customer", await house.ended(), "customer")
            proxy.fault = Fault.NO_DELETIONS
            with pytest.raises(Unavailable, match="cannot be deleted from: AccessDenied"):
                await leave(bundle.id)
            proxy.fault = Fault.NONE
            assert (await house.archive.register.require(bundle.id)).state == state
            assert set(await objects(house)) == {kept.object_name, bundle.object_name}
            if repeat:
                await leave(bundle.id)
            else:
                assert [await house.archive.sweep_store() for _ in range(2)] == [1, 0]
            assert await objects(house) == [kept.object_name]


async def test_a_record_of_another_live_customer_stays(house: House) -> None:
    party, other = await house.party(), await house.party()
    id, live = await house.customer(party), await house.customer(other, "Active")
    both, through_party = await house.talk(a=id, b=live), await house.talk(a=party, b=other)
    own = await house.talk(a=id, agent="an-employee")
    await house.drain()
    estate = await house.archive.collect("Customer", id)
    assert estate.targets == [("Customer", id), ("PartyInteraction", own)]
    assert sorted(estate.shared) == sorted([("PartyInteraction", both), ("PartyInteraction", through_party)])


async def test_what_names_a_party_that_is_still_a_customer_stays(house: House) -> None:
    party = await house.party()
    id, _ = await house.customer(party), await house.customer(party, "Active")
    await house.talk(a=party)
    own = await house.talk(a=id)
    await house.drain()
    assert (await house.archive.collect("Customer", id)).targets == [("Customer", id), ("PartyInteraction", own)]


async def test_only_what_has_ended_and_is_logged_and_not_held_is_archived(house: House) -> None:
    with pytest.raises(NotFound):
        await house.archive.archive("Customer", "nobody", "customer")
    party = await house.party()
    with pytest.raises(NotFound):
        await house.archive.archive("Individual", party, "customer")
    with pytest.raises(Conflict, match="terminate it first"):
        await house.archive.archive("Customer", await house.customer(party, "Active"), "customer")
    id = await house.customer(await house.party())
    with pytest.raises(Unavailable, match="event log"):
        await house.archive.archive("Customer", id, "customer")
    talk = await house.talk(a=id)
    held = [{"@type": "EntityRef", "id": talk, "@referredType": "PartyInteraction"}]
    hold = await house.create("LegalHold", reason="Law suit", placedBy="Legal", heldEntity=held)
    await house.drain()
    with pytest.raises(Conflict, match=hold):
        await house.archive.archive("Customer", id, "customer")


async def test_what_must_be_kept_is_not_purged(house: House) -> None:
    id = await house.ended()
    bundle = await house.archive.archive("Customer", id, "customer", until=dates.now() + timedelta(days=1))
    with pytest.raises(Conflict, match="must be kept until"):
        await house.archive.purge(bundle.id)
    held = [{"@type": "EntityRef", "id": bundle.document["engagedParty"]["id"], "@referredType": "Individual"}]
    hold = await house.create("LegalHold", reason="Law suit", placedBy="Legal", heldEntity=held)
    with pytest.raises(Conflict, match=hold):
        await house.archive.purge(bundle.id, early=True)
    await house.archive.verify(bundle.id)
    await house.patch("LegalHold", hold, {"status": "released", "statusReason": "Settled", "releasedBy": "Legal"})
    for _ in range(2):
        await house.archive.purge(bundle.id, early=True)
    assert await objects(house) == []
    with pytest.raises(Conflict, match="purged"):
        await house.archive.restore(bundle.id)
    with pytest.raises(NotFound):
        await house.engine("Customer").get(id)


@pytest.mark.parametrize("house", ["file:"], indirect=True)
async def test_random_bits_that_flip_are_found(house: House) -> None:
    bundle = await house.archive.archive("Customer", await house.ended(), "customer")
    name = str(bundle.document["objectName"])
    whole = await house.archive.store.get(name)
    draw = random.Random(7)
    for _ in range(100):
        bit = draw.randrange(len(whole) * 8)
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        await house.archive.store.delete(name)
        await house.archive.store.put(name, bytes(changed))
        with pytest.raises(BundleBroken):
            await house.archive.verify(bundle.id)
        with pytest.raises(BundleBroken):
            await house.archive.restore(bundle.id)
    await house.archive.store.delete(name)
    await house.archive.store.put(name, whole)
    await house.archive.restore(bundle.id)


async def test_what_is_sealed_for_a_party_goes_with_its_key(house: House) -> None:
    bundle = await house.archive.archive("Customer", await house.ended(), "customer")
    assert bundle.document["sealed"] is True
    assert house.archive.keys
    await house.archive.keys.destroy(bundle.document["engagedParty"]["id"], "erased")
    with pytest.raises(KeyDestroyed):
        await house.archive.restore(bundle.id)


def stored_rows(documents: list[Body], named: Body) -> list[Body]:
    """Rows with these documents, each of which has the attributes `named` as well."""
    at = dates.now()
    return [
        {"_id": f"x{number}", "revision": number + 3, "created": at, "changed": at, "document": {**document, **named}}
        for number, document in enumerate(documents)
    ]


def test_any_documents_come_back_as_they_were(settings_of: Settings, mongo: MongoClient[Body]) -> None:
    """Also such as no server of today would take: what is stored is what comes back."""
    related = [{"role": "customer", "partyOrPartyRole": {"id": "x0", "@referredType": "Customer"}}]
    ended = {"status": "Closed", "engagedParty": {"id": "p"}}
    collections = [
        mongo[settings_of.database][name] for name in ("customer", "partyInteraction", "departed", "archived")
    ]
    with asyncio.Runner() as runner:
        liaison = Liaison(settings_of, connect(settings_of))
        house = House(liaison, relay_of(liaison))
        runner.run(liaison.prepare())

        @set_hypothesis(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(documents("Customer", "v5"), st.lists(documents("PartyInteraction", "v5"), max_size=3))
        def law(customer: Body, talks: list[Body]) -> None:
            for collection in collections:
                collection.delete_many({})
            collections[0].insert_many(stored_rows([customer], ended))
            if talks:
                collections[1].insert_many(stored_rows(talks, {"relatedParty": related}))
            before = runner.run(house.rows())
            bundle = runner.run(house.archive.archive("Customer", "x0", "customer"))
            assert runner.run(house.rows()) == {name: [] for name in KEPT}
            runner.run(house.archive.restore(bundle.id))
            assert runner.run(house.rows()) == before

        law()
        runner.run(liaison.release())
        runner.run(liaison.client.close())
