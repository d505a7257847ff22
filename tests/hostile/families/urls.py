# SPDX-License-Identifier: Apache-2.0
"""URLs: paths and ids that are no text, lead elsewhere, or are longer than anything."""

from collections.abc import Iterator
from itertools import product

from tests.hostile.attack import API, TARGET, Attack, numbered, request
from tests.paths import INTERACTION_V5

SEGMENTS = [
    "%2F", "%2f%2f", "..", "%2e%2e", ".", "%00", "%", "%1", "%zz", "%ff", "%c0%af", "%ed%a0%80", "%f4%90%80%80",
    "a%0d%0ab", "a%0ab", "%25", "%2525", "%20", "%09", "~", "$where", "{id}", "{}", "null", "undefined", "-1", "0",
    "1e9", "'", '"', "<script>", "\\", "%5c", ";a=b", "a;b", "@", ":", "a:b", "*", "!", "(", "[", "]", "|", "^", "`",
    "é", "%C3%A9", "%F0%9F%98%80", "x" * 500, "x" * 15_000, "hub", "openapi.json", "..%2f..%2fetc%2fpasswd",
    "....//", "%u0041", "con", "__proto__", "constructor", "id", "_id", "ObjectId(1)",
]  # fmt: skip
TARGETS = [
    "", "?", "#", "/", "//", "///tmf-api", "/tmf-api//party/v4/individual", "http://evil.example/tmf-api", "http://",
    "evil.example:443", "*", "/%2e%2e/%2e%2e/etc/passwd", "/tmf-api/party/v4/individual/../hub",
    "/tmf-api/party/v4%2Findividual", "/tmf-api%2fparty/v4/individual", "/tmf-api/party/v4/individual;x",
    "/tmf-api/party/v4/individual#x", "/tmf-api/party/v4/individual%23", "/tmf-api/party/v4/individual?%00",
    "/tmf-api/party/v4/ individual", "/tmf-api/party/v4/individual?givenName=Zoë", "/\x00", "/\x7f",
    "/" + "a/" * 7000, "/" + "x" * 70_000, "/health/../tmf-api", "/health/live%00", "/TMF-API/party/v4/individual",
    "/tmf-api/party/v9/individual", "/tmf-api/party/v4/individual%20",
]  # fmt: skip
QUERIES = [
    "&" * 10_000, "=" * 5000, "a&" * 4000, "%", "%zz=1", "%ff=%ff", "=%00", "limit=%31", "limit", "limit=",
    "limit=1&limit=2", "offset=-1", "limit=1e3", "limit=99999999999999999999", "offset=99999999999999999999",
    "limit=0", "limit=1.5", "limit=\u0661", "fields=" + "a," * 4000, "fields=" + "a." * 4000, "sort=" + "-" * 5000,
    "sort=" + "id," * 3000, "cursor=x", "cursor=" + "A" * 8000, "at=yesterday", "at=9999-12-31T23:59:59Z",
    "at=0001-01-01T00:00:00Z", "at=" + "9" * 5000, "fields[]=a", "fields.$ne=1", "[$ne]=1", "$where=sleep(1)",
    "__proto__=1", "x" * 8000 + "=1",
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Requests for what no URL should lead to."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    for segment, method in product(SEGMENTS, ("GET", "DELETE", "PATCH", "PUT", "HEAD")):
        target = f"{API}/{segment}" if segment != TARGET else f"{API}/%7Bid%7D"
        body = b'{"title":"T"}' if method == "PATCH" else None
        yield Attack(f"{method} {segment[:20]}", request(method, target, body=body), method=method)
    for target, method in product(TARGETS, ("GET", "POST", "DELETE")):
        yield Attack(f"{method} {target[:30]!r}", request(method, target), silent=target == "", method=method)
    for query, collection in product(QUERIES, (API, INTERACTION_V5)):
        yield Attack(f"query {query[:20]}", request("GET", f"{collection}?{query}"))
        yield Attack(f"query of one {query[:20]}", request("GET", f"{API}/{TARGET}?{query}"))
