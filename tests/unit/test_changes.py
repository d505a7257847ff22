# SPDX-License-Identifier: Apache-2.0
"""What waits in a row tells every document that there was, though each is kept with at most one of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import decode, encode
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import change
from app.domain.json_values import equal
from app.domain.origin import UNKNOWN
from app.storage.documents.rows import MOST_NAMED, alteration, complete_change, new_row, waiting
from app.storage.outbox.outbox import ENCODED_AWARE

AT = datetime(2024, 5, 1, tzinfo=UTC)
AWARE: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True)

values = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from((0.0, 1.0, "", "a", AT))
members = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
    max_leaves=4,
)
documents = st.dictionaries(st.sampled_from(("a", "b", "c.d", "", "0", "status", "reason")), members, max_size=5)


def announced(before: Any, after: Any, **also: Any) -> Any:
    told = change(
        revision=2, at=AT, origin=UNKNOWN, before=before, after=after, state_field="status", companions=("reason",)
    )
    return told and {**told, **also}


def told(id: str, document: dict[str, Any]) -> dict[str, Any]:
    """A row with a new document, as it is read."""
    return decode(new_row(id, document, announced(None, document)).raw, AWARE)


def altered(row: dict[str, Any], after: dict[str, Any], change: Any) -> dict[str, Any]:
    """A row after an update, which the database applies."""
    update = decode(encode(alteration(row["document"], after, change)), AWARE)
    document = dict(row["document"])
    for path, value in update["$set"].items():
        _, dot, name = path.partition(".")
        if dot:
            document[name] = value
        elif path == "document":
            document = value
    for path in update.get("$unset", ()):
        del document[path.partition(".")[2]]
    return {**row, "document": document, "pending": [*row["pending"], update["$push"]["pending"]]}


def history(row: Mapping[str, Any]) -> list[Any]:
    return [each["document"] for each in waiting(row)]


@given(st.lists(documents, min_size=1, max_size=5))
def test_every_document_of_the_past_follows_from_the_last_one(past: list[dict[str, Any]]) -> None:
    row, kept = told("1", past[0]), [past[0]]
    for after in past[1:]:
        if found := announced(row["document"], after):
            row = altered(row, after, found)
            kept.append(after)
    assert len(row["pending"]) == len(kept)
    assert all(map(equal, history(row), kept))
    undecoded = decode(encode(row), ENCODED_AWARE)
    assert all(
        equal(decode(encode({"of": each}), AWARE)["of"], of) for each, of in zip(history(undecoded), kept, strict=True)
    )


@given(documents, documents)
def test_a_row_is_told_what_makes_its_document_the_new_one(before: dict[str, Any], after: dict[str, Any]) -> None:
    row = told("1", before)
    if found := announced(row["document"], after):
        assert equal(altered(row, after, found)["document"], after)


def test_only_what_differs_is_written() -> None:
    before = {"name": "a", "note": ["long"], "old": 1, "touched": 1}
    after = {"name": "b", "note": before["note"], "touched": 2}
    found = announced(before, {**after, "touched": 1})
    update = decode(encode(alteration(before, after, found)), AWARE)
    assert update["$set"] == {"document.name": "b", "document.touched": 2, "revision": 2, "changed": AT}
    assert update["$unset"] == {"document.old": True}
    assert update["$push"]["pending"] == {**found, "beside": {"changed": ["touched"], "before": {"touched": 1}}}


@pytest.mark.parametrize("name", ["a.b", "", "."])
def test_a_name_that_is_no_step_of_a_path_has_the_whole_document_written(name: str) -> None:
    before, after = {"x": 1, name: 1}, {"x": 1, name: 2}
    assert decode(encode(alteration(before, after, announced(before, after))), AWARE)["$set"] == {
        "document": after,
        "revision": 2,
        "changed": AT,
    }


@pytest.mark.parametrize("gone", [True, False])
def test_no_more_members_are_written_one_by_one_than_the_database_finds_at_once(gone: bool) -> None:
    many = {f"m{number}": number for number in range(MOST_NAMED + 1)}
    before, after = ({"x": 1, **many}, {"x": 1}) if gone else ({"x": 1}, {"x": 1, **many})
    told = decode(encode(alteration(before, after, announced(before, after))), AWARE)
    assert told["$set"] == {"document": after, "revision": 2, "changed": AT}
    assert "$unset" not in told
    row = {"document": before, "pending": []}
    assert altered(row, after, announced(before, after))["document"] == after


def test_what_events_tell_is_not_kept_twice() -> None:
    before = {"name": "a"}
    found = announced(before, {"name": "b"})
    assert complete_change(found, {"name"}, before) == found


def test_a_deletion_has_its_document_and_those_before_it_follow_from_that() -> None:
    born, second = announced(None, {"n": 1}), announced({"n": 1}, {"n": 2})
    gone, again = announced({"n": 2}, None), announced(None, {"m": 3})
    left = {"pending": [born, second, gone, again, announced({"m": 3}, None)]}
    assert history(left) == [{"n": 1}, {"n": 2}, {"n": 2}, {"m": 3}, {"m": 3}]


def test_changes_that_have_their_documents_with_them_keep_those() -> None:
    first, second = announced(None, {"n": 1}, document={"n": 1}), announced({"n": 1}, {"n": 2}, document={"n": 2})
    assert history({"document": {"n": 3}, "pending": [first, second, announced({"n": 2}, {"n": 3})]}) == [
        {"n": 1},
        {"n": 2},
        {"n": 3},
    ]


def test_a_change_without_its_document_before_one_that_has_it_is_found_from_that() -> None:
    born, second = announced(None, {"n": 1}), announced({"n": 1}, {"n": 2}, document={"n": 2})
    assert history({"document": {"n": 2}, "pending": [born, second]}) == [{"n": 1}, {"n": 2}]


def test_nothing_waits_in_a_row_that_the_relay_has_cleared() -> None:
    assert waiting({"document": {"n": 1}}) == []
