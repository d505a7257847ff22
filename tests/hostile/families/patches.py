# SPDX-License-Identifier: Apache-2.0
"""Patches (RFC 7396, RFC 6902, TMF630 part 5) that lead nowhere, into what is not theirs, or grow what they touch."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from tests.hostile.attack import API, API_V5, JSON_PATCH, MERGE_PATCH, QUERY_PATCH, TARGET, Attack, numbered, sent

OPS: list[Any] = ["add", "remove", "replace", "move", "copy", "test", "ADD", "", "merge", None, 7, {}, []]
POINTERS: list[Any] = [
    "", "/", "//", "/id", "/href", "/@type", "/status", "/_v4", "/_id", "/$where", "/a~", "/a~2", "/~0~1",
    "/contactMedium/-", "/contactMedium/-1", "/contactMedium/01", "/contactMedium/99999999999", "/contactMedium/1e1",
    "/givenName/x", "/" * 3000, "/a" * 3000, "givenName", "#/givenName", "/\x00", "/\u202e", None, 7, ["a"], {},
    "$.contactMedium[?(@.mediumType=='email')]", "/contactMedium?mediumType=email", "$..*", "$[?(@",
    "/contactMedium[?(@.x=~'(a+)+$')]", "/__proto__/x",
]  # fmt: skip
OTHERS: list[Any] = [
    None, {}, [], [[]], [None], ["x"], [{}], {"op": "add"}, [{"op": "remove", "path": ""}],
    [{"op": "move", "from": "/a", "path": "/a/b"}], [{"op": "copy", "from": "", "path": "/x"}] * 24,
    [{"op": "add", "path": "/x", "value": []}] + [{"op": "copy", "from": "/x", "path": "/x/-"}] * 40,
    [{"op": "add", "path": "/note", "value": "x" * 1000}] * 900,
    [{"op": "test", "path": "/id", "value": "no"}] * 5000, [{"op": "remove", "path": "/givenName"}] * 2,
]  # fmt: skip
MERGES: list[Any] = [
    {"id": "x"}, {"href": "x"}, {"@type": "Organization"}, {"status": "nowhere"}, {"status": None},
    {"givenName": None, "familyName": None}, {"_v4": {"set": {"x": 1}}}, {"$unset": {"givenName": 1}}, {"a.b": 1},
    {"contactMedium": {"0": {}}}, {"": None}, {"x": {"y": {"z": None}}}, {"lastUpdate": "x"}, {"__proto__": None},
]  # fmt: skip


def attacks() -> Iterator[Attack]:
    """Patches of a resource that is there."""
    yield from numbered(_all())


def _all() -> Iterator[Attack]:
    for op, pointer in product(OPS[:7], POINTERS):
        operation = {"op": op, "path": pointer, "value": "x", "from": pointer}
        yield sent(f"{op} {pointer!r:.30}", "PATCH", f"{API}/{TARGET}", [operation], JSON_PATCH)
    for op, type in product(OPS, (JSON_PATCH, QUERY_PATCH)):
        yield sent(
            f"{op!r} in {type}", "PATCH", f"{API_V5}/{TARGET}", [{"op": op, "path": "/title", "value": "x"}], type
        )
    for pointer, op in product(POINTERS, ("add", "remove")):
        yield sent(
            f"query {op} {pointer!r:.30}",
            "PATCH",
            f"{API}/{TARGET}",
            [{"op": op, "path": pointer, "value": {}}],
            QUERY_PATCH,
        )
    for other, type in product(OTHERS, (JSON_PATCH, QUERY_PATCH, MERGE_PATCH)):
        yield sent(f"{other!r:.30} as {type}", "PATCH", f"{API}/{TARGET}", other, type)
    for merge, api in product(MERGES, (API, API_V5)):
        yield sent(f"merge {merge!r:.30}", "PATCH", f"{api}/{TARGET}", merge, MERGE_PATCH)
