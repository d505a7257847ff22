# SPDX-License-Identifier: Apache-2.0
"""Attachments by value: bytes come with a body or by themselves, are read whole or in part, and go with documents."""

import asyncio
import hashlib
import threading
import tracemalloc
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.composition.factory import Liaison
from app.domain import dates
from app.errors import TmfError
from app.resources.bulk import New
from app.resources.contents.scanning import scan_of
from app.settings import Settings
from app.storage.contents.content_store import CHUNKS, COLLECTION, FILES
from app.storage.mongod.client import connect
from tests.contract.restricted import Restricted
from tests.identity_provider import bearer

Body = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000
TEXT = "Grüße, je vous écris".encode()

MADE: dict[str, tuple[str, Body]] = {
    "v4": ("/tmf-api/partyInteraction/v4/partyInteraction", {"channel": [{"id": "email"}]}),
    "v5": (
        "/tmf-api/partyInteraction/v5/partyInteraction",
        {
            "@type": "PartyInteraction",
            "relatedChannel": [
                {"@type": "RelatedChannel", "role": "by", "channel": {"@type": "ChannelRef", "id": "email"}}
            ],
        },
    ),
}
EACH_VERSION = pytest.mark.parametrize("version", MADE)


@pytest.fixture
def kept(mongo: MongoClient[dict[str, Any]], database_name: str) -> "Kept":
    return Kept(mongo, database_name)


class Kept:
    """What the database has of bytes."""

    def __init__(self, mongo: MongoClient[dict[str, Any]], name: str) -> None:
        self._database = mongo[name]

    def count(self) -> tuple[int, int, int]:
        """How many rows, files, and chunks of files."""
        rows, files, chunks = (self._database[name].count_documents({}) for name in (COLLECTION, FILES, CHUNKS))
        return rows, files, chunks


def attachment(data: bytes, **more: Any) -> Body:
    content = b64encode(data).decode()
    return {"@type": "Attachment", "attachmentType": "scan", "mimeType": "text/html", "content": content, **more}


def create(client: httpx.Client, version: str, *attachments: Body, **more: Any) -> Body:
    path, body = MADE[version]
    sent = {"reason": "bill", "direction": "inbound", **body, "attachment": list(attachments), **more}
    response = client.post(path, json=sent)
    assert response.status_code == 201, response.text
    shown: Body = response.json()
    return shown


def path_of(url: str, client: httpx.Client) -> str:
    return url.removeprefix(str(client.base_url).rstrip("/"))


@EACH_VERSION
def test_the_content_of_an_attachment_becomes_bytes_at_a_url(client: httpx.Client, version: str, kept: Kept) -> None:
    shown = create(client, version, attachment(PNG, name="scan.png"), attachment(TEXT, name="brief.txt"))
    image, text = shown["attachment"]
    assert "content" not in image
    assert image["size"] == {"amount": len(PNG), "units": "bytes"}
    assert image["mimeType"] == "image/png", "the bytes decide, not the client"
    assert image["digest"] == f"sha256:{hashlib.sha256(PNG).hexdigest()}"
    assert text["mimeType"] == "text/plain"
    assert image["url"].startswith(f"{shown['href']}/attachment/")
    assert client.get(shown["href"]).json() == shown
    response = client.get(image["url"])
    assert (response.status_code, response.content) == (200, PNG)
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-disposition"] == 'attachment; filename="scan.png"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert kept.count() == (2, 2, len(PNG) // (255 * 1024) + 2)


def test_both_versions_show_the_same_bytes_each_at_its_own_url(client: httpx.Client) -> None:
    shown = create(client, "v5", attachment(TEXT))
    (other,) = client.get(f"{MADE['v4'][0]}/{shown['id']}").json()["attachment"]
    assert "/partyInteraction/v4/" in other["url"]
    assert client.get(other["url"]).content == TEXT


@EACH_VERSION
def test_what_is_not_in_base64_stays_the_text_that_it_is(client: httpx.Client, version: str, kept: Kept) -> None:
    shown = create(client, version, {**attachment(b""), "content": "string", "url": "https://files.example.com/1"})
    assert shown["attachment"][0]["content"] == "string"
    assert shown["attachment"][0]["url"] == "https://files.example.com/1"
    assert kept.count() == (0, 0, 0)


