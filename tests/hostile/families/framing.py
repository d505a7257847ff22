# SPDX-License-Identifier: Apache-2.0
"""HTTP framing (RFC 9112): requests whose beginning, end or version is in doubt."""

from collections.abc import Iterator, Sequence
from itertools import product

from tests.hostile.attack import API, Attack, numbered, request

BODY = b'{"givenName":"N","familyName":"O"}'
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

LENGTHS = [
    "-1", "+34", "0x22", "34,34", "34, 35", "34 34", " 34", "34\t", "1e1", "٣٤", "", "9" * 30, "00034", "34;q=1",
    "NaN",
]  # fmt: skip
CODINGS = [
    "chunked, chunked", "gzip, chunked", "xchunked", "chunked, identity", " chunked", "Chunked", "chun\tked", "",
    "deflate",
]  # fmt: skip
SIZES = [
    b"-1", b"0x5", b"5 ", b" 5", b"5;a=b", b"5;" + b"x" * 20_000, b"fffffffffffffffff", b"g", b"", b"\x00", b"5\n",
    b"+5",
]  # fmt: skip
VERSIONS = [
    "HTTP/0.9", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/3", "http/1.1", "HTTP/1.1.1", "HTTP/", "HTTP/1.1 x",
    "ICY/1.0",
]  # fmt: skip
METHODS = [
    "G", "get", "GE T", "G\x00T", "PRI", "CONNECT", "TRACE", "OPTIONS", "PROPFIND", "M" * 5000, "GET\t", "*", "",
    "PATCH", "PUT",
]  # fmt: skip
ENDS = [
    b"\n\n", b"\r\r", b"\n\r\n", b"\r\n\n", b"\r\n \r\n\r\n", b"\r\n\t: x\r\n\r\n", b"\r\n: x\r\n\r\n",
    b"\r\nx\r\n\r\n",
]  # fmt: skip
PREFACES = [
    b"\r\n", b"\r\n" * 50, b" ", b"\x00", b"\xff\xfe", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Requests that two readers could take for different ones, and such as are none."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    yield from _bodies()
    yield from _first_lines()
    for end in ENDS:
        yield Attack(f"end {end!r}", b"GET " + API.encode() + b" HTTP/1.1\r\nHost: a" + end, silent=True)
    for preface in PREFACES:
        yield Attack(f"preface {preface[:20]!r}", preface + request("GET", API))
    whole = request("POST", API, {"Content-Type": "application/json"}, BODY)
    for cut in range(1, len(whole), 3):
        yield Attack(f"cut at {cut}", whole[:cut], silent=True, method="POST")
    kept_open = request("GET", f"{API}?limit=1").replace(b"Connection: close\r\n", b"")
    yield Attack("garbage behind a request", kept_open + b"\x00garbage\r\n\r\n")
    yield Attack("a hundred at once", kept_open * 100 + whole)


def _bodies() -> Iterator[Attack]:
    for length in LENGTHS:
        chunked = [("Transfer-Encoding", "chunked"), ("Content-Length", length)]
        yield _posted(f"Content-Length {length!r}", [("Content-Length", length)], BODY)
        yield _posted(f"two lengths, {length!r}", [("Content-Length", "34"), ("Content-Length", length)], BODY)
        yield _posted(f"chunked and {length!r}", chunked, b"0\r\n\r\n")
    for coding in CODINGS:
        named, content = [("Transfer-Encoding", coding)], b"22\r\n" + BODY + b"\r\n0\r\n\r\n" + SMUGGLED
        yield _posted(f"coding {coding!r}", named, content)
        yield _posted(f"coding {coding!r}, with a length", [*named, ("Content-Length", "5")], BODY)
    for size, name in product(SIZES, (b"Transfer-Encoding", b"transfer-encoding ", b" Transfer-Encoding")):
        yield _posted(f"chunk {size[:20]!r} {name!r}", [(name, "chunked")], size + b"\r\nhello\r\n0\r\n\r\n")


def _first_lines() -> Iterator[Attack]:
    for version, method in product(VERSIONS, ("GET", "POST", "DELETE")):
        silent, content = version == "HTTP/0.9", request(method, API, version=version)
        yield Attack(f"{method} {version}", content, silent=silent, method=method)
    for method in METHODS:
        yield Attack(f"method {method[:20]!r}", request(method, API), method=method)
        yield Attack(f"method {method[:20]!r} of nothing", request(method, "*"), method=method)


def _posted(name: str, headers: Sequence[tuple[str | bytes, str]], content: bytes) -> Attack:
    """Cut off in the middle of a body, a request never became one: it need not be answered."""
    typed: list[tuple[str | bytes, str | bytes]] = [("Content-Type", "application/json"), *headers]
    return Attack(name, request("POST", API, typed) + content, silent=True, method="POST")
