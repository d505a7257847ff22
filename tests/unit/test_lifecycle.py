# SPDX-License-Identifier: Apache-2.0
"""The states of a resource: which moves are allowed, how states are spelled, and what is told otherwise."""

import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.rules import NO_LIFECYCLE, Lifecycle
from app.errors import IllegalTransition, InvalidField

AT = datetime(2024, 5, 1, 10, tzinfo=UTC)
EARLIER = datetime(2024, 4, 1, tzinfo=UTC)

CUSTOMER = Lifecycle(
    field="status",
    initial="Created",
    moves={
        "Created": frozenset({"Active", "Closed"}),
        "Active": frozenset({"Suspended", "Terminated"}),
        "Suspended": frozenset({"Active"}),
        "Terminated": frozenset(),
        "Closed": frozenset(),
    },
    aliases={"Inactive": "Suspended"},
    process_moves={"Terminated": {"Active": "re-establish"}},
    changed="statusChangeDate",
)

WITHOUT_STATES: dict[str, Any] = {"name": "a", "status": "any", "": "b"}

words = st.text(string.ascii_lowercase, min_size=1, max_size=6)


@st.composite
def lifecycles(draw: st.DrawFn) -> Lifecycle:
    """Any declaration that makes sense: moves and aliases lead to declared states."""
    states = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    moves = {state: frozenset(draw(st.sets(st.sampled_from(states)))) for state in states}
    other = words.filter(lambda word: word not in states)
    return Lifecycle(
        field=draw(st.sampled_from(["status", "state"])),
        initial=states[0],
        moves=moves,
        aliases=draw(st.dictionaries(other, st.sampled_from(states), max_size=3)),
        changed=draw(st.sampled_from([None, "changedAt"])),
        closed=draw(st.booleans()),
    )


@st.composite
def spellings(draw: st.DrawFn, lifecycle: Lifecycle) -> tuple[str, str]:
    """A state, and one way to write it: an alias of it or its own name, in any letter case."""
    state = draw(st.sampled_from(sorted(lifecycle.moves)))
    names = [state, *(alias for alias, meant in lifecycle.aliases.items() if meant == state)]
    written = "".join(letter.upper() if draw(st.booleans()) else letter for letter in draw(st.sampled_from(names)))
    return state, written


def advanced(lifecycle: Lifecycle, old: str, new: str) -> dict[str, Any]:
    after = {lifecycle.field: new}
    lifecycle.advance({lifecycle.field: old}, after, AT)
    return after


@given(st.data(), lifecycles())
def test_exactly_the_declared_moves_are_allowed(data: st.DataObject, lifecycle: Lifecycle) -> None:
    old, written_old = data.draw(spellings(lifecycle))
    new, written_new = data.draw(spellings(lifecycle))
    if new == old or new in lifecycle.moves[old]:
        assert lifecycle.state(advanced(lifecycle, written_old, written_new)[lifecycle.field]) == new
    else:
        with pytest.raises(IllegalTransition) as refused:
            advanced(lifecycle, written_old, written_new)
        allowed = ", ".join(sorted(lifecycle.moves[old])) or "nothing, it is final"
        assert refused.value.message == (
            f"{lifecycle.field} may not go from {old} to {new}; allowed from {old}: {allowed}"
        )


@given(st.data(), lifecycles())
def test_the_same_state_in_another_spelling_keeps_the_old_one(data: st.DataObject, lifecycle: Lifecycle) -> None:
    state, written = data.draw(spellings(lifecycle))
    again = data.draw(spellings(lifecycle).filter(lambda spelled: spelled[0] == state))[1]
    assert advanced(lifecycle, written, again) == {lifecycle.field: written}


@given(st.data(), lifecycles())
def test_a_new_state_is_kept_as_sent_unless_the_spellings_are_closed(data: st.DataObject, lifecycle: Lifecycle) -> None:
    state, written = data.draw(spellings(lifecycle))
    document = {lifecycle.field: written}
    lifecycle.begin(document, AT)
    assert document[lifecycle.field] == (state if lifecycle.closed else written)