def test_items_have_bytes_too(client: httpx.Client) -> None:
    item: Body = {"@type": "InteractionItem", "id": "1", "reason": "photo", "attachment": [attachment(PNG)]}
    item["item"] = {"@type": "RelatedEntityRefOrValue", "role": "of", "entity": {"@type": "EntityRef", "id": "1"}}
    shown = create(client, "v5", interactionItem=[item])
    assert client.get(shown["interactionItem"][0]["attachment"][0]["url"]).content == PNG


@EACH_VERSION
def test_a_file_is_attached_by_a_post_of_its_bytes(client: httpx.Client, version: str, kept: Kept) -> None:
    shown = create(client, version, attachment(TEXT))
    query = {"name": "../../Räume\r\nX: 1.png", "attachmentType": "photo"}
    response = client.post(f"{shown['href']}/attachment", params=query, content=PNG, headers=OCTETS)
    assert response.status_code == 201, response.text
    made = response.json()
    assert (made["name"], made["attachmentType"], made["mimeType"]) == (query["name"], "photo", "image/png")
    assert response.headers["location"] == made["url"]
    after = client.get(shown["href"]).json()
    assert after["attachment"] == [*shown["attachment"], made]
    read = client.get(made["url"])
    assert read.content == PNG
    assert "x" not in read.headers
    assert "/" not in read.headers["content-disposition"].replace("UTF-8''", "")
    assert kept.count()[0] == 2


OCTETS = {"Content-Type": "application/octet-stream"}


def test_ranges_are_answered_as_rfc_9110_says(client: httpx.Client) -> None:
    url = create(client, "v5", attachment(PNG))["attachment"][0]["url"]
    size, tag = len(PNG), client.head(url).headers["etag"]
    assert tag == f'"{hashlib.sha256(PNG).hexdigest()}"'
    for header, begin, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=261119-261121", 261119, 261122),
        (f"bytes={size - 1}-", size - 1, size),
        ("bytes=-5", size - 5, size),
        (f"bytes=10-{size * 2}", 10, size),
        (f"bytes=-{size * 2}", 0, size),
    ):
        part = client.get(url, headers={"Range": header})
        assert (part.status_code, part.content) == (206, PNG[begin:end]), header
        assert part.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
        assert part.headers["etag"] == tag
    for header in (f"bytes={size}-", "bytes=-0", f"bytes={size}-{size + 5}"):
        refused = client.get(url, headers={"Range": header})
        assert (refused.status_code, refused.headers["content-range"]) == (416, f"bytes */{size}")
        assert refused.json()["code"] == "72"
    for header in ("bytes=0-1,5-6", "bytes=5-1", "lines=0-1", "bytes=a-b", "bytes=-"):
        assert client.get(url, headers={"Range": header}).content == PNG, "what is no range counts as none"
    assert client.get(url, headers={"Range": "bytes=0-0", "If-Range": tag}).status_code == 206
    assert client.get(url, headers={"Range": "bytes=0-0", "If-Range": '"other"'}).content == PNG
    assert client.get(url, headers={"If-None-Match": f'W/{tag}, "b"'}).status_code == 304
    assert client.get(url, headers={"If-Match": '"other"'}).status_code == 412
    head = client.head(url, headers={"Accept": "image/*"})
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(size))


@EACH_VERSION
def test_bytes_go_with_what_names_them(client: httpx.Client, version: str, kept: Kept) -> None:
    shown = create(client, version, attachment(PNG), attachment(TEXT))
    first, second = shown["attachment"]
    patched = client.patch(shown["href"], json={"attachment": [second]}).json()
    assert patched["attachment"] == [second]
    assert client.get(first["url"]).status_code == 404
    assert client.get(second["url"]).content == TEXT
    assert kept.count() == (1, 1, 1)
    replaced = client.patch(shown["href"], json={"attachment": [{**second, "content": b64encode(PNG).decode()}]}).json()
    assert replaced["attachment"][0]["url"] != second["url"]
    assert client.get(replaced["attachment"][0]["url"]).content == PNG
    assert client.delete(shown["href"]).status_code == 204
    assert kept.count() == (0, 0, 0)
    assert client.get(replaced["attachment"][0]["url"]).status_code == 404


