# SPDX-License-Identifier: Apache-2.0
"""The bytes of attachments follow what holds them: into the archive and back, out of it for good, and out of sight."""

import asyncio
import dataclasses
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.domain import dates
from app.settings import Settings
from app.spec.bundle import OPENAPI
from app.storage.contents.content_store import CHUNKS, COLLECTION, FILES
from app.storage.mongod.client import connect
from tests.contract.answers import created
from tests.contract.performing import ARCHIVE, Performer, Settle, begin, interaction_with, read
from tests.contract.test_archive_process import BUNDLES
from tests.contract.test_merge import customer_of, person
from tests.identity_provider import AUDIENCE, IdentityProvider, bearer
from tests.paths import INDIVIDUAL_V5, INTERACTION_V5
from tests.serving import free_port, serving

Body = dict[str, Any]
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000
REVEAL = "attachment:reveal"
VISITS = "/tmf-api/visit/v5/visit"
OCTETS = {"Content-Type": "application/octet-stream"}


def attached(data: bytes) -> Body:
    return {"@type": "Attachment", "attachmentType": "scan", "content": b64encode(data).decode()}


def rows_of_bytes(mongo: MongoClient[Body], database_name: str) -> tuple[int, ...]:
    return tuple(mongo[database_name][name].count_documents({}) for name in (COLLECTION, FILES, CHUNKS))


async def swept(settings: Settings) -> int:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        return await liaison.contents.sweep.run_once(dates.now() + timedelta(hours=2))


@pytest.fixture
def archived(client: httpx.Client, settle: Settle) -> Body:
    """An interaction with bytes that is in the archive with its customer."""
    party = created(client, INDIVIDUAL_V5, person())
    customer = customer_of(client, party, status="Terminated")
    body = interaction_with(party["id"], status="completed", attachment=[attached(PICTURE)])
    shown = created(client, INTERACTION_V5, body)
    settle()
    begin(client, ARCHIVE, customer, atOnce=True)
    settle()
    assert client.get(shown["href"]).status_code == 410
    return shown


def test_bytes_return_from_the_archive_as_they_were(
    client: httpx.Client,
    archived: Body,
    performer: Performer,
    settings: Settings,
    mongo: MongoClient[Body],
    database_name: str,
) -> None:
    url = archived["attachment"][0]["url"]
    assert client.get(url).status_code == 410
    assert asyncio.run(swept(settings)) == 0
    there = rows_of_bytes(mongo, database_name)
    archive = performer.liaison.archive
    assert archive is not None
    (bundle,) = client.get(BUNDLES).json()
    performer.run(archive.restore(bundle["id"]))
    assert read(client, archived) == archived
    assert client.get(url).content == PICTURE
    assert client.get(url, headers={"Range": "bytes=700000-"}).content == PICTURE[700_000:]
    assert asyncio.run(swept(settings)) == 0
    assert rows_of_bytes(mongo, database_name) == there


def test_bytes_go_for_good_with_a_purged_bundle(
    client: httpx.Client,
    archived: Body,
    performer: Performer,
    settings: Settings,
    mongo: MongoClient[Body],
    database_name: str,
) -> None:
    archive = performer.liaison.archive
    assert archive is not None
    (bundle,) = client.get(BUNDLES).json()
    performer.run(archive.purge(bundle["id"], early=True))
    assert client.get(archived["attachment"][0]["url"]).status_code in (404, 410)
    assert asyncio.run(swept(settings)) == 1
    assert rows_of_bytes(mongo, database_name) == (0, 0, 0)


@pytest.fixture
def visits(
    settings: Settings, clean_database: str, provider: IdentityProvider, tmp_path: Path
) -> Iterator[httpx.Client]:
    """A client of a server with a document like that of interactions, in which attachments are sensitive."""
    text = (OPENAPI / "party-interaction-v5.yaml").read_text(encoding="utf-8")
    for name, other in (("PartyInteraction", "Visit"), ("partyInteraction", "visit")):
        text = text.replace(name, other)
    text = text.replace("    x-content:", f"    x-sensitive: {{attachment: '{REVEAL}'}}\n    x-content:")
    (tmp_path / "visit-v5.yaml").write_text(text, encoding="utf-8")
    own = dataclasses.replace(settings, port=free_port(), apis=str(tmp_path), issuers=provider.url, audience=AUDIENCE)
    with serving(own) as url, httpx.Client(base_url=url) as client:
        yield client


def test_who_may_not_see_attachments_cannot_tell_that_there_are_bytes_nor_attach_any(
    visits: httpx.Client, provider: IdentityProvider, mongo: MongoClient[Body], clean_database: str
) -> None:
    may_all = ("*:read", "*:create", "*:update", "*:delete")
    sees, blind = bearer(provider.token(*may_all, REVEAL)), bearer(provider.token(*may_all))
    body = {**interaction_with("7001", attachment=[attached(PICTURE)]), "@type": "Visit"}
    made = visits.post(VISITS, json=body, headers=sees).raise_for_status().json()
    url = made["attachment"][0]["url"]
    assert visits.get(url, headers=sees).content == PICTURE
    assert "attachment" not in visits.get(made["href"], headers=blind).raise_for_status().json()
    nowhere = f"{made['href']}/attachment/0190a0a0-0000-7000-8000-000000000000"
    for more in ({}, {"Range": "bytes=0-9"}, {"If-None-Match": "*"}, {"If-Match": '"x"'}):
        for method in ("GET", "HEAD"):
            hidden, missing = (visits.request(method, each, headers={**blind, **more}) for each in (url, nowhere))
            assert hidden.status_code == missing.status_code == 404, (method, more)
            key, other = url.rpartition("/")[2], nowhere.rpartition("/")[2]
            assert hidden.text.replace(key, other) == missing.text
    before = [mongo[clean_database][name].count_documents({}) for name in (COLLECTION, FILES, CHUNKS)]
    sent = visits.post(f"{made['href']}/attachment", content=PICTURE, headers={**OCTETS, **blind})
    assert sent.status_code == 403
    assert [mongo[clean_database][name].count_documents({}) for name in (COLLECTION, FILES, CHUNKS)] == before
    assert visits.get(made["href"], headers=sees).json() == made
