# SPDX-License-Identifier: Apache-2.0
"""What documents declare of closed resources, track records, chains and roll-up: wrong declarations are told."""

from typing import Any

import pytest

from app.errors import StartError
from app.spec.declarations import undeclared_attributes
from app.spec.track_records import refuse_wrong_track_records
from tests.unit.test_declarations import LIFECYCLE, PLACE, declared_in, document

REFERENCE = {"type": "object", "properties": {"id": {"type": "string"}, "kind": {"type": "string"}}}
MEMBERS: dict[str, Any] = {
    "status": {"type": "string"},
    "relation": {"type": "array", "items": REFERENCE},
    "item": {"type": "array", "items": REFERENCE},
}
ROLL_UP = {"of": "item", "state": "kind", "rules": [{"becomes": "b", "all": ["b"]}]}
RIGHT: dict[str, Any] = {
    "x-lifecycle": {**LIFECYCLE, "rollUp": ROLL_UP},
    "x-amendable": {"attributes": ["name"], "correction": "relation"},
    "x-acyclic": {"relation": "kind"},
    "x-track-record": {"channel": "relation"},
}


def lines(**more: Any) -> list[str]:
    found = document({**RIGHT, **more}, **MEMBERS)
    return list(undeclared_attributes(found, {"Thing": declared_in(found)}))


def test_what_the_schema_bears_out_is_taken() -> None:
    assert lines() == []


@pytest.mark.parametrize(
    ("keyword", "declared", "told"),
    [
        ("x-amendable", {"attributes": ["nick"]}, "x-amendable: 'nick' is no attribute of Thing"),
        ("x-amendable", {"attributes": [], "correction": "x"}, "x-amendable: 'x' is no attribute of Thing"),
        ("x-acyclic", {"name": "kind"}, "x-acyclic: 'name' is no array of references of Thing"),
        ("x-acyclic", {"relation": "sort"}, "x-acyclic: 'sort' is no attribute of Thing.relation"),
        ("x-track-record", {"channel": "a.b"}, "x-track-record/channel: 'a.b' is no attribute of Thing"),
        (
            "x-lifecycle",
            {**LIFECYCLE, "rollUp": {**ROLL_UP, "of": "name"}},
            "x-lifecycle/rollUp: 'name' is no array of Thing",
        ),
        (
            "x-lifecycle",
            {**LIFECYCLE, "rollUp": {**ROLL_UP, "state": "nick"}},
            "x-lifecycle/rollUp: 'nick' is no attribute of Thing.item",
        ),
    ],
)
def test_what_the_schema_does_not_bear_out_is_told(keyword: str, declared: Any, told: str) -> None:
    assert lines(**{keyword: declared}) == [f"x-tmf-resources/Thing/{told}"]


def test_where_no_state_is_final_nothing_is_amendable() -> None:
    found = document({"x-amendable": {"attributes": ["name"]}}, **MEMBERS)
    assert list(undeclared_attributes(found, {"Thing": declared_in(found)})) == [
        "x-tmf-resources/Thing/x-amendable: Thing has no x-lifecycle, and so no final state"
    ]


def test_rules_for_items_name_states_of_the_lifecycle() -> None:
    rules = [{"becomes": "c", "some": ["a", "d"]}]
    with pytest.raises(StartError) as wrong:
        declared_in(document({"x-lifecycle": {**LIFECYCLE, "rollUp": {**ROLL_UP, "rules": rules}}}, **MEMBERS))
    assert str(wrong.value) == (f"{PLACE}.x-lifecycle.rollUp: names c, d, which is not among the states of moves: a, b")


@pytest.mark.parametrize("other", ["x-parent", "x-hook", "x-source", "x-process"])
def test_what_has_no_history_of_its_own_has_no_track_record(other: str) -> None:
    refuse_wrong_track_records({"Thing": {"x-track-record": {}}, "Order": {other: "value"}})
    with pytest.raises(StartError) as wrong:
        refuse_wrong_track_records({"Thing": {"x-track-record": {}, other: "value"}})
    told = f"what has {other} has no track record; take one of both out"
    assert str(wrong.value) == f"x-tmf-resources.Thing.x-track-record: {told}"
