# SPDX-License-Identifier: Apache-2.0
"""Packed request bodies (RFC 9110 §8.4), read within the limit of what they unpack to; and bodies in other charsets."""

import gzip
import json
import zlib
from collections.abc import Callable

import httpx
import pytest

from tests.contract.answers import refused
from tests.contract.bodies import individual
from tests.paths import INDIVIDUAL

LIMIT = 2**20
BODY = json.dumps(individual(title="Ö")).encode()


def raw_deflate(data: bytes) -> bytes:
    """As some clients send `deflate`: without the header of zlib."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def in_two_members(data: bytes) -> bytes:
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:]) + bytes(512)


PACKED = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("GZIP", gzip.compress, id="in capitals"),
    pytest.param("x-gzip", gzip.compress, id="x-gzip"),
    pytest.param("gzip", in_two_members, id="two members"),
    pytest.param("deflate", zlib.compress, id="deflate"),
    pytest.param("deflate", lambda data: zlib.compress(data, 9), id="deflate at most"),
    pytest.param("deflate", raw_deflate, id="deflate without a header"),
    pytest.param("identity", bytes, id="identity"),
]


def headers(coding: str) -> dict[str, str]:
    return {"content-encoding": coding, "content-type": "application/json"}


@pytest.mark.parametrize(("coding", "pack"), PACKED)
def test_a_packed_body_is_read_like_any_other(
    client: httpx.Client, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    answer = client.post(INDIVIDUAL, content=pack(BODY), headers=headers(coding))
    assert (answer.status_code, answer.json()["title"]) == (201, "Ö")
    href = answer.json()["href"]
    patched = client.patch(href, content=pack(b'{"title":"Dr"}'), headers=headers(coding))
    assert (patched.status_code, patched.json()["title"]) == (200, "Dr")
    refused(client.post(INDIVIDUAL, content=pack(b""), headers=headers(coding)), 400, "21")


@pytest.mark.parametrize(("coding", "pack"), PACKED)
def test_the_limit_is_that_of_the_unpacked_body(
    client: httpx.Client, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    fits = BODY + b" " * (LIMIT - len(BODY))
    assert client.post(INDIVIDUAL, content=pack(fits), headers=headers(coding)).status_code == 201
    for more in (1, 50 * LIMIT if coding != "identity" else LIMIT):
        answer = client.post(INDIVIDUAL, content=pack(fits + b" " * more), headers=headers(coding))
        assert str(LIMIT) in refused(answer, 413, "66")
    assert client.get(INDIVIDUAL).headers["x-total-count"] == "1"


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "aws-chunked", "*", "x" * 500])
def test_another_coding_is_refused_naming_those_that_are_understood(client: httpx.Client, coding: str) -> None:
    for method in ("POST", "PATCH"):
        path = INDIVIDUAL if method == "POST" else f"{INDIVIDUAL}/1"
        answer = client.request(method, path, content=BODY, headers=headers(coding))
        assert "gzip" in refused(answer, 415, "68")
        assert answer.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("coding", "content", "told"),
    [
        ("gzip", BODY, "not packed as"),
        ("gzip", zlib.compress(BODY), "not packed as"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-5], "cut off"),
        ("gzip", gzip.compress(BODY, mtime=0)[:-8] + bytes(8), "not packed as"),
        ("gzip", gzip.compress(BODY, mtime=0) + b"more", "not packed as"),
        ("gzip", gzip.compress(b" ", mtime=0) * 100 + gzip.compress(BODY, mtime=0), "members"),
        ("deflate", BODY, "not packed as"),
        ("deflate", zlib.compress(BODY)[:-1], "cut off"),
        ("deflate", zlib.compress(BODY) + b"more", "not packed as"),
    ],
)
def test_what_is_not_packed_as_it_says_is_refused(client: httpx.Client, coding: str, content: bytes, told: str) -> None:
    assert told in refused(client.post(INDIVIDUAL, content=content, headers=headers(coding)), 400, "22")


@pytest.mark.parametrize("charset", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-32", "shift_jis", "cp037"])
def test_a_body_in_another_charset_is_told_to_be_utf_8(client: httpx.Client, charset: str) -> None:
    content = '{"givenName":"ü","familyName":"O"}'.replace("ü", "表" if charset == "shift_jis" else "ü").encode(charset)
    for said in ("", f"; charset={charset}"):
        answer = client.post(INDIVIDUAL, content=content, headers={"content-type": f"application/json{said}"})
        assert "UTF-8" in refused(answer, 400, "22")


@pytest.mark.parametrize("body", [b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}', b'{"a":1e999}', b'"\\udfff"'])
def test_what_is_wrong_is_not_told_in_a_parsers_words(client: httpx.Client, body: bytes) -> None:
    told = refused(client.post(INDIVIDUAL, content=body), 400, "22")
    assert not any(word in told for word in ("surrogate", "infinity", "double", "codec", "str "))
