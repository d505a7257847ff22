# SPDX-License-Identifier: Apache-2.0
"""Members of raw BSON: the same as those of the decoded document, whatever values stand between them."""

import re
from datetime import UTC, datetime
from typing import Any

import bson
from bson import Binary, Code, Decimal128, Int64, MaxKey, MinKey, ObjectId, Timestamp
from hypothesis import given
from hypothesis import strategies as st

from app.storage.sealing.raw_members import members_of

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.integers(-(2**62), 2**62).map(Int64)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary().map(bytes)
    | st.sampled_from(
        [
            datetime(2024, 5, 1, tzinfo=UTC),
            ObjectId("0" * 24),
            Timestamp(1, 2),
            Decimal128("1.5"),
            MinKey(),
            MaxKey(),
            Binary(b"x", 5),
            Code("x"),
            Code("x", {}),
            re.compile("x"),
        ]
    )
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner))
names = st.text("abß", max_size=3)
AWARE: bson.CodecOptions[dict[str, Any]] = bson.CodecOptions(tz_aware=True)


@given(document=st.dictionaries(names, values, max_size=6), wanted=st.sets(names, max_size=3))
def test_members_are_those_of_the_decoded_document(document: dict[str, Any], wanted: set[str]) -> None:
    raw = bson.encode(document)
    decoded = bson.decode(raw, AWARE)
    assert str(members_of(raw, wanted)) == str({name: each for name, each in decoded.items() if name in wanted})
