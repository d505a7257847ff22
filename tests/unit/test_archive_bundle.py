# SPDX-License-Identifier: Apache-2.0
"""Bundles: what is put into one comes out of it byte by byte, and no bit of it can change unseen."""

import asyncio
from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from app.storage.archive.bundle import BundleBroken, read_bundle, write_bundle
from app.storage.sealing.envelope import decrypt, encrypt, new_key

KEY = new_key()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.$", max_size=3), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(["_id", "document", "x"]), VALUES), max_size=4)
MEMBERS = st.dictionaries(st.sampled_from(["Customer", "PartyInteraction", "events"]), ROWS)


async def seal(content: bytes, place: bytes) -> bytes:
    return encrypt(KEY, content, place)


async def unseal(content: bytes, place: bytes) -> bytes:
    return decrypt(KEY, content, place)


def raw(rows: list[dict[str, Any]]) -> list[RawBSONDocument]:
    return [RawBSONDocument(bson.encode(row)) for row in rows]


def bundle_of(members: dict[str, list[dict[str, Any]]], *, sealed: bool) -> bytes:
    manifest = {"name": "b", "sealedFor": "p" if sealed else None}
    rows = {name: raw(each) for name, each in members.items()}
    return asyncio.run(write_bundle(manifest, rows, seal if sealed else None))


@given(MEMBERS, st.booleans())
def test_what_is_put_in_comes_out(members: dict[str, list[dict[str, Any]]], sealed: bool) -> None:
    bundle = read_bundle(bundle_of(members, sealed=sealed))
    assert {each["name"]: each["count"] for each in bundle.manifest["members"]} == {
        name: len(rows) for name, rows in members.items()
    }
    for name, rows in members.items():
        found = asyncio.run(bundle.rows(name, unseal if sealed else None))
        assert [row.raw for row in found] == [row.raw for row in raw(rows)]
    assert asyncio.run(bundle.rows("other", None)) == []


WHOLE = bundle_of({"Customer": [{"_id": "1", "document": {"name": "Delta"}}], "events": [{"_id": 7}]}, sealed=True)


@given(st.integers(0, len(WHOLE) * 8 - 1))
def test_a_flipped_bit_is_found(bit: int) -> None:
    changed = bytearray(WHOLE)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BundleBroken):
        read_bundle(bytes(changed))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_part_of_a_bundle_is_none(length: int) -> None:
    with pytest.raises(BundleBroken):
        read_bundle(WHOLE[:length])


def test_what_is_sealed_is_not_legible() -> None:
    assert b"Delta" not in WHOLE
    with pytest.raises(BundleBroken, match="LIAISON_SECRETS_KEY"):
        asyncio.run(read_bundle(WHOLE).rows("Customer", None))
