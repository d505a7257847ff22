# SPDX-License-Identifier: Apache-2.0
"""Attachments by value: bytes come with a body or by themselves, are read whole or in part, and go with documents."""

import hashlib
from base64 import b64encode
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.storage.contents.content_store import CHUNKS, COLLECTION, FILES

Body = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000
TEXT = "Grüße, je vous écris".encode()

MADE = {
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
    item = {"@type": "InteractionItem", "id": "1", "reason": "photo", "attachment": [attachment(PNG)]}
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
        assert refused.json()["code"] == "64"
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
