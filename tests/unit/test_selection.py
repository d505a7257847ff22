# SPDX-License-Identifier: Apache-2.0
"""Attribute selection: what `fields` keeps of an answer, and what is no selection at all."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.selection import ALWAYS, names, parse_fields, select
from app.errors import InvalidQuery

PARTY: dict[str, Any] = {
    "id": "1",
    "href": "http://here/1",
    "@type": "Individual",
    "@baseType": "Party",
    "status": "validated",
    "n": 5,
    "note": [{"author": "P", "text": "t1"}, {"author": "Q", "text": "t2", "@type": "Note"}],
    "validFor": {"startDateTime": "2024-01-01T00:00:00Z", "endDateTime": None},
    "tag": ["a", ["b", {"author": "R", "x": 1}]],
}
ADDRESS = {name: PARTY[name] for name in ALWAYS if name in PARTY}

NAMES = st.sampled_from(["status", "n", "note", "validFor", "tag", "author", "text", "startDateTime", "id", "other"])
SELECTIONS = st.lists(st.lists(NAMES, min_size=1, max_size=3).map(".".join), min_size=1, max_size=5)


def shown_of(document: dict[str, Any], fields: str | None) -> dict[str, Any]:
    """What a client sees of the document that selects `fields`."""
    selection = parse_fields(fields)
    return document if selection is None else select(document, selection)


def kept(fields: str | None) -> dict[str, Any]:
    """What a selection keeps beside the attributes that every answer carries."""
    return {name: value for name, value in shown_of(PARTY, fields).items() if name not in ADDRESS}


@pytest.mark.parametrize("fields", [None, "", "  "])
def test_everything_is_kept_when_nothing_is_selected(fields: str | None) -> None:
    assert shown_of(PARTY, fields) == PARTY


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("none", {}),
        ("n", {"n": 5}),
        ("status,n", {"status": "validated", "n": 5}),
        (" status , n ", {"status": "validated", "n": 5}),
        ("none,n", {"n": 5}),
        ("unknown", {}),
        ("status.unknown", {"status": "validated"}),
        ("id", {}),
        ("note.author", {"note": [{"author": "P"}, {"author": "Q", "@type": "Note"}]}),
        ("note.author,note", {"note": PARTY["note"]}),
        ("note,note.author", {"note": PARTY["note"]}),
        ("note.unknown", {"note": [{}, {"@type": "Note"}]}),
        ("note.0.author", {"note": [{"author": "P"}]}),
        ("note.1", {"note": [PARTY["note"][1]]}),
        ("note.1.author,note.0", {"note": [PARTY["note"][0], {"author": "Q", "@type": "Note"}]}),
        ("note.text,note.0.author", {"note": [{"author": "P", "text": "t1"}, {"text": "t2", "@type": "Note"}]}),
        ("note.0,note.author", {"note": [PARTY["note"][0], {"author": "Q", "@type": "Note"}]}),
        ("note.2", {"note": []}),
        ("note.00", {"note": [{}, {"@type": "Note"}]}),
        ("tag.1.0", {"tag": [["b"]]}),
        ("validFor.0", {"validFor": {}}),
        ("status.deeper", {"status": "validated"}),
        ("validFor.endDateTime", {"validFor": {"endDateTime": None}}),
        ("tag.x", {"tag": ["a", ["b", {"x": 1}]]}),
    ],
)
def test_a_selection_keeps_what_it_names(fields: str, expected: dict[str, Any]) -> None:
    assert kept(fields) == expected


@given(SELECTIONS)
def test_the_address_and_the_class_are_always_kept(names: list[str]) -> None:
    assert ADDRESS.items() <= shown_of(PARTY, ",".join(names)).items()


@given(st.data(), SELECTIONS)
def test_the_order_of_a_selection_says_nothing(data: st.DataObject, names: list[str]) -> None:
    shuffled = data.draw(st.permutations(names))
    assert shown_of(PARTY, ",".join(names)) == shown_of(PARTY, ",".join(shuffled))


@given(SELECTIONS)
def test_selecting_twice_is_selecting_once(names: list[str]) -> None:
    once = shown_of(PARTY, ",".join(names))
    assert shown_of(once, ",".join(names)) == once


@given(SELECTIONS, SELECTIONS)
def test_a_longer_selection_keeps_no_less(names: list[str], more: list[str]) -> None:
    assert shown_of(PARTY, ",".join(names)).keys() <= shown_of(PARTY, ",".join(names + more)).keys()


@given(SELECTIONS)
def test_a_selection_does_not_change_the_document(names: list[str]) -> None:
    before = copy.deepcopy(PARTY)
    shown_of(PARTY, ",".join(names))
    assert before == PARTY


@given(SELECTIONS)
def test_the_first_level_names_are_those_that_can_show(selection: list[str]) -> None:
    found = parse_fields(",".join(selection))
    assert found is not None
    assert shown_of(PARTY, ",".join(selection)).keys() == names(found) & PARTY.keys()


@pytest.mark.parametrize(
    "fields",
    [
        *(",", "a,", "a,,b", "a\0", "a\0.b", "note[0],", ",$.note"),
    ],
)
def test_an_entry_without_a_name_is_refused(fields: str) -> None:
    with pytest.raises(InvalidQuery, match=r"in 'fields' is no attribute; write names like 'status,channel\.name'"):
        parse_fields(fields)


def test_a_name_leads_through_as_many_levels_as_a_body_has_and_no_more() -> None:
    assert kept(".".join(["note"] * 64)) == {"note": [{}, {"@type": "Note"}]}
    with pytest.raises(InvalidQuery, match="leads through more than 64 names"):
        parse_fields(".".join(["note"] * 65))
