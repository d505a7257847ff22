# SPDX-License-Identifier: Apache-2.0
"""How requests may be written and what every answer carries: media types, chunks, sizes, HEAD, slashes, correlation."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.answers import created, refused
from tests.contract.bodies import individual
from tests.contract.conftest import Stored
from tests.contract.documents import EACH_COLLECTION, Collection
from tests.paths import INDIVIDUAL

MEBIBYTE = 2**20
JSON_TYPES = [
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    "application/json ;charset=utf-8",
    "application/json ; charset=latin-1",
    "application/json; profile=x; charset=utf-8",
]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def chunks(content: bytes) -> Iterator[bytes]:
    """The content in pieces: sent chunked, without its length."""
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


def sized(size: int) -> bytes:
    """The body of an individual with exactly that many bytes."""
    empty = b'{"givenName":"N","familyName":"O","x":""}'
    return empty[:-2] + b"x" * (size - len(empty)) + empty[-2:]


@pytest.mark.parametrize("media_type", JSON_TYPES)
def test_json_is_json_however_its_type_is_written(client: httpx.Client, media_type: str) -> None:
    headers = {"content-type": media_type}
    answer = client.post(INDIVIDUAL, content=b'{"givenName":"N","familyName":"O"}', headers=headers)
    assert answer.status_code == 201, answer.text
    patched = client.patch(answer.json()["href"], content='{"title":"Ö"}'.encode(), headers=headers)
    assert (patched.status_code, patched.json()["title"]) == (200, "Ö")
    refused(client.post(INDIVIDUAL, content=b'{"title":7}', headers=headers), 400, "24")


def test_a_body_without_a_type_is_taken_for_json(client: httpx.Client) -> None:
    answer = client.post(INDIVIDUAL, content=b'{"givenName":"N","familyName":"O"}')
    assert "content-type" not in answer.request.headers
    assert answer.status_code == 201, answer.text
    refused(client.post(INDIVIDUAL, content=b'{"title":7}'), 400, "24")


def test_a_chunked_body_is_read_like_any_other(client: httpx.Client) -> None:
    answer = client.post(INDIVIDUAL, content=chunks(sized(5000)), headers={"content-type": "application/json"})
    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert answer.status_code == 201, answer.text
    again = client.patch(answer.json()["href"], content=chunks(b'{"title":"Dr"}'))
    assert (again.status_code, again.json()["title"]) == (200, "Dr")
    refused(client.post(INDIVIDUAL, content=chunks(b"")), 400, "21")


@pytest.mark.parametrize("send", [bytes, chunks])
def test_a_body_may_have_a_mebibyte_and_not_a_byte_more(client: httpx.Client, send: Any) -> None:
    assert client.post(INDIVIDUAL, content=send(sized(MEBIBYTE))).status_code == 201
    refused(client.post(INDIVIDUAL, content=send(sized(MEBIBYTE + 1))), 413, "66")
    refused(client.post(INDIVIDUAL, content=send(sized(3 * MEBIBYTE))), 413, "66")
    assert client.get(INDIVIDUAL).headers["x-total-count"] == "1"


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"not json", b"\xff" * 5000])
def test_a_body_on_a_read_or_a_delete_is_ignored(client: httpx.Client, content: bytes) -> None:
    shown = created(client, INDIVIDUAL, individual())
    headers = {"content-type": "application/json"}
    assert client.request("GET", INDIVIDUAL, content=content, headers=headers).json() == [shown]
    assert client.request("GET", shown["href"], content=content, headers=headers).json() == shown
    assert client.request("DELETE", shown["href"], content=content, headers=headers).status_code == 204


@EACH_COLLECTION
def test_head_answers_the_headers_of_get_and_no_body(client: httpx.Client, collection: Collection) -> None:
    shown = created(client, collection.path, collection.creates["full"])
    for path in (collection.path, f"{collection.path}?limit=0", shown["href"], f"{collection.path}/nope"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert changing(head) == changing(get)


def changing(answer: httpx.Response) -> dict[str, str]:
    """The headers of an answer but for those that differ from answer to answer."""
    return {name: value for name, value in answer.headers.items() if name not in ("date", "x-correlation-id")}


@EACH_COLLECTION
def test_a_closing_slash_changes_nothing(client: httpx.Client, collection: Collection) -> None:
    answer = client.post(f"{collection.path}/", json=collection.creates["minimal"])
    assert answer.status_code == 201, answer.text
    href = answer.json()["href"]
    assert not href.endswith("/")
    assert client.get(f"{collection.path}/?id={answer.json()['id']}").json() == [answer.json()]
    assert client.get(f"{href}/").json() == answer.json()
    assert client.patch(f"{href}/", json={"@type": answer.json()["@type"]}).status_code == 200
    assert client.delete(f"{href}/").status_code == 204


@pytest.mark.parametrize("text", ["Ngọzi Ọ́kàfọ̀", "Ελένη", "东京", "😀👩🏽‍🚀", "ÿ\u2028", '"\\/'])
def test_text_is_sent_as_utf_8(client: httpx.Client, text: str) -> None:
    shown = created(client, INDIVIDUAL, individual(title=text, **{f"x-{text}": [text]}))
    answer = client.get(shown["href"])
    assert (answer.json()["title"], answer.json()[f"x-{text}"]) == (text, [text])
    assert b"\\u" not in answer.content
    assert text.strip('"\\/').encode() in answer.content


def test_escaped_text_comes_back_unescaped(client: httpx.Client) -> None:
    body = rb'{"givenName":"\ud83d\ude00","familyName":"\u00d6\/","a\u00e9":"\u0024"}'
    shown = client.post(INDIVIDUAL, content=body).json()
    assert (shown["givenName"], shown["familyName"], shown["aé"]) == ("😀", "Ö/", "$")


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({"X-Correlation-ID": "order-17/a"}, "order-17/a"),
        ({"x-correlation-id": "x" * 128}, "x" * 128),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Correlation-ID": "mine"}, "mine"),
    ],
)
def test_a_correlation_id_is_taken_and_told(
    client: httpx.Client, stored: Stored, headers: dict[str, str], known: str
) -> None:
    answer = client.post(INDIVIDUAL, json=individual(), headers=headers)
    assert answer.headers["x-correlation-id"] == known
    assert stored("individual", answer.json()["id"])["pending"][0]["correlationId"] == known
    for path in ("/", "/nope", INDIVIDUAL, f"{INDIVIDUAL}/nope", f"{INDIVIDUAL}?limit=x"):
        assert client.get(path, headers=headers).headers["x-correlation-id"] == known


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Correlation-ID": ""},
        {"X-Correlation-ID": "two words"},
        {"X-Correlation-ID": "x" * 129},
        {"X-Correlation-ID": "ü".encode()},
        {"X-Correlation-ID": "a\tb"},
        {"traceparent": "00-nonsense"},
        {"traceparent": f"00-{TRACE}-00f067aa0ba902b7"},
    ],
)
def test_an_unsafe_correlation_id_is_replaced_by_a_fresh_one(client: httpx.Client, headers: dict[str, Any]) -> None:
    first, second = (client.get(INDIVIDUAL, headers=headers).headers["x-correlation-id"] for _ in range(2))
    assert len(first) == len(second) == 36
    assert first != second


def test_every_answer_has_exactly_one_correlation_id_and_is_of_the_type_that_it_names(client: httpx.Client) -> None:
    for path in (
        "/",
        "/health/live",
        "/nope",
        INDIVIDUAL,
        "/tmf-api/party/v4/ui/",
        "/tmf-api/party/v4/ui/swagger-ui.css",
    ):
        answer = client.get(path)
        assert len(answer.headers.get_list("x-correlation-id")) == 1
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
