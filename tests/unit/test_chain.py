# SPDX-License-Identifier: Apache-2.0
"""The hashes of the log: a payload has the same one as bytes, as the relay has it, and read, as who checks has it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import bson
from bson import CodecOptions, Decimal128
from bson.raw_bson import RawBSONDocument
from hypothesis import given
from hypothesis import strategies as st

from app.storage.event_log.chain import digest

AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
instants = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    instants,
    st.just(Decimal128("1.50")),
)
values = st.recursive(scalars, lambda some: st.lists(some, max_size=3) | st.dictionaries(names, some, max_size=3))
documents = st.dictionaries(names, values, max_size=5)


@given(documents)
def test_a_document_has_the_same_hash_as_bytes_and_read(document: dict[str, Any]) -> None:
    raw = RawBSONDocument(bson.encode(document))
    read = bson.decode(raw.raw, AWARE)

    assert digest({"document": raw, "before": {}}) == digest({"document": read, "before": {}})


@given(instants)
def test_an_instant_has_the_same_hash_in_every_zone(instant: datetime) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert digest({"at": elsewhere}) == digest({"at": instant}) == digest({"at": instant.replace(tzinfo=None)})


def test_the_order_of_attributes_does_not_matter_but_that_of_elements_does() -> None:
    one, same, other = ({"a": [1, 2], "b": 3}, {"b": 3, "a": [1, 2]}, {"a": [2, 1], "b": 3})

    assert digest(one) == digest(same) != digest(other)