def test_a_patch_of_something_else_leaves_them(client: httpx.Client, kept: Kept) -> None:
    shown = create(client, "v5", attachment(PNG))
    patched = client.patch(shown["href"], json={"description": "later"}).json()
    whole = client.patch(shown["href"], json={"attachment": patched["attachment"], "reason": "other"}).json()
    assert whole["attachment"] == shown["attachment"]
    assert client.get(shown["attachment"][0]["url"]).content == PNG
    operation = [{"op": "add", "path": "/attachment/0/description", "value": "front"}]
    typed = {"Content-Type": "application/json-patch+json"}
    described = client.request("PATCH", shown["href"], json=operation, headers=typed).json()
    assert described["attachment"] == [{**shown["attachment"][0], "description": "front"}]
    assert kept.count()[0] == 1


def test_what_the_server_found_in_bytes_does_not_change(client: httpx.Client) -> None:
    shown = create(client, "v5", attachment(PNG))
    for forged in ({"mimeType": "text/html"}, {"size": {"amount": 1, "units": "bytes"}}, {"digest": "sha256:0"}):
        refused = client.patch(shown["href"], json={"attachment": [{**shown["attachment"][0], **forged}]})
        assert (refused.status_code, refused.json()["code"]) == (400, "24"), forged


def test_bytes_are_no_one_elses(client: httpx.Client) -> None:
    shown, other = create(client, "v5", attachment(PNG)), create(client, "v5")
    url = shown["attachment"][0]["url"]
    stolen = client.patch(other["href"], json={"attachment": [{**attachment(b""), "content": "", "url": url}]}).json()
    assert stolen["attachment"][0]["url"] == url, "a link like any other"
    key = url.rpartition("/")[2]
    for forged in (f"liaison:content/{key}", f"{other['href']}/attachment/{key}"):
        client.patch(other["href"], json={"attachment": [{**attachment(b""), "content": "", "url": forged}]})
        assert client.get(f"{other['href']}/attachment/{key}").status_code == 404
    assert client.delete(other["href"]).status_code == 204
    assert client.get(url).content == PNG


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"MZ\x90\0" + bytes(64), 415), (b"<!DOCTYPE html><script>1</script>", 415), (b"<svg onload=x>", 415)],
)
def test_bytes_of_a_type_that_is_not_accepted_are_refused(
    client: httpx.Client, data: bytes, status: int, kept: Kept
) -> None:
    shown = create(client, "v5")
    sent = client.post(f"{shown['href']}/attachment", content=data, headers={"Content-Type": "image/png"})
    assert (sent.status_code, sent.json()["code"]) == (status, "68")
    refused = client.patch(shown["href"], json={"attachment": [attachment(data, mimeType="image/png")]})
    assert (refused.status_code, refused.json()["code"]) == (400, "24")
    assert "attachment/0/content" in refused.json()["message"]
    assert kept.count() == (0, 0, 0)


def test_bytes_are_in_no_event_and_no_document(
    client: httpx.Client, mongo: MongoClient[Any], database_name: str
) -> None:
    secret = b64encode(PNG).decode()[:60].encode()
    create(client, "v5", attachment(PNG))
    for name in mongo[database_name].list_collection_names():
        for row in mongo[database_name][name].find():
            assert secret not in repr(row).encode(), name


def test_a_create_that_is_refused_keeps_no_bytes(client: httpx.Client, kept: Kept) -> None:
    path, body = MADE["v5"]
    nowhere = {"@type": "PartyRef", "id": "nobody", "href": "/tmf-api/party/v5/individual/nobody"}
    related = [{"@type": "RelatedPartyOrPartyRole", "role": "caller", "partyOrPartyRole": nowhere}]
    sent = {**body, "reason": "r", "direction": "inbound", "attachment": [attachment(PNG)], "relatedParty": related}
    assert client.post(path, json=sent).status_code == 400
    assert client.post(path, json={**sent, "relatedParty": [], "status": "unheard"}).status_code == 400
    assert kept.count() == (0, 0, 0)
    shown = create(client, "v5", attachment(PNG))
    moved = {"attachment": [*shown["attachment"], attachment(TEXT)], "relatedParty": related}
    assert client.patch(shown["href"], json=moved).status_code == 400
    assert client.post(f"{shown['href']}/attachment", content=TEXT, headers={"If-Match": '"old"'}).status_code == 412
    assert client.post(f"{path}/nobody/attachment", content=TEXT).status_code == 404
    assert kept.count()[0] == 1


