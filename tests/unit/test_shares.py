# SPDX-License-Identifier: Apache-2.0
"""Shares of a payload: put together they are the payload; without those of one party nothing of it is left."""

from collections.abc import Iterator
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shares import OWN_ID, join, places_of_parties, split

OWNERS = [("relatedParty", "party", "id"), ("agreedBy", "id"), ("for", "id")]
PARTIES = ("ada", "bob", "eve")

parties = st.sampled_from(PARTIES)
refs = parties.map(lambda party: {"id": party, "name": f"name of {party}"})
documents = st.fixed_dictionaries(
    {"note": st.text(max_size=5)},
    optional={
        "relatedParty": st.lists(
            st.fixed_dictionaries({"role": st.sampled_from(["a", "b"])}, optional={"party": refs}), max_size=4
        ),
        "agreedBy": refs | st.lists(refs, max_size=3),
        "for": refs,
        "other": st.none() | st.integers(),
    },
)
payloads = st.fixed_dictionaries({"before": documents, "document": documents})


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (text for each in value.values() for text in texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in texts(each))
    elif isinstance(value, str):
        yield value


@given(payload=payloads)
def test_the_shares_of_a_payload_put_together_are_the_payload(payload: dict[str, Any]) -> None:
    shares = split(payload, places_of_parties(payload, "1", OWNERS))
    named = {party for party in PARTIES if party in texts(payload)}

    assert {party for share in shares for party in share.parties} == named
    if shares:
        assert orjson.dumps(join(shares)) == orjson.dumps(payload)


@given(payload=payloads, erased=parties)
def test_without_a_party_s_key_nothing_of_it_is_left_and_what_is_others_alone_is_as_it_was(
    payload: dict[str, Any], erased: str
) -> None:
    shares = split(payload, places_of_parties(payload, "1", OWNERS))
    left = [share for share in shares if erased not in share.parties]

    assert not any(erased in text for text in texts(join(left)))
    for share in left:
        if len(share.parties) == 1:
            assert all(share == each for each in shares if each.parties == share.parties)
            for text in texts([value for _, value in share.pieces]):
                assert text in texts(join(left))


def test_a_party_s_own_document_is_its_own_whomever_else_it_names() -> None:
    payload = {"before": {"name": "Ada"}, "document": {"name": "Eve", "partner": {"id": "bob"}}}
    [share] = split(payload, places_of_parties(payload, "ada", [OWN_ID]))
    assert share.parties == ("ada",)
    assert share.rest is payload


def test_what_names_no_party_has_no_share() -> None:
    assert split({"document": {"relatedParty": [{"party": {"id": 7}}]}}, {}) == []
    assert places_of_parties({"document": {"relatedParty": [{"party": {"id": 7}}]}}, "1", OWNERS) == {}


def test_two_parties_each_have_the_element_that_names_them_and_both_have_the_rest() -> None:
    ada, bob = ({"role": "x", "party": {"id": each}} for each in ("ada", "bob"))
    payload = {"before": {}, "document": {"note": "text", "relatedParty": [ada, bob]}}
    of_ada, of_bob, of_both = split(payload, places_of_parties(payload, "1", OWNERS))

    assert (of_ada.parties, of_bob.parties, of_both.parties) == (("ada",), ("bob",), ("ada", "bob"))
    assert join([of_bob]) == {"document": {"relatedParty": [bob]}}
    assert of_both.rest == {"before": {}, "document": {"note": "text", "relatedParty": [None, None]}}


def test_an_element_that_names_two_parties_concerns_both() -> None:
    element = {"party": {"id": "ada"}, "other": [{"id": "bob"}]}
    payload = {"document": {"relatedParty": [element]}}
    [share] = split(payload, places_of_parties(payload, "1", [*OWNERS, ("relatedParty", "other", "id")]))
    assert share.parties == ("ada", "bob")
    assert share.rest == payload
