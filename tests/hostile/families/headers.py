# SPDX-License-Identifier: Apache-2.0
"""Header fields: too long, too many, twice, in no character set, and with values that mean something to the server."""

from collections.abc import Iterator
from itertools import product

from tests.hostile.attack import API, HUB, MERGE_PATCH, TARGET, Attack, numbered, request

NAMES = [
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Encoding", "Content-Type", "Cookie",
    "Expect", "Forwarded", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match",
    "If-Unmodified-Since", "Origin", "Prefer", "Range", "TE", "traceparent", "tracestate", "Upgrade",
    "X-Correlation-ID", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
]  # fmt: skip
VALUES: list[bytes] = [
    b"", b" ", b"\x00", b"\x01", b"\xff\xfe", "é✓𐍈".encode(), b'"', b'"""', b",,,,", b";" * 500, b"*", b"a" * 7000,
    b"%00%0d%0a", b"\x7f", b"[" * 3000, b"'; drop--", b"-1", b"Sat, 99 Foo 9999 99:99:99 GMT", b"W/", b'W/"1", "2',
    b"bytes=0-18446744073709551616",
]  # fmt: skip
HOSTS = [
    None, "", " ", "a b", "a,b", "a/b", "a@b", "a:b", "a:99999999", "[::1", "[::1]:x", "\x00", "é", "a" * 5000, "..",
    "%00", "a\tb", "<x>",
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Requests that only a header makes hostile."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    yield from _values()
    yield from _hosts()
    yield from _sizes()
    for name in ("", " ", "a b", "a\x00b", "é", "a(b)", "a:b", "\x0b", "{}", "a\tb", "[x]"):
        yield Attack(f"name {name!r}", request("GET", API, [(name, "x")]))
    for fold in (b"\r\n x", b"\r\n\tx", b"\n x", b"\rx", b"\nSet-Cookie: x"):
        yield Attack(f"folded {fold!r}", request("GET", API, [("X-Folded", b"a" + fold)]))
    for expectation in ("100-continue", "100-continue, x", "200-ok", "100-CONTINUE"):
        content = request("POST", HUB, {"Expect": expectation, "Content-Length": "99999999"})
        yield Attack(f"expects {expectation}", content, method="POST")


def _values() -> Iterator[Attack]:
    for name, value in product(NAMES, VALUES):
        yield Attack(f"{name}: {value[:20]!r}", request("GET", f"{API}?limit=1", [(name, value)]))
    for name, value in product(("Content-Type", "Idempotency-Key", "If-Match", "Expect", "Content-Encoding"), VALUES):
        yield Attack(f"POST {name}: {value[:20]!r}", request("POST", API, [(name, value)], b"{}"), method="POST")
        yield Attack(f"PATCH {name}: {value[:20]!r}", _patch([(name, value)]), method="PATCH")


def _hosts() -> Iterator[Attack]:
    for host, method in product(HOSTS, ("GET", "POST", "DELETE")):
        yield Attack(f"{method} Host {host!r:.20}", request(method, f"{API}/none", host=host), method=method)
    for value in ("a", "127.0.0.1"):
        yield Attack(f"two hosts, {value}", request("DELETE", f"{API}/none", [("Host", value)]), method="DELETE")


def _sizes() -> Iterator[Attack]:
    for count in (10, 100, 1000, 20_000):
        yield Attack(f"{count} headers", request("GET", API, [(f"X-{number}", "x") for number in range(count)]))
        yield Attack(f"{count} times one", request("GET", API, [("If-None-Match", '"x"')] * count))
    for size in (10_000, 70_000, 1_000_000, 20_000_000):
        yield Attack(f"value of {size}", request("GET", API, [("X-Long", "x" * size)]))
        yield Attack(f"name of {size}", request("GET", API, [("X" * size, "x")]))
        yield Attack(f"tags of {size}", request("GET", API, [("If-None-Match", '"x",' * (size // 4))]))


def _patch(headers: list[tuple[str, bytes]]) -> bytes:
    return request("PATCH", f"{API}/{TARGET}", [("Content-Type", MERGE_PATCH), *headers], b'{"title":"T"}')
