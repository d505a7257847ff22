# SPDX-License-Identifier: Apache-2.0
"""Which events a change causes, what each is about, and their names."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import KINDS, change, event_type
from app.domain.json_values import equal
from app.domain.origin import Origin
from app.storage.outbox.outbox import OutboxBatch, Source, in_order

AT = datetime(2024, 5, 1, 10, 0, 0, 120_000, tzinfo=UTC)
COMPANIONS = ("statusChangeDate", "statusReason")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 0.5]) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from(["name", "status", "statusReason", "note"]), json_values, max_size=4)


def changed(before: Any, after: Any, state_field: str | None = "status") -> dict[str, Any] | None:
    return change(
        revision=2,
        at=AT,
        origin=Origin("abc", "alice"),
        before=before,
        after=after,
        state_field=state_field,
        companions=COMPANIONS,
    )


def kinds(before: Any, after: Any) -> list[str]:
    found = changed(before, after)
    return [event["kind"] for event in found["events"]] if found else []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {"status": "initialized"}, ["Create"]),
        ({"status": "initialized"}, None, ["Delete"]),
        ({"name": "a"}, {"name": "b"}, ["AttributeValueChange"]),
        ({"name": "a"}, {}, ["AttributeValueChange"]),
        ({"name": "a"}, {"name": None}, ["AttributeValueChange"]),
        ({"status": "a"}, {"status": "b"}, ["StateChange"]),
        ({"status": "a"}, {"status": "b", "statusReason": "why", "statusChangeDate": AT}, ["StateChange"]),
        ({"status": "a"}, {"status": "a", "statusReason": "why"}, ["AttributeValueChange"]),
        ({"status": "a"}, {"status": "b", "name": "x"}, ["AttributeValueChange", "StateChange"]),
        ({"name": 1}, {"name": True}, ["AttributeValueChange"]),
        ({"name": 1}, {"name": 1.0}, []),
        ({"name": [{"a": 1}]}, {"name": [{"a": 1}]}, []),
        ({}, {}, []),
    ],
)
def test_each_change_causes_exactly_its_events(before: Any, after: Any, expected: list[str]) -> None:
    assert kinds(before, after) == expected


def test_a_change_tells_when_which_revision_came_of_whose_request_but_not_the_document() -> None:
    found = changed({"name": "a", "status": "x"}, {"name": "b", "status": "y", "note": []})

    assert found is not None
    assert "document" not in found
    assert (found["revision"], found["at"]) == (2, AT)
    assert (found["correlationId"], found["actor"]) == ("abc", "alice")


@pytest.mark.parametrize(
    ("before", "after", "about"),
    [
        (None, {"status": "x", "name": "a"}, [("Create", ["name", "status"])]),
        ({"status": "x", "name": "a"}, None, [("Delete", ["name", "status"])]),
        ({"name": "a", "note": 1}, {"name": "b"}, [("AttributeValueChange", ["name", "note"])]),
        (
            {"status": "x", "name": "a", "statusReason": "old"},
            {"status": "y", "name": "b", "statusChangeDate": AT},
            [("AttributeValueChange", ["name"]), ("StateChange", ["status", "statusChangeDate", "statusReason"])],
        ),
        (
            {"status": "x", "statusReason": "old"},
            {"status": "x", "statusReason": "new"},
            [("AttributeValueChange", ["statusReason"])],
        ),
    ],
)
def test_each_event_lists_the_attributes_that_it_is_about(
    before: Any, after: Any, about: list[tuple[str, list[str]]]
) -> None:
    found = changed(before, after)

    assert found is not None
    assert [(event["kind"], event["changed"]) for event in found["events"]] == about


@pytest.mark.parametrize(
    ("before", "after", "old"),
    [
        (None, {"name": "a"}, [{}]),
        ({"name": "a", "note": 1}, {"name": "b", "note": 1}, [{"name": "a"}]),
        ({"name": "a"}, {"name": "a", "note": 1}, [{}]),
        ({"name": None}, {}, [{"name": None}]),
        ({"name": "a", "status": "x"}, {"name": "b", "status": "y"}, [{"name": "a"}, {"status": "x"}]),
    ],
)
def test_each_event_carries_the_values_that_its_attributes_had(before: Any, after: Any, old: list[Any]) -> None:
    found = changed(before, after)

    assert found is not None
    assert [event["before"] for event in found["events"]] == old


@given(documents, documents)
def test_the_document_before_can_be_told_from_the_one_after_and_the_events(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    events = (changed(before, after) or {"events": []})["events"]
    again = {name: value for name, value in after.items() if not any(name in event["changed"] for event in events)}
    for event in events:
        again |= event["before"]

    assert equal(again, before)


def test_a_delete_carries_the_document_as_it_was_and_no_value_twice() -> None:
    found = changed({"name": "a"}, None)

    assert found is not None
    assert found["document"] == {"name": "a"}
    assert found["events"][0]["before"] == {}


def test_every_event_has_an_id_of_its_own() -> None:
    found = [changed({"status": "x"}, {"status": "y", "name": "z"}) for _ in range(50)]

    assert len({event["id"] for each in found if each for event in each["events"]}) == 100


def test_a_resource_without_a_state_only_has_attributes() -> None:
    found = changed({"status": "a"}, {"status": "b"}, state_field=None)

    assert found is not None
    assert [event["kind"] for event in found["events"]] == ["AttributeValueChange"]


@given(documents, documents)
def test_a_patch_has_events_exactly_when_something_changed(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert bool(kinds(before, after)) == (not equal(before, after))


@given(documents, documents)
def test_changed_names_are_the_same_in_both_directions(before: dict[str, Any], after: dict[str, Any]) -> None:
    there, back = (
        [(event["kind"], event["changed"]) for event in found["events"]] if found else []
        for found in (changed(before, after), changed(after, before))
    )

    assert there == back


@given(documents, documents)
def test_every_changed_attribute_is_told_by_exactly_one_event(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = changed(before, after)
    told = [name for event in found["events"] for name in event["changed"]] if found else []
    absent = object()
    differing = [
        name for name in before.keys() | after.keys() if not equal(before.get(name, absent), after.get(name, absent))
    ]

    assert sorted(told) == sorted(differing)


@given(json_values, json_values)
def test_sameness_is_symmetric_and_every_value_is_the_same_as_itself(a: Any, b: Any) -> None:
    assert equal(a, a)
    assert equal(a, b) == equal(b, a)


@pytest.mark.parametrize(("a", "b"), [(True, 1), (False, 0), ([True], [1]), ({"x": {"y": False}}, {"x": {"y": 0}})])
def test_a_truth_value_is_not_a_number(a: Any, b: Any) -> None:
    assert not equal(a, b)


def test_event_names_are_exact() -> None:
    assert [event_type("Individual", kind) for kind in KINDS] == [
        "IndividualCreateEvent",
        "IndividualAttributeValueChangeEvent",
        "IndividualStateChangeEvent",
        "IndividualDeleteEvent",
    ]
    assert event_type("PartyInteraction", "StateChange", "StatusChange") == "PartyInteractionStatusChangeEvent"
    assert event_type("PartyInteraction", "Delete", "StatusChange") == "PartyInteractionDeleteEvent"


instants = st.integers(0, 5).map(lambda minutes: AT + timedelta(minutes=minutes))
lives = st.lists(st.tuples(st.sampled_from("abc"), st.lists(instants, min_size=1, max_size=4)), max_size=5)


@given(lives)
def test_changes_are_logged_by_time_but_each_document_keeps_its_own_order(
    lives: list[tuple[str, list[datetime]]],
) -> None:
    source = Source("Individual", "party")
    found = [
        OutboxBatch(source, id, [{"at": at, "place": (index, step)} for step, at in enumerate(moments)])
        for index, (id, moments) in enumerate(lives)
    ]
    ordered = in_order(found)

    assert len(ordered) == sum(len(moments) for _, moments in lives)
    for id in "abc":
        places = [change["place"] for each, change in ordered if each.id == id]
        assert places == sorted(places)
    if all(moments == sorted(moments) for _, moments in lives) and len({id for id, _ in lives}) == len(lives):
        assert [change["at"] for _, change in ordered] == sorted(change["at"] for _, change in ordered)
