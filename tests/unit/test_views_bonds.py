# SPDX-License-Identifier: Apache-2.0
"""What a view keeps and shows apart: whatever else an object holds, those members come out the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.json_values import only
from app.domain.mapping.mapping import Dependencies, VersionMapping
from app.domain.mapping.native import NativeType
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.shape_steps import Derived, Lifted
from app.domain.mapping.step import Members, Step
from app.domain.mapping.steps import Nested, Renamed
from app.domain.mapping.type_steps import DefaultType
from tests.served import share
from tests.unit.mappings import EACH_STEP, EACH_VIEW, STEPS, VIEWS
from tests.unit.strategies import NAMES, WILD

LAW = settings(max_examples=25, deadline=None)
SPLIT = st.sets(NAMES, max_size=3)


def is_apart(view: VersionMapping, dependencies: Dependencies, members: Members, some: set[str]) -> bool:
    """Whether `some` members and what is bound to them come out of the view as if there were no others."""
    names = dependencies.closure(some)
    ways = (view.to_version, view.plain)
    return all(only(names, way(members)) == only(names, way(only(names, members))) for way in ways)


@EACH_STEP
@LAW
@given(WILD, SPLIT)
def test_each_step_says_what_it_concerns(step: Step, members: Members, some: set[str]) -> None:
    assert is_apart(VersionMapping(step), Dependencies([step]), members, some)


@LAW
@given(st.lists(st.sampled_from(STEPS), max_size=4), WILD, SPLIT)
def test_steps_that_share_a_member_bind_all_that_they_concern(
    steps: list[Step], members: Members, some: set[str]
) -> None:
    assert is_apart(VersionMapping(*steps), Dependencies(steps), members, some)


@LAW
@given(st.lists(st.sampled_from(STEPS), max_size=4), WILD)
def test_members_that_no_step_concerns_are_kept_and_shown_as_they_are(steps: list[Step], members: Members) -> None:
    free = {name: value for name, value in members.items() if Dependencies(steps).identical(frozenset({name}))}
    view = VersionMapping(*steps)
    assert only(free.keys(), view.to_version(members)) == only(free.keys(), view.plain(members)) == free


def test_bonds_reach_from_step_to_step() -> None:
    dependencies = Dependencies(
        [
            Renamed("a", "b"),
            Nested("n", VersionMapping()),
            Lifted("b", "c"),
            Derived("d", len, needs=("e",)),
            DefaultType("T"),
        ]
    )
    assert dependencies.closure({"c", "n"}) == frozenset({"a", "b", "c", "n"})
    assert dependencies.closure({"e", "x"}) == frozenset({"d", "e", "x"})
    assert dependencies.identical(frozenset({"x", "y"}))
    assert not dependencies.identical(frozenset({"x", "@type"}))
    assert not dependencies.identical(frozenset({MEMORY}))


def test_a_step_that_may_look_at_anything_binds_everything() -> None:
    dependencies = Dependencies([Nested("n", VersionMapping()), NativeType(lambda _members: "Odd")])
    assert dependencies.closure({"n"}) is None
    assert dependencies.closure(set()) == frozenset()
    assert not dependencies.identical(frozenset({"x"}))


@EACH_VIEW
@settings(LAW, max_examples=share(200, VIEWS))
@given(st.data())
def test_what_is_shown_anew_completes_what_two_documents_share(
    view: VersionMapping, older: VersionMapping, documents: st.SearchStrategy[Members], data: st.DataObject
) -> None:
    before, donor = (older.to_stored(older.normalise(data.draw(documents))) for _ in range(2))
    gone = data.draw(st.sets(st.sampled_from(sorted(before) or [""])))
    after = {name: value for name, value in {**before, **only(data.draw(SPLIT), donor)}.items() if name not in gone}
    anew, names = view.refresh_version(before, after)
    left = (
        {} if names is None else {name: value for name, value in view.to_version(before).items() if name not in names}
    )
    assert {**left, **anew} == view.to_version(after)


@EACH_VIEW
@settings(LAW, max_examples=share(200, VIEWS))
@given(st.data())
def test_what_a_patch_left_alone_needs_no_look_to_be_shown_as_it_was(
    view: VersionMapping, older: VersionMapping, documents: st.SearchStrategy[Members], data: st.DataObject
) -> None:
    stored = data.draw(st.sampled_from([view, older])).to_stored(older.normalise(data.draw(documents)))
    shown = view.to_version(stored)
    wanted = {**shown, **view.normalise(only(data.draw(SPLIT), data.draw(documents)))}
    after = view.update_stored(stored, wanted, shown)
    assert view.to_version(after) == view.to_version(view.to_stored(wanted))
    assert all(after[name] is stored[name] for name in after if name in stored and same_text(after[name], stored[name]))


def same_text(one: Any, other: Any) -> bool:
    """Whether two values are spelt alike, so that nothing can have changed between them."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("name", ["Customer v4", "Customer v5"])
def test_only_what_differs_is_shown_anew(name: str) -> None:
    view, older, _ = VIEWS[name]
    before = older.to_stored({"@type": "Customer", "name": "A", "account": [{"id": "1"}], "engagedParty": {"id": "2"}})
    assert view.refresh_version(before, {**before, "name": "B"}) == ({"name": "B"}, frozenset({"name"}))
    assert view.refresh_version(before, {**before}) == ({}, frozenset())
