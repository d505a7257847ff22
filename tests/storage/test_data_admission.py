# SPDX-License-Identifier: Apache-2.0
"""A server starts on stored documents that conform to its OpenAPI documents, or are accepted, and reads them once."""

import asyncio
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pymongo import MongoClient

from app.composition.data_admission import NonconformingData, admit_stored_data
from app.composition.factory import Liaison
from app.composition.supervisor import checks_stored_data
from app.events.api_version import ConnectedApiVersion
from app.settings import Settings
from app.storage.documents import scan
from app.storage.documents.scan import Scan
from app.storage.mongod.client import connect
from app.storage.mongod.durable import Database
from app.storage.mongod.noted_digests import LIVE_SECONDS, NotedDigests
from tests.served import CREATED
from tests.storage.filling import AT
from tests.supplier_api import SUPPLIER, TEXT

pytestmark = pytest.mark.anyio

BEGUN = TEXT.replace("initialized: [active]", "begun: [active]").replace("initial: initialized", "initial: begun")
"""The document with another state in the place of the first one."""
ONE = {"name": "Cables", "engagedParty": {"id": "7", "@referredType": "Organization"}, "@type": "Supplier"}
Rows = Any
Mongo = MongoClient[dict[str, Any]]


@cache
def composed(text: str) -> list[ConnectedApiVersion]:
    """An API of suppliers, as a document of this text declares it."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "supplier-v4.yaml").write_text(text, encoding="utf-8")
        version = SUPPLIER.versions["v4"]
        api = replace(SUPPLIER, versions={"v4": replace(version, folder=Path(folder))})
        unused = Settings(mongodb_uri="mongodb://unused.example/")
        return Liaison(unused, connect(unused), [api]).apis


@pytest.fixture
def own(settings: Settings, clean_database: str) -> Settings:
    """The settings of the servers that start."""
    return replace(settings, database=clean_database)


@pytest.fixture
def suppliers(mongo: Mongo, own: Settings) -> Rows:
    """The collection of the suppliers, as an operator sees it."""
    return mongo[own.database]["supplier"]


def put(suppliers: Rows, *ids: str, status: str = "initialized") -> None:
    """Store suppliers that nobody checks."""
    kept = {"revision": 1, "changed": AT, "created": AT, "document": {**ONE, "status": status}}
    suppliers.insert_many([{"_id": id, **kept} for id in ids])


async def start(own: Settings, text: str = TEXT) -> None:
    """What a server does before it serves, with a document of this text."""
    await admit(own, composed(text))


async def admit(own: Settings, apis: list[ConnectedApiVersion]) -> None:
    """What the documents of these APIs mean for a start."""
    async with connect(own) as client:
        await admit_stored_data(client[own.database], apis, accepts=own.accept_data)


def noted(mongo: MongoClient[dict[str, Any]], own: Settings) -> dict[str, str]:
    row = mongo[own.database]["deployment"].find_one({"_id": "schemas"})
    return dict(row["digests"]) if row else {}


async def test_a_new_database_notes_every_resource_that_clients_create_at_once(own: Settings, mongo: Mongo) -> None:
    await admit(own, Liaison(own, connect(own)).apis)
    assert noted(mongo, own).keys() == CREATED


async def test_nothing_is_read_again_while_the_documents_say_the_same(own: Settings, suppliers: Rows) -> None:
    await start(own)
    put(suppliers, "1", status="unknown")
    await start(own, TEXT.replace("Parties in a role.", "Those who play a role."))


async def test_what_does_not_conform_to_a_changed_document_stops_the_start_until_it_is_accepted(
    own: Settings, suppliers: Rows, mongo: Mongo
) -> None:
    await start(own)
    before = noted(mongo, own)
    put(suppliers, "a", "b", "c", "d")
    for _ in range(2):
        with pytest.raises(NonconformingData) as refusal:
            await start(own, BEGUN)
        _, counted, *ids, last = str(refusal.value).splitlines()
        assert counted == "Supplier v4 (supplier): 4 of 4 documents do not conform"
        assert [line.partition(":")[0].strip() for line in ids] == ["a", "b", "c"]
        assert "/status 'initialized' is not a known status; it is one of: begun, active, ended" in ids[0]
        assert "--accept" in last
        assert noted(mongo, own) == before
    assert refusal.value.exit_code == 2
    await start(replace(own, accept_data=True), BEGUN)
    assert noted(mongo, own) != before
    await start(own, BEGUN)


async def test_what_conforms_to_a_changed_document_is_noted(own: Settings, suppliers: Rows, mongo: Mongo) -> None:
    await start(own)
    before = noted(mongo, own)
    put(suppliers, "a", status="active")
    await start(own, BEGUN)
    assert noted(mongo, own) != before
    assert not checks_stored_data(own)


async def test_data_of_which_nothing_is_noted_are_checked(own: Settings, suppliers: Rows) -> None:
    put(suppliers, "a", status="unknown")
    with pytest.raises(NonconformingData):
        await start(own)


async def test_servers_that_start_at_once_agree(own: Settings, suppliers: Rows, mongo: Mongo) -> None:
    await start(own)
    put(suppliers, *map(str, range(50)))
    refused = await asyncio.gather(*(start(own, BEGUN) for _ in range(3)), return_exceptions=True)
    assert [type(each) for each in refused] == [NonconformingData] * 3
    more = TEXT.replace("active: [ended]", "active: [ended, resting], resting: []")
    await asyncio.gather(*(start(own, more) for _ in range(3)))
    put(suppliers, "a", status="unknown")
    await start(own, more)


async def test_the_digest_is_that_of_the_server_that_started_last(own: Settings, suppliers: Rows) -> None:
    await start(own)
    await start(own, BEGUN)
    put(suppliers, "a", status="initialized")
    await start(own, TEXT)
    with pytest.raises(NonconformingData):
        await start(own, BEGUN)


async def test_a_check_is_seen_while_it_lives(own: Settings, database: Database, mongo: Mongo) -> None:
    digests = NotedDigests(database)
    assert not checks_stored_data(own)
    await digests.say_checking()
    assert checks_stored_data(own)
    aged = [{"$set": {"at": {"$subtract": ["$at", LIVE_SECONDS * 1000]}}}]
    mongo[own.database]["deployment"].update_one({"_id": "check"}, aged)
    assert not checks_stored_data(own)


async def test_a_scan_reads_each_document_once_in_the_order_of_ids(
    database: Database, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "PAGE", 3)
    for count in (0, 3, 7):
        rows.delete_many({})
        ids = [f"{number:02}" for number in range(count)]
        if ids:
            rows.insert_many([{"_id": id, "revision": 1, "changed": AT, "document": {}} for id in ids])
        assert [each.id async for each in Scan(database, "Individual").documents()] == ids
