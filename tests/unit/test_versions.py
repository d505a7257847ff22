# SPDX-License-Identifier: Apache-2.0
"""Two versions of one document: what one client wrote stays, whatever clients of the other do beside it."""

from collections.abc import Iterator, Set
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.mapping.mapping import VersionMapping
from app.domain.mapping.residue import MEMORY
from app.domain.mapping.step import Members
from tests.served import share
from tests.unit.drawn import PAIRS, Side
from tests.unit.strategies import ANYTHING, TAME

Place = tuple[str | int, ...]

LAW = settings(
    max_examples=share(800, PAIRS),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


NEWEST = pytest.mark.parametrize(("older", "side"), PAIRS.values(), ids=list(PAIRS))


def tied(older: VersionMapping) -> set[str]:
    """The attributes that one version calls or places otherwise than the other."""
    concerned = [step.concerns for step in older.steps if step.concerns is not None]
    return {name for names in concerned if len(names) > 1 for name in names}


BOTH_WAYS = pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        pytest.param(*pair, tied(older.view), id=f"{name}, {way}")
        for name, (older, newer) in PAIRS.items()
        for way, pair in {"older then newer": (older, newer), "newer then older": (newer, older)}.items()
    ],
)


def sent(data: st.DataObject, side: Side) -> Members:
    return side.view.normalise(data.draw(side.documents if data.draw(TAME) else side.anything))


def kept(data: st.DataObject, *sides: Side) -> Members:
    """A document as a client of one of the versions had it stored."""
    side = data.draw(st.sampled_from(sides))
    return side.view.to_stored(sent(data, side))


def unclassed(value: Any, like: Any) -> Any:
    """`value` without the classes and the base class that `like` does not have."""
    if isinstance(value, dict) and isinstance(like, dict):
        added = {"@type", "@baseType"} - like.keys()
        return {name: unclassed(inner, like.get(name)) for name, inner in value.items() if name not in added}
    if isinstance(value, list) and isinstance(like, list):
        return [unclassed(*pair) for pair in zip(value, like, strict=True)]
    return value


def private(value: Any) -> bool:
    """Whether the private member is anywhere in `value`."""
    if isinstance(value, dict):
        return MEMORY in value or any(map(private, value.values()))
    return isinstance(value, list) and any(map(private, value))


@NEWEST
@LAW
@given(st.data())
def test_what_a_v5_client_sent_comes_back_with_nothing_but_classes_added(
    older: Side, side: Side, data: st.DataObject
) -> None:
    told = sent(data, side)
    stored = side.view.to_stored(told)
    shown = side.view.to_version(stored)
    assert unclassed(shown, told) == told
    assert not private(shown)
    assert {**side.view.to_stored(shown), "@baseType": 0} == {**stored, "@baseType": 0}


@NEWEST
@LAW
@given(st.data())
def test_a_v5_patch_shows_what_it_made_and_changes_nothing_else(older: Side, side: Side, data: st.DataObject) -> None:
    stored, wanted = kept(data, older, side), sent(data, side)
    drawn = deepcopy((stored, wanted))
    shown = side.view.to_version(stored)
    assert side.view.update_stored(stored, shown) == stored
    assert side.view.to_version(side.view.update_stored(stored, wanted)) == side.view.to_version(
        side.view.to_stored(wanted)
    )
    assert not private(shown)
    assert (stored, wanted) == drawn


@NEWEST
@LAW
@given(st.data())
def test_a_normalised_v5_document_is_in_normal_form(older: Side, side: Side, data: st.DataObject) -> None:
    draft = data.draw(side.anything)
    drawn = deepcopy(draft)
    mended = side.view.normalise(draft)
    assert side.view.normalise(mended) == mended
    assert draft == drawn


@BOTH_WAYS
@LAW
@given(st.data())
def test_a_patch_of_one_attribute_leaves_all_others_to_the_other_version(
    one: Side, other: Side, tied: set[str], data: st.DataObject
) -> None:
    stored = kept(data, one)
    before, shown = one.view.to_version(stored), other.view.to_version(stored)
    donor = sent(data, other)
    name = data.draw(st.sampled_from(sorted(donor.keys() | shown.keys() - {"@baseType"} or {"name"})))
    wanted = {each: value for each, value in shown.items() if each != name}
    if name in donor and data.draw(st.booleans()):
        wanted[name] = donor[name]
    after = one.view.to_version(other.view.update_stored(stored, wanted))
    touched = {name} | tied if name in tied else {name}
    assert _without(touched, after) == _without(touched, before)


@BOTH_WAYS
@LAW
@given(st.data())
def test_a_word_added_anywhere_in_one_version_changes_no_other_word_of_the_other(
    one: Side, other: Side, tied: set[str], data: st.DataObject
) -> None:
    stored = kept(data, one)
    before = one.view.to_version(stored)
    wanted = deepcopy(other.view.to_version(stored))
    places = list(_objects(wanted))
    place, changed = places[data.draw(st.integers(0, len(places) - 1))]
    changed["somethingElse"] = data.draw(ANYTHING)
    after = other.view.update_stored(stored, wanted)
    assert other.view.to_version(after) == wanted
    before, after = _erased(before), _erased(one.view.to_version(after))
    if not data.draw(TAME):
        before, after = (_beside(place, tied, shown) for shown in (before, after))
    assert after == before


def _without(names: Set[str], members: Members) -> Members:
    return {name: value for name, value in members.items() if name not in names}


def _objects(value: Any, place: Place = ()) -> Iterator[tuple[Place, Members]]:
    """Every object in `value`, with its place."""
    if isinstance(value, dict):
        yield place, value
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list):
            yield from _objects(inner, (*place, name))


def _erased(value: Any) -> Any:
    """`value` without the added word, and without the objects that have nothing else in them but a class."""
    if isinstance(value, dict):
        rest = {name: _erased(inner) for name, inner in value.items() if name != "somethingElse"}
        return {name: inner for name, inner in rest.items() if not isinstance(inner, dict) or inner.keys() - {"@type"}}
    return [_erased(inner) for inner in value] if isinstance(value, list) else value


def _beside(place: Place, tied: set[str], members: Members) -> Members:
    """What is beside a `place`: the other attributes, and the other elements of an array."""
    if not place:
        return members
    name = str(place[0])
    if isinstance(elements := members.get(name), list) and name not in tied:
        return {**members, name: [each for index, each in enumerate(elements) if index != place[1]]}
    return _without({name} | (tied if name in tied else set()), members)
