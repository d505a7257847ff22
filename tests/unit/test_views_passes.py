# SPDX-License-Identifier: Apache-2.0
"""A view does at one go what its steps do one after the other, and shares with its result what it leaves alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.apis.customer_v5 import CUSTOMER as CUSTOMER_V5
from app.apis.party_interaction_v4 import PARTY_INTERACTION as INTERACTION_V4
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.native import NativeMapping, NativeType
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.shape_steps import Completed, Derived, Flattened, Lifted, Wrapped
from app.domain.mapping.step import Members, Step
from app.domain.mapping.steps import Nested, Renamed, Spelt
from app.domain.mapping.type_steps import DefaultType, DerivedType
from tests.unit.strategies import WILD

INNER = VersionMapping(DefaultType("Odd"), Derived("name", lambda members: members.get("id"), needs=("id",)))
STEPS = st.sampled_from(
    [
        Step(),
        Nested("note", INNER),
        Nested("channel", INNER),
        Nested("relatedParty", NativeMapping(NativeType("Odd"))),
        Nested("entity", NativeMapping(NativeType("Odd"), Nested("note", NativeMapping(NativeType("Individual"))))),
        Renamed("channel", "relatedChannel"),
        Lifted("entity", "role"),
        Flattened("characteristic", frozenset({"name", "id"})),
        Wrapped("item", INNER, kind="Odd"),
        Completed("name", lambda members: members.get("id")),
        Derived("description", lambda members: members.get("name"), needs=("name",)),
        Spelt("status", {"Odd": "odd"}),
        DefaultType("Odd"),
        NativeType("Odd"),
        DerivedType(lambda members: "Odd" if "name" in members else "store", known_types=("Odd", "store")),
    ]
)
LAW = settings(max_examples=150, deadline=None)


@pytest.mark.parametrize("kind", [VersionMapping, NativeMapping])
@LAW
@given(st.lists(STEPS, max_size=5), WILD)
def test_a_view_shows_and_keeps_what_its_steps_make_in_turn(
    kind: type[VersionMapping], steps: list[Step], members: Members
) -> None:
    shown, kept = dict(members), dict(members)
    for step in reversed(steps):
        step.to_version(shown)
    for step in steps:
        step.plain(kept)
    assert kind(*steps).to_version(members) == shown
    assert kind(*steps).plain(members) == kept


@LAW
@given(st.lists(STEPS, max_size=5), WILD)
def test_a_view_mends_what_its_steps_mend_in_turn(steps: list[Step], shown: Members) -> None:
    expected = VersionMapping().normalise(shown)
    for step in steps:
        step.mend(expected := dict(expected))
    assert VersionMapping(*steps).normalise(shown) == expected


def test_objects_in_neighbouring_members_are_translated_in_their_turn() -> None:
    view = VersionMapping(Nested("a", INNER), Renamed("b", "c"), Nested("a", VersionMapping(Renamed("x", "name"))))
    assert view.to_version({"a": [{"id": "1"}, "1"], "c": 2}) == {"a": [{"id": "1", "name": "1"}, "1"], "b": 2}
    assert view.to_version({"a": {"name": "n", "@type": "Odd"}}) == {"a": {"x": "n"}}


def test_a_native_view_shares_every_object_that_has_its_class() -> None:
    stored = {"@type": "Customer", "@baseType": "PartyRole", "account": [{"@type": "AccountRef"}, {"id": "2"}]}
    shown = CUSTOMER_V5.to_version(stored)
    assert shown["account"][0] is stored["account"][0]
    assert shown["account"][1] == {"id": "2", "@type": "AccountRef"}
    assert stored["account"][1] == {"id": "2"}
    whole = {"@type": "AccountRef"}
    assert NativeMapping(NativeType("AccountRef")).to_version(whole) is whole
    assert NativeMapping(NativeType("AccountRef")).to_stored(whole) is whole


def test_a_native_view_hides_the_memory_of_an_object_that_it_would_share() -> None:
    stored = {"@type": "AccountRef", MEMORY: {"drop": ["@type"]}}
    assert NativeMapping(NativeType("AccountRef")).to_version(stored) == {"@type": "AccountRef"}
    assert MEMORY in stored


def test_a_step_that_fills_a_member_still_follows_one_that_removes_it() -> None:
    view = NativeMapping(NativeType("Odd"), DefaultType("Odd"))
    assert view.to_version({"@type": "Odd"}) == {"@type": "Odd"}
    assert view.to_version({"@type": "Odd", "name": "n"}) == {"name": "n", "@type": "Odd"}
    assert NativeMapping(DefaultType("Odd"), NativeType("Odd")).to_version({"@type": "Odd"}) == {}


def test_what_is_spelt_properly_is_shared_when_it_is_normalised() -> None:
    sent = {"@type": "PartyInteraction", "channel": [{"id": "1"}], "note": [{"text": "t", "@type": "individual"}]}
    mended = INTERACTION_V4.normalise(sent)
    assert mended["channel"] is sent["channel"]
    assert mended["note"] == [{"text": "t", "@type": "Individual"}]
    assert INTERACTION_V4.normalise(mended) is mended
