# SPDX-License-Identifier: Apache-2.0
"""Relationships (`x-relationships`): what an end names, what the server adds and takes, what a document declares."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.relationships import End
from app.spec.bundle import bundle
from app.spec.declarations import declarations, undeclared_attributes

ONE = End("Organization", "parent", ("organization",), many=False)
MANY = End("Organization", "child", ("organization",), many=True)
IDS = st.sampled_from(["a", "b", "c/ d", "5"])
REFERENCES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({"id": IDS}),
    st.fixed_dictionaries({"id": IDS, "href": st.just("https://elsewhere.example.com/a")}),
    st.fixed_dictionaries({"id": IDS, "href": st.just("liaison:Individual/a")}),
    IDS.map(MANY.entry).map(lambda entry: entry["organization"]),
    st.just({}),
)
ENTRIES = REFERENCES.map(lambda reference: {"organization": reference, "relationshipType": "x"})
ENDS = st.sampled_from([ONE, MANY])


def document(end: End, entries: list[dict[str, Any]]) -> dict[str, Any]:
    value = entries if end.many else entries[0]
    return {"name": "N", end.attribute: value}


@given(ENDS, st.lists(ENTRIES, min_size=1, max_size=4), IDS)
def test_what_is_added_is_named_and_what_is_taken_away_is_not(end: End, entries: list[dict[str, Any]], id: str) -> None:
    before = document(end, entries)
    whole = deepcopy(before)
    added = end.with_id(before, id)
    assert end.ids(added) == [*dict.fromkeys([*(end.ids(before) if end.many else []), id])]
    taken = end.without(added, {id})
    assert end.ids(taken) == [each for each in end.ids(added) if each != id]
    assert end.without(taken, {id}) is taken
    assert before == whole
    if end.many and id not in end.ids(before):
        assert taken == before


@given(st.lists(ENTRIES, min_size=1, max_size=4), st.sets(IDS))
def test_what_the_server_added_is_told_from_what_a_client_sent(entries: list[dict[str, Any]], ids: set[str]) -> None:
    sent = document(MANY, entries)
    stored = sent
    for id in sorted(ids - set(MANY.ids(sent))):
        stored = MANY.with_id(stored, id)
    assert MANY.without_added(stored, sent) == sent
    assert ONE.without_added(ONE.with_id({"name": "N"}, "a"), {"name": "N"}) == {"name": "N"}


PARENT, CHILD = "organizationParentRelationship.organization.id", "organizationChildRelationship.organization.id"
RIGHT = {"path": PARENT, "inverse": CHILD, "hierarchy": True}
SENSITIVE = {"x-sensitive": {"organizationChildRelationship": "child:reveal"}}
WRONG = [
    ({"path": "parent.organization.id"}, {}, "'parent.organization.id' is no attribute of Organization"),
    ({"inverse": "relatedParty.partyOrPartyRole.id"}, {}, "Role.id' should stand in x-indexes, too"),
    ({"inverse": PARENT}, {}, "'organizationParentRelationship' should be an end once"),
    ({}, SENSITIVE, "'organizationChildRelationship' is required or sensitive"),
    ({"inverse": "partyCharacteristic.characteristicRelationship.id"}, {}, "an array within 'partyCharacteristic'"),
]


def faults(relationship: dict[str, Any], more: dict[str, Any]) -> list[str]:
    document = bundle("party-v5")
    document["x-tmf-resources"]["Organization"].update({"x-relationships": [{**RIGHT, **relationship}], **more})
    return list(undeclared_attributes(document, declarations(document, "party-v5")))


@pytest.mark.parametrize(("relationship", "more", "fault"), WRONG)
def test_a_document_is_told_what_cannot_be_an_end(
    relationship: dict[str, Any], more: dict[str, Any], fault: str
) -> None:
    assert any(
        line.startswith("x-tmf-resources/Organization/") and fault in line for line in faults(relationship, more)
    )
    assert not faults({}, {})
