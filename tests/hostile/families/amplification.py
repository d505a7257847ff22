# SPDX-License-Identifier: Apache-2.0
"""Small inputs with large effects, and large ones within every limit: what a request may cost is bounded."""

import gzip
import zlib
from collections.abc import Iterator
from itertools import product
from typing import Any

import orjson

from tests.hostile.attack import API, JSON_PATCH, MERGE_PATCH, TARGET, Attack, numbered, sent
from tests.paths import CUSTOMER

INDIVIDUAL = {"givenName": "N", "familyName": "O"}
MEBIBYTE = 2**20

ELEMENTS: list[Any] = [{}, [], 0, None]


def attacks() -> Iterator[Attack]:
    """Requests that are dear where anything is quadratic, or unpacked before it is measured."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    yield from _packed()
    wide = {f"m{number}": number for number in range(20_000)}
    yield sent("20,000 new members", "POST", API, {**INDIVIDUAL, **wide})
    yield sent("20,000 members merged", "PATCH", f"{API}/{TARGET}", wide, MERGE_PATCH)
    for name, element in product(("contactMedium", "x", "partyCharacteristic", "relatedParty"), ELEMENTS):
        body = orjson.dumps({**INDIVIDUAL, name: [element] * 100_000})
        yield sent(f"100,000 of {element} in {name}", "POST", API, body)
        yield sent(
            f"100,000 of {element} merged into {name}",
            "PATCH",
            f"{API}/{TARGET}",
            orjson.dumps({name: [element] * 100_000}),
            MERGE_PATCH,
        )
    for path in ("/x/-", "/note", "/contactMedium/0"):
        operations: list[dict[str, Any]] = [{"op": "add", "path": path, "value": {}}] * 20_000
        yield sent(f"20,000 operations on {path}", "PATCH", f"{API}/{TARGET}", operations, JSON_PATCH)
    for text in ("a" * 900_000, "a" * 899_999 + "b", "é" * 400_000):
        yield sent(f"a long text of {text[-1]}", "POST", API, {**INDIVIDUAL, "title": text})
    for pattern in ("(a%2B)%2B$", "(.*a){12}b", "a.*a.*a.*b", "%5Ea*a*a*a*b$"):
        for name in ("title", "givenName"):
            yield sent(f"regex {pattern} on a long text", "GET", f"{API}?{name}.regex={pattern}")
    for condition in ("givenName=a", "givenName.regex=a.*b", "contactMedium.mediumType=email"):
        yield sent(f"many times {condition}", "GET", f"{API}?{'&'.join([condition] * 400)}")
        yield sent(f"or many times {condition}", "GET", f"{API}?{';'.join([condition] * 400)}")
        yield sent(f"{condition} of many", "GET", f"{API}?{condition}{',x' * 4000}")
    for offset in (10**6, 10**9, 2**31, 2**63 - 1):
        yield sent(f"offset {offset}", "GET", f"{CUSTOMER}?offset={offset}&limit=1000")
    yield sent("sorted by all", "GET", f"{API}?sort={','.join(['givenName', '-familyName', 'title'] * 200)}&limit=1000")
    yield sent("a name nobody knows", "GET", f"{API}?{'givenNme' * 1500}=x")


def _packed() -> Iterator[Attack]:
    body = orjson.dumps(INDIVIDUAL)
    for size in (MEBIBYTE // 2, 2 * MEBIBYTE, 200 * MEBIBYTE):
        bomb = b'{"givenName":"N","familyName":"O","x":"' + b"x" * size + b'"}'
        yield sent(f"gzip of {size}", "POST", API, gzip.compress(bomb, mtime=0), Content_Encoding="gzip")
        yield sent(f"deflate of {size}", "POST", API, zlib.compress(bomb), Content_Encoding="deflate")
    packed = gzip.compress(body, mtime=0)
    for wrong in (
        packed[:-4],
        packed[:5],
        packed + b"x",
        packed * 2,
        b"x" + packed,
        b"",
        body,
        packed[:12] + b"\xff" * 20,
    ):
        yield sent(f"gzip {wrong[:12]!r}", "POST", API, wrong, Content_Encoding="gzip")
    for coding in (
        "br",
        "zstd",
        "compress",
        "identity",
        "gzip, gzip",
        "gzip,deflate",
        "x-gzip",
        "GZIP",
        "aes128gcm",
        "",
    ):
        yield sent(f"coding {coding}", "POST", API, packed, Content_Encoding=coding)
