# SPDX-License-Identifier: Apache-2.0
"""Identities: well-formed, different, and in the order of their making."""

import time
import uuid

from app.domain.identifiers import new_id


def test_an_id_is_a_uuid_of_version_seven_in_canonical_text() -> None:
    made = new_id()
    parsed = uuid.UUID(made)
    assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
    assert str(parsed) == made


def test_ids_sort_in_the_order_of_their_making() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_an_id_begins_with_the_milliseconds_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = uuid.UUID(new_id()).int >> 80
    after = time.time_ns() // 1_000_000
    assert before <= milliseconds <= after + 1
