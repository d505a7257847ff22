# SPDX-License-Identifier: Apache-2.0
"""JSON (RFC 8259, RFC 7493) and types: bodies that are no JSON, or hold what no database keeps or no schema takes."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.contract.documents import COLLECTIONS, Collection
from tests.hostile.attack import API, MERGE_PATCH, TARGET, Attack, numbered, sent

TEXTS: list[bytes] = [
    b"", b" ", b"{", b"}", b"[", b"]", b"{]", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a":1,}', b"{,}",
    b"{a:1}", b"{'a':1}", b'{"a":01}', b'{"a":+1}', b'{"a":1.}', b'{"a":.1}', b'{"a":1e}', b'{"a":NaN}',
    b'{"a":Infinity}', b'{"a":-Infinity}', b'{"a":1e400}', b'{"a":-1e400}', b'{"a":9223372036854775808}',
    b'{"a":18446744073709551616}', b'{"a":' + b"9" * 5000 + b"}", b'{"a":1e-9999999}', b'{"a":True}', b'{"a":nul}',
    b'{"a":undefined}', b'{"a":"\x01"}', b'{"a":"\n"}', b'{"a":"\\x"}', b'{"a":"\\u12"}', b'{"a":"\\ud800"}',
    b'{"a":"\\udc00\\ud800"}', b'{"\\ud800":1}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a\\u0000b":1}',
    b'{"a":"\xff"}', b'{"\xc0\xaf":1}', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b"\x00{\x00}", b"{}{}", b"{} x",
    b"{}\x00", b"// c\n{}", b"/* */{}", b'{"a":1,"a":2}', b'{"givenName":"A","givenName":"B","familyName":"C"}',
    b'{"":1}', b'{"$set":1}', b'{"a.b":1}', b'{"$where":"sleep(1)"}', b'{".":1}', b'{"_id":1}',
    b'{"_v4":{"set":{"a":1}}}', b'{"__proto__":{"a":1}}', b"null", b"true", b"0", b'""', b"[]", b"[[]]", b"[{}]",
    b"\xf0\x9f\x98\x80", b'{"a":' * 100 + b"1" + b"}" * 100, b'{"a":' * 1000 + b"1" + b"}" * 1000, b"[" * 100_000,
    b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"givenName":"' + b"x" * 1_000_000 + b'"}',
    b'{"' + b"x" * 1_000_000 + b'":1}',
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 2**63 - 1, -(2**63), 1e308, "", " ", "x", "\x00", "\u202e", "x" * 100_000, [], [[]],
    [None], [{}], ["x"], {}, {"": 0}, {"$gt": ""}, {"@type": 7}, {"id": {"$ne": 1}}, [1, "x", {}, []],
    {"a": {"a": {"a": {"a": 1}}}}, {"href": "javascript:alert(1)"},
]  # fmt: skip
DATES = [
    "yesterday", "", "2024", "2024-02-30T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T25:00:00Z",
    "2024-01-01T00:00:61Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00+99:99", "2024-01-01T00:00:00+24:00",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024-01-01T00:00:00Z" + "0" * 5000,
    "٢٠٢٤-01-01T00:00:00Z", "2024-01-01 00:00:00Z", "2024-01-01t00:00:00z", "2024-W01-1T00:00:00Z",
    "20240101T000000Z", "2024-01-01T00:00:00.Z", "2016-12-31T23:59:60Z", 1704067200, 1.7e12, True, None,
    ["2024-01-01T00:00:00Z"], {"$date": "2024-01-01T00:00:00Z"}, {"$date": {"$numberLong": "9" * 30}},
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Creates and patches whose body no client should send."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    for text in TEXTS:
        yield sent(f"create {text[:30]!r}", "POST", API, text)
        yield sent(f"patch {text[:30]!r}", "PATCH", f"{API}/{TARGET}", text, MERGE_PATCH)
    for collection in COLLECTIONS:
        yield from _mistyped(collection)
    for date in DATES:
        yield sent(f"birthDate {date!r:.30}", "POST", API, {"givenName": "N", "familyName": "O", "birthDate": date})
        yield sent(f"patched {date!r:.30}", "PATCH", f"{API}/{TARGET}", {"birthDate": date}, MERGE_PATCH)
        period = {"validFor": {"startDateTime": date, "endDateTime": date}}
        yield sent(f"period {date!r:.30}", "PATCH", f"{API}/{TARGET}", {"contactMedium": [period]}, MERGE_PATCH)
    for type in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "/",
        "x",
        "a/b/c",
    ):
        yield sent(f"type {type}", "POST", API, {"givenName": "N", "familyName": "O"}, type)


def _mistyped(collection: Collection) -> Iterator[Attack]:
    """The example of a resource with each of its members, and one of its nested ones, replaced by what it is not."""
    example = next(iter(collection.creates.values()))
    for (name, value), wrong in product(list(example.items())[:6], VALUES[::2]):
        yield sent(f"{collection} {name}={wrong!r:.20}", "POST", collection.path, {**example, name: wrong})
        if isinstance(value, dict):
            yield sent(
                f"{collection} {name}.x={wrong!r:.20}",
                "POST",
                collection.path,
                {**example, name: {**value, "id": wrong}},
            )
