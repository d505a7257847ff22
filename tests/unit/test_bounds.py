# SPDX-License-Identifier: Apache-2.0
"""How large a resource may be: whatever is accepted, the log has room for what happens to it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import encode
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.events import change
from app.domain.origin import Origin
from app.errors import PayloadTooLarge
from app.storage.documents.bounds import LARGEST, LARGEST_DOCUMENT, SELDOM, SMALL, is_overgrown
from app.storage.documents.rows import alteration, is_measured, new_row, waiting
from app.storage.event_log.chain import link
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import OutboxBatch, Source
from app.storage.outbox.unwritable_entries import HEAD

AT = datetime(2024, 5, 1, tzinfo=UTC)
ORIGIN = Origin(actor="a" * 200, correlation_id="c" * 200)
KIB = 1024


def announced(revision: int, before: Any, after: Any) -> Any:
    return change(revision=revision, at=AT, origin=ORIGIN, before=before, after=after, state_field="s")


def document_of(size: int) -> dict[str, Any]:
    """One that takes exactly so many bytes."""
    return {"x": "y" * (size - len(encode({"x": ""})))}


def logged_size(row: dict[str, Any]) -> int:
    """Bytes of the largest entry that the changes waiting in a row cause."""
    found = OutboxBatch(Source("Individual", "party"), "i" * 200, waiting(row))
    told = link(entries([found]), sequence=2**60, previous="0" * 64, logged_at=AT)
    return max(len(encode(entry)) for entry in told)


@pytest.mark.parametrize("beyond", [0, 1])
def test_a_resource_takes_seven_mebibytes_and_not_one_byte_more(beyond: int) -> None:
    document = document_of(LARGEST_DOCUMENT + beyond)
    small = document_of(100)

    def create() -> None:
        new_row("1", document, announced(1, None, document))

    def patch() -> None:
        alteration(small, document, announced(2, small, document))

    for act in (create, patch):
        if beyond:
            with pytest.raises(PayloadTooLarge, match=f"would take {LARGEST_DOCUMENT + 1} bytes"):
                act()
        else:
            act()


parts = st.tuples(st.sampled_from("abcs"), st.integers(0, 5000), st.integers(0, 5000))
shapes = st.lists(parts, max_size=4)


def shaped(parts: list[tuple[str, int, int]]) -> dict[str, Any]:
    """A document with long names and long values."""
    return {name + "n" * names * KIB: "v" * values * KIB for name, names, values in parts}


@settings(max_examples=30, deadline=None)
@given(shapes, shapes)
def test_the_log_has_room_for_every_change_that_is_accepted_and_for_the_deletion(before: Any, after: Any) -> None:
    first, second = shaped(before), shaped(after)
    made, moved, gone = announced(1, None, first), announced(2, first, second), announced(3, second, None)
    try:
        new_row("1", first, made)
        told = alteration(first, second, moved) if moved else {}
    except PayloadTooLarge:
        return
    rows: list[dict[str, Any]] = [
        {"document": first, "pending": [made]},
        *([{"document": second, "pending": [told["$push"]["pending"]]}] if moved else []),
        *([{"pending": [gone]}] if gone and moved else []),
    ]
    assert all(logged_size(row) <= LARGEST for row in rows)


def test_small_changes_make_a_resource_grow_by_half_a_mebibyte_at_most() -> None:
    assert not [revision for revision in range(1, SELDOM) if is_measured(b"x" * SMALL, revision)]
    assert is_measured(b"x" * SMALL, SELDOM)
    assert is_measured(b"x" * SMALL + b"x", 1)
    full = document_of(LARGEST_DOCUMENT)
    grown = {**full, "more": 1}
    assert alteration(full, grown, announced(SELDOM - 1, full, grown))
    with pytest.raises(PayloadTooLarge):
        alteration(full, grown, announced(SELDOM, full, grown))
    assert not is_overgrown(document_of(LARGEST_DOCUMENT + SELDOM * SMALL))


def test_a_resource_as_large_as_may_be_is_replaced_by_another_in_one_go() -> None:
    before, after = document_of(LARGEST_DOCUMENT), {"z": "w" * (LARGEST_DOCUMENT - 20)}
    told = alteration(before, after, announced(2, before, after))
    row = {"document": after, "pending": [told["$push"]["pending"]]}
    assert len(encode(row)) + 1024 < LARGEST
    assert logged_size(row) <= LARGEST


def test_what_grew_too_large_in_an_earlier_release_may_change_and_shrink_but_not_grow() -> None:
    parts = {f"m{number}": "y" * 1_000_000 for number in range(16)}
    other = {**parts, "m0": "z" * 1_000_000}
    less = {name: value for name, value in parts.items() if name != "m0"}
    for after in (other, less):
        assert alteration(parts, after, announced(2, parts, after))
    with pytest.raises(PayloadTooLarge, match="most"):
        alteration(parts, {**parts, "m16": "y" * SMALL * 2}, announced(2, parts, {**parts, "m16": ""}))


def test_the_head_of_an_entry_is_no_larger_than_it_is_taken_for() -> None:
    document = {"x": 1}
    row = {"document": document, "pending": [announced(1, None, document)]}
    bare = next(entries([OutboxBatch(Source("Individual", "party"), "1", waiting(row))]))
    [whole] = link([bare], sequence=2**60, previous="0" * 64, logged_at=AT)
    assert len(encode(whole)) - len(encode(bare)) <= HEAD