@given(st.data(), lifecycles())
def test_the_date_of_the_change_moves_with_the_state_only(data: st.DataObject, lifecycle: Lifecycle) -> None:
    old, written_old = data.draw(spellings(lifecycle))
    new, written_new = data.draw(spellings(lifecycle))
    if lifecycle.changed is None or (new != old and new not in lifecycle.moves[old]):
        return
    before = {lifecycle.field: written_old, lifecycle.changed: EARLIER}
    after = {lifecycle.field: written_new, lifecycle.changed: EARLIER}
    lifecycle.advance(before, after, AT)
    assert after[lifecycle.changed] == (EARLIER if new == old else AT)


@given(st.data(), lifecycles())
def test_a_state_is_over_when_nothing_leads_on_from_it(data: st.DataObject, lifecycle: Lifecycle) -> None:
    state, written = data.draw(spellings(lifecycle))
    assert lifecycle.is_over({lifecycle.field: written}) == (not lifecycle.moves[state])


@given(lifecycles(), words)
def test_an_unknown_state_is_refused_with_the_known_ones(lifecycle: Lifecycle, word: str) -> None:
    if lifecycle.state(word) is not None:
        return
    for attempt in (
        lambda: lifecycle.begin({lifecycle.field: word}, AT),
        lambda: advanced(lifecycle, lifecycle.initial, word),
    ):
        with pytest.raises(InvalidField) as refused:
            attempt()
        known = ", ".join(lifecycle.moves)
        assert (
            refused.value.message
            == f"/{lifecycle.field} '{word}' is not a known {lifecycle.field}; it is one of: {known}"
        )


def test_a_new_document_without_a_state_gets_the_initial_one_and_its_date() -> None:
    document: dict[str, Any] = {"name": "Delta"}
    CUSTOMER.begin(document, AT)
    assert document == {"name": "Delta", "status": "Created", "statusChangeDate": AT}


def test_a_new_document_may_say_when_its_state_changed() -> None:
    document = {"status": "Active", "statusChangeDate": EARLIER}
    CUSTOMER.begin(document, AT)
    assert document == {"status": "Active", "statusChangeDate": EARLIER}


def test_a_move_that_only_a_process_makes_is_named() -> None:
    with pytest.raises(IllegalTransition, match=r"nothing, it is final; Active by the re-establish process$"):
        advanced(CUSTOMER, "Terminated", "Active")


def test_the_state_may_not_be_removed() -> None:
    with pytest.raises(InvalidField, match="status may not be removed; it is one of: Created, Active"):
        CUSTOMER.advance({"status": "Created"}, {"name": "Delta"}, AT)


@pytest.mark.parametrize("value", [None, 5, True, ["Active"], {"Active": 1}, ""])
def test_a_state_that_is_no_known_text_is_refused(value: Any) -> None:
    with pytest.raises(InvalidField, match="is not a known status"):
        CUSTOMER.begin({"status": value}, AT)


def test_a_document_that_has_no_state_yet_may_take_any() -> None:
    after = {"status": "Suspended"}
    CUSTOMER.advance({}, after, AT)
    assert after == {"status": "Suspended", "statusChangeDate": AT}


def test_a_state_that_is_no_longer_known_may_be_left_for_any() -> None:
    assert advanced(CUSTOMER, "Dormant", "Active")["status"] == "Active"


@pytest.mark.parametrize("document", [{}, {"status": "Dormant"}, {"status": None}, {"status": 5}])
def test_a_document_without_a_known_state_is_not_over(document: dict[str, Any]) -> None:
    assert not CUSTOMER.is_over(document)


def test_a_long_unknown_state_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidField) as refused:
        CUSTOMER.begin({"status": "x" * 5000}, AT)
    assert len(refused.value.message) < 200


def test_the_reason_and_the_date_go_with_the_state() -> None:
    assert CUSTOMER.companions == {"statusReason", "statusChangeDate"}
    assert Lifecycle(field="state", initial="a", moves={"a": frozenset()}).companions == {"stateReason"}


def test_a_resource_without_states_begins_in_none_and_moves_to_none() -> None:
    document = dict(WITHOUT_STATES)
    NO_LIFECYCLE.begin(document, AT)
    NO_LIFECYCLE.advance(document, {"name": "b"}, AT)
    assert document == WITHOUT_STATES


def test_a_resource_without_states_forbids_none_and_is_never_over() -> None:
    assert list(NO_LIFECYCLE.violations(WITHOUT_STATES)) == []
    assert not NO_LIFECYCLE.is_over(WITHOUT_STATES)
    assert (NO_LIFECYCLE.concerns, NO_LIFECYCLE.companions) == (frozenset(), frozenset())