def test_a_repeated_create_keeps_its_bytes_once(client: httpx.Client, kept: Kept) -> None:
    path, body = MADE["v5"]
    sent = {**body, "reason": "r", "direction": "inbound", "attachment": [attachment(PNG)]}
    first, again = (client.post(path, json=sent, headers={"Idempotency-Key": "bytes"}) for _ in range(2))
    assert first.content == again.content
    assert kept.count()[0] == 1


def test_a_file_may_not_be_larger_than_the_setting(deploy: Any) -> None:
    small = deploy(attachment_bytes=1000)
    shown = create(small, "v5", attachment(TEXT * 20))
    assert small.post(f"{shown['href']}/attachment", content=b"a" * 1001, headers=OCTETS).status_code == 413
    refused = small.patch(shown["href"], json={"attachment": [attachment(b"a" * 1001)]})
    assert (refused.status_code, refused.json()["code"]) == (413, "66")
    assert small.get(shown["href"]).json()["attachment"] == shown["attachment"]


@pytest.mark.parametrize(
    ("scan", "status"),
    [("/bin/cat", 201), ("grep -qv virus", 201), ("false", 400), ("sh -c 'exit 2'", 503), ("/no/such/scanner", 503)],
)
def test_a_scan_decides_and_one_that_is_down_means_no(settings: Settings, scan: str, status: int) -> None:
    """By the examiner alone, as a server for each would take seconds."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield PNG

    async def run() -> int:
        chosen = scan_of(scan, 20)
        assert chosen is not None
        try:
            await chosen(chunks())
        except TmfError as refusal:
            return refusal.status
        return 201

    assert asyncio.run(run()) == status


def test_a_hook_is_sent_the_bytes_and_decides(deploy: Any) -> None:
    told: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            told.append(data)
            self.send_response({TEXT: 422, PNG: 204}.get(data, 500))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as hook:
        threading.Thread(target=hook.serve_forever, daemon=True).start()
        client = deploy(attachment_scan=f"http://127.0.0.1:{hook.server_port}/scan")
        shown = create(client, "v5", attachment(PNG))
        statuses = [
            client.post(f"{shown['href']}/attachment", content=data, headers=OCTETS).status_code
            for data in (PNG, TEXT, b"else")
        ]
        hook.shutdown()
    silent = client.post(f"{shown['href']}/attachment", content=PNG, headers=OCTETS).status_code
    assert (statuses, silent) == ([201, 400, 503], 503)
    assert told == [PNG, PNG, TEXT, b"else"]
    assert len(client.get(shown["href"]).json()["attachment"]) == 2


@pytest.mark.parametrize(("name", "version"), [("PartyInteraction", "v4"), ("PartyInteraction", "v5")])
def test_who_may_not_see_the_interaction_cannot_tell_that_there_are_bytes(restricted: Restricted) -> None:
    made = restricted.create("ann", attachment=[attachment(PNG)])
    url, missing = made["attachment"][0]["url"], made["href"] + "/attachment/0190a0a0-0000-7000-8000-000000000000"
    ann, eve = (party_headers(restricted, party) for party in ("ann", "eve"))
    get = restricted.client.get
    assert get(url).status_code == 401
    assert get(url, headers=ann).content == PNG
    hidden, nothing = (
        get(url, headers=eve),
        get(made["href"].replace(made["id"], "none") + "/attachment/x", headers=eve),
    )
    assert hidden.status_code == nothing.status_code == 404
    assert hidden.json()["message"].replace(made["id"], "none") == nothing.json()["message"]
    assert get(missing, headers=ann).status_code == 404
    assert get(url, headers=bearer(restricted.provider.token("customer:read"))).status_code == 403
    post = restricted.client.post(f"{made['href']}/attachment", content=TEXT, headers={**OCTETS, **eve})
    assert post.status_code == 404


def party_headers(restricted: Restricted, party: str) -> dict[str, str]:
    return bearer(restricted.provider.token("*:*", party_id=party))


def test_the_sweep_deletes_what_nothing_names_and_nothing_else(
    client: httpx.Client, settings: Settings, kept: Kept, mongo: MongoClient[Any], database_name: str
) -> None:
    """A process that is killed leaves a row without bytes, bytes without an end, and bytes without a document."""
    shown, database = create(client, "v5", attachment(PNG), attachment(TEXT)), mongo[database_name]
    id, url = shown["id"], shown["attachment"][0]["url"]

    async def run() -> tuple[int, int]:
        liaison = Liaison(settings, connect(settings))
        async with liaison.client:
            store, owner = liaison.contents.store, ("PartyInteraction", id)
            await store.begin(owner)
            await store.write(await store.begin(("PartyInteraction", "nobody")), one_chunk())
            await store.write(await store.begin(owner), one_chunk())
            unfinished = await store.begin(owner)
            database[CHUNKS].insert_one({"files_id": unfinished, "n": 0, "data": b"half"})
            assert kept.count()[0] == 6
            young = await liaison.contents.sweep.run_once()
            return young, await liaison.contents.sweep.run_once(dates.now() + timedelta(hours=2))

    assert asyncio.run(run()) == (0, 4)
    assert kept.count()[:2] == (2, 2)
    assert client.get(url).content == PNG
    database["partyInteraction"].delete_one({"_id": id})  # As a process of another kind would.
    database["archived"].insert_one({"_id": f"PartyInteraction/{id}", "bundle": "b"})
    assert asyncio.run(swept(settings)) == 0, "what is archived comes back"
    database["archived"].delete_many({})
    assert asyncio.run(swept(settings)) == 2
    assert kept.count() == (0, 0, 0)


async def one_chunk() -> AsyncIterator[bytes]:
    yield TEXT


async def swept(settings: Settings) -> int:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        return await liaison.contents.sweep.run_once(dates.now() + timedelta(hours=2))


def test_the_bytes_of_who_is_erased_go(client: httpx.Client, settings: Settings, kept: Kept) -> None:
    shown, other = create(client, "v5", attachment(PNG)), create(client, "v5", attachment(TEXT))

    async def run() -> None:
        liaison = Liaison(settings, connect(settings))
        async with liaison.client:
            await liaison.erasure().erase_party("p", [("PartyInteraction", shown["id"])], reason="asked")

    asyncio.run(run())
    assert client.get(shown["attachment"][0]["url"]).status_code == 404
    assert client.get(other["attachment"][0]["url"]).content == TEXT
    assert kept.count() == (1, 1, 1)


def test_many_creates_keep_bytes_too_and_a_repeat_is_there_already(settings: Settings, clean_database: str) -> None:
    _, body = MADE["v5"]
    sent = {**body, "id": "own", "reason": "r", "direction": "inbound", "attachment": [attachment(PNG)]}

    async def run() -> list[str]:
        liaison = Liaison(settings, connect(settings))
        async with liaison.client:
            engines = {(api.version, name): each for api in liaison.apis for name, each in api.engines.items()}
            engine = engines["v5", "PartyInteraction"]
            first, again, plain = await engine.create_each([New(sent), New(sent), New({**sent, "id": "b"})])
            (other,) = await engine.create_each([New({**sent, "attachment": [attachment(TEXT)]})])
            assert "content" not in (await engine.get("b")).view["attachment"][0]
            return [type(each).__name__ for each in (first, again, plain, other)]

    assert asyncio.run(run()) == ["CreatedResource", "AlreadyThere", "CreatedResource", "Conflict"]


def test_a_stream_of_bytes_takes_little_memory(client: httpx.Client, settings: Settings) -> None:
    """Of the store, whose chunks are all that a reader or writer holds."""

    async def zeros(number: int) -> AsyncIterator[bytes]:
        for _ in range(number):
            yield bytes(65_536)

    async def peak(number: int) -> int:
        liaison = Liaison(settings, connect(settings))
        async with liaison.client:
            contents = liaison.contents.of("PartyInteraction")
            assert contents is not None
            tracemalloc.start()
            content = await contents.receive("x", zeros(number), "")
            read = [len(each) async for each in contents.store.read(content.key, 0, content.size)]
            assert sum(read) == number * 65_536
            used = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return used

    assert asyncio.run(peak(320)) < 8 * 1024 * 1024 < 320 * 65_536
