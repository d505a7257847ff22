# SPDX-License-Identifier: Apache-2.0
"""The laws that every v4 view obeys, whatever it is given, and the steps that views are made of."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.apis.party_v4 import INDIVIDUAL
from app.domain.mapping.carry_over import Holders, carried_over
from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.residue import difference, with_residue
from app.domain.mapping.shape_steps import Completed, Derived, Flattened, Lifted, Wrapped
from app.domain.mapping.step import Members
from app.domain.mapping.steps import Nested, Renamed, Spelt
from app.domain.mapping.type_steps import DefaultType
from tests.served import share
from tests.unit.drawn import EACH_OLDER, PAIRS, Side
from tests.unit.strategies import ANYTHING, WILD

LAW = settings(max_examples=share(100, PAIRS), deadline=None)


def private(value: Any) -> bool:
    """Whether a private member is anywhere in `value`."""
    if isinstance(value, dict):
        return "_v4" in value or any(map(private, value.values()))
    return isinstance(value, list) and any(map(private, value))


@EACH_OLDER
@LAW
@given(st.data())
def test_what_was_sent_comes_back(side: Side, data: st.DataObject) -> None:
    sent = side.view.normalise(data.draw(side.anything))
    shown = side.view.to_version(side.view.to_stored(sent))
    assert shown == sent
    assert not private(shown)


@EACH_OLDER
@LAW
@given(st.data())
def test_keeping_what_is_shown_stores_the_same(side: Side, data: st.DataObject) -> None:
    stored = side.view.to_stored(side.view.normalise(data.draw(side.anything)))
    assert side.view.to_stored(side.view.to_version(stored)) == stored


@EACH_OLDER
@LAW
@given(st.data())
def test_a_normalised_document_is_in_normal_form(side: Side, data: st.DataObject) -> None:
    mended = side.view.normalise(data.draw(side.anything))
    assert side.view.normalise(mended) == mended


@EACH_OLDER
@LAW
@given(st.data())
def test_no_translation_changes_its_argument(side: Side, data: st.DataObject) -> None:
    sent, patch = data.draw(side.anything), data.draw(side.anything)
    stored = side.view.to_stored(side.view.normalise(sent))
    before = deepcopy((sent, stored, patch))
    side.view.normalise(sent)
    side.view.to_version(stored)
    side.view.to_stored(patch)
    side.view.update_stored(stored, patch)
    assert (sent, stored, patch) == before


@EACH_OLDER
@LAW
@given(st.data())
def test_a_patch_that_changes_nothing_leaves_any_stored_document_as_it_is(side: Side, data: st.DataObject) -> None:
    stored = data.draw(side.anything)
    assert side.view.update_stored(stored, side.view.to_version(stored)) == stored


@EACH_OLDER
@LAW
@given(st.data())
def test_a_patched_document_shows_what_the_patch_made_of_it(side: Side, data: st.DataObject) -> None:
    stored, wanted = data.draw(side.anything), data.draw(side.anything)
    assert side.view.to_version(side.view.update_stored(stored, wanted)) == wanted


@EACH_OLDER
@LAW
@given(st.data())
def test_a_patched_document_can_be_patched_again(side: Side, data: st.DataObject) -> None:
    stored, first, second = data.draw(side.anything), data.draw(side.anything), data.draw(side.anything)
    assert side.view.to_version(side.view.update_stored(side.view.update_stored(stored, first), second)) == second


@EACH_OLDER
@LAW
@given(st.data())
def test_patching_what_was_kept_is_keeping_what_the_patch_made_of_it(side: Side, data: st.DataObject) -> None:
    stored, wanted = (
        side.view.to_stored(side.view.normalise(data.draw(side.anything))),
        side.view.normalise(data.draw(side.anything)),
    )
    assert side.view.update_stored(stored, wanted) == side.view.to_stored(wanted)


@EACH_OLDER
@LAW
@given(st.data())
def test_attributes_that_a_patch_leaves_alone_stay_as_they_were_stored(side: Side, data: st.DataObject) -> None:
    stored, added = data.draw(side.anything), data.draw(ANYTHING)
    after = side.view.update_stored(stored, {**side.view.to_version(stored), "somethingElse": added})
    assert after == {**stored, "somethingElse": added}


@given(WILD, WILD)
def test_a_recalled_difference_makes_one_object_the_other(rendered: Members, wanted: Members) -> None:
    assert with_residue(rendered, difference(rendered, wanted)) == wanted


def test_a_difference_says_no_more_than_it_must() -> None:
    told = difference({"a": {"b": 1, "c": 2}, "d": 3, "e": True}, {"a": {"b": 1, "c": 4}, "e": 1})
    assert told == {"within": {"a": {"set": {"c": 4}}}, "set": {"e": 1}, "drop": ["d"]}


def test_a_collision_is_remembered_beside_the_renamed_member() -> None:
    view = VersionMapping(Renamed("fullName", "name"))
    stored = view.to_stored({"fullName": "Jane", "name": "J."})
    assert stored == {"name": "Jane", "_v4": {"set": {"name": "J."}}}
    assert view.to_version(stored) == {"fullName": "Jane", "name": "J."}


def test_a_member_with_a_stored_name_of_another_is_filtered_where_it_is_remembered() -> None:
    view = VersionMapping(Renamed("name", "id"))
    stored = view.to_stored({"name": "x", "id": "1"})
    value: Any = stored
    for name in view.path(("id",)):
        value = value[name]
    assert value == "1"


def test_a_lifted_member_is_stored_beside_its_owner() -> None:
    view = VersionMapping(Lifted("engagedParty", "role"))
    assert view.to_stored({"engagedParty": {"id": "1", "role": "buyer"}}) == {
        "engagedParty": {"id": "1"},
        "role": "buyer",
    }
    assert view.path(("engagedParty", "role")) == ("role",)


def test_a_lifted_member_stays_apart_from_open_content_of_its_name() -> None:
    view = VersionMapping(Lifted("engagedParty", "role"))
    sent = {"engagedParty": {"role": "buyer"}, "role": "open"}
    assert view.to_stored(sent)["role"] == "buyer"
    assert view.to_version(view.to_stored(sent)) == sent


def test_a_flattened_bag_keeps_what_is_not_its_own() -> None:
    view = VersionMapping(Flattened("bag", frozenset({"a", "b"})))
    assert view.to_stored({"bag": {"a": 1, "x": 2}}) == {"a": 1, "bag": {"x": 2}}
    assert view.to_version({"a": 1, "bag": {"x": 2}}) == {"bag": {"a": 1, "x": 2}}
    assert view.to_version({}) == {"bag": {}}


def test_a_wrapped_object_leaves_only_its_role_outside() -> None:
    view = VersionMapping(Wrapped("inner", VersionMapping(Renamed("a", "b")), kind="Wrapper"))
    stored = {"@type": "Wrapper", "role": "r", "inner": {"b": 1, "id": "2"}}
    assert view.to_stored({"role": "r", "a": 1, "id": "2"}) == stored
    assert view.path(("a",)) == ("inner", "b")
    assert view.path(("role",)) == ("role",)


def test_a_default_class_is_stored_and_not_shown() -> None:
    view = VersionMapping(DefaultType("AccountRef"))
    assert view.to_stored({"id": "1"}) == {"id": "1", "@type": "AccountRef"}
    assert view.to_version({"id": "1", "@type": "AccountRef"}) == {"id": "1"}
    assert view.to_version({"id": "1", "@type": "Odd"}) == {"id": "1", "@type": "Odd"}


def test_a_default_class_is_shown_to_the_client_that_sent_it() -> None:
    view = VersionMapping(DefaultType("AccountRef"))
    assert view.to_version(view.to_stored({"@type": "AccountRef"})) == {"@type": "AccountRef"}


def test_a_derived_member_is_shown_and_not_stored() -> None:
    view = VersionMapping(Derived("name", lambda members: members.get("id"), needs=("id",)))
    assert view.to_version({"id": "1"}) == {"id": "1", "name": "1"}
    assert view.to_version({}) == {}
    assert view.update_stored({"id": "1"}, {"id": "1", "name": "1", "x": 2}) == {"id": "1", "x": 2}


def test_a_completed_member_is_stored_and_shown() -> None:
    view = VersionMapping(Completed("@type", lambda members: "EntityRef"))
    assert view.to_stored({"@type": "Odd"}) == {"@type": "Odd"}
    assert view.to_version({"@type": "EntityRef"}) == {"@type": "EntityRef"}
    assert view.to_stored({}) == {"@type": "EntityRef", "_v4": {"drop": ["@type"]}}


def test_known_spellings_are_mended_in_bodies_and_filters() -> None:
    view = VersionMapping(Spelt("status", {"deceaded": "deceased"}))
    assert view.normalise({"status": "deceaded"}) == {"status": "deceased"}
    assert view.value(("status",), "deceaded") == "deceased"
    assert view.value(("reason",), "deceaded") == "deceaded"


def test_known_type_names_are_mended_at_any_depth() -> None:
    view = VersionMapping(Nested("party", VersionMapping()))
    mended = view.normalise({"@type": "individual", "party": [{"@referredType": "ORGANIZATION", "@type": "odd"}]})
    assert mended == {"@type": "Individual", "party": [{"@referredType": "Organization", "@type": "odd"}]}
    assert view.value(("party", "@referredType"), "organization") == "Organization"
    assert view.value(("party", "name"), "organization") == "organization"


def test_paths_keep_array_indexes_in_place() -> None:
    view = VersionMapping(Nested("media", VersionMapping(Flattened("bag", frozenset({"a"})))))
    assert view.path(("media", "0", "bag", "a")) == ("media", "0", "a")
    assert view.path(("media", "bag", "a")) == ("media", "a")
    assert view.path(("media",)) == ("media",)
    assert view.path(()) == ()


def test_hidden_parts_follow_an_element_by_its_id() -> None:
    before = [{"id": "1", "hidden": "a"}, {"id": "2", "hidden": "b"}]
    rendered = [{"id": "1"}, {"id": "2"}]
    assert carried_over(before, rendered, [{"id": "2", "new": 1}]) == [{"id": "2", "hidden": "b", "new": 1}]


def test_hidden_parts_follow_an_element_without_id_by_equality_and_then_by_place() -> None:
    before = [{"n": 1, "hidden": "a"}, {"n": 2, "hidden": "b"}]
    rendered = [{"n": 1}, {"n": 2}]
    assert carried_over(before, rendered, [{"n": 2}]) == [{"n": 2, "hidden": "b"}]
    assert carried_over(before, rendered, [{"n": 1}, {"n": 3}]) == [{"n": 1, "hidden": "a"}, {"n": 3, "hidden": "b"}]


@pytest.mark.parametrize("member", ["partyOrPartyRole", "site"])
def test_what_is_stored_beside_a_wrapped_object_of_any_name_stays_beside_it(member: str) -> None:
    view = VersionMapping(Nested("at", VersionMapping(Wrapped(member, VersionMapping(), kind="Related"))))
    stored = {"at": [{"@type": "Related", "role": "r", "note": "n", member: {"id": "1"}}]}
    shown = view.to_version(stored)
    assert shown == {"at": [{"role": "r", "note": "n", "id": "1"}]}
    shown["at"] = [{**shown["at"][0], "name": "x"}]
    after = {"at": [{"@type": "Related", "role": "r", "note": "n", member: {"id": "1", "name": "x"}}]}
    assert view.update_stored(stored, shown) == after


def test_hidden_parts_follow_an_element_by_the_id_of_what_it_is_about() -> None:
    about = Nested("site", VersionMapping(), identifying=True)
    view = VersionMapping(Nested("of", VersionMapping(about, Renamed("site", "place"))))
    assert view.holders == Holders(identifying=("place",))
    rendered = [{"place": {"id": each}} for each in "ab"]
    before = [{**each, "hidden": number} for number, each in enumerate(rendered)]
    after = [{"place": {"id": "b"}, "new": 1}]
    assert carried_over(before, rendered, after, view.holders) == [{**after[0], "hidden": 1}]
    assert carried_over(before, rendered, after) == [{**after[0], "hidden": 0}]


def test_hidden_parts_are_not_carried_into_another_thing() -> None:
    before, rendered = [{"id": "1", "hidden": "a"}], [{"id": "1"}]
    assert carried_over(before, rendered, [{"id": "2"}]) == [{"id": "2"}]


def test_elements_with_the_same_id_keep_their_own_hidden_parts() -> None:
    before = [{"id": "1", "role": "a", "hidden": 1}, {"id": "1", "role": "b", "hidden": 2}]
    rendered = [{"id": "1", "role": "a"}, {"id": "1", "role": "b"}]
    after = [{"id": "1", "role": "b"}, {"id": "1", "role": "c"}]
    assert carried_over(before, rendered, after) == [
        {"id": "1", "role": "b", "hidden": 2},
        {"id": "1", "role": "c", "hidden": 1},
    ]


def test_a_patch_from_one_to_true_is_a_change() -> None:
    view = VersionMapping()
    assert view.update_stored({"value": 1}, {"value": True})["value"] is True


@settings(max_examples=20)
@given(ANYTHING)
def test_ill_typed_values_pass_through_where_objects_are_expected(value: Any) -> None:
    if not isinstance(value, dict | list):
        sent = {"contactMedium": value, "relatedParty": [value], "partyCharacteristic": [[value]]}
        assert INDIVIDUAL.normalise(sent) == sent
        assert INDIVIDUAL.to_version(INDIVIDUAL.to_stored(sent)) == sent
