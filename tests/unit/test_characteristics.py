# SPDX-License-Identifier: Apache-2.0
"""Characteristics: which values go with which `valueType`, and where in a body they are found."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.characteristics import Characteristics, kind_of
from app.spec.schemas import Schemas

TEXT = {"type": "string"}
CHARACTERISTIC = {"$ref": "#/components/schemas/Characteristic"}
SCHEMAS = {
    "Characteristic": {"type": "object", "properties": {"name": TEXT, "value": {}, "valueType": TEXT}},
    "Party": {
        "type": "object",
        "properties": {
            "name": TEXT,
            "main": CHARACTERISTIC,
            "characteristic": {"type": "array", "items": CHARACTERISTIC},
            "friend": {"type": "array", "items": {"$ref": "#/components/schemas/Party"}},
            "priced": {"type": "object", "properties": {"value": {}, "unit": TEXT}},
        },
    },
}
CHECKS = Characteristics(Schemas({"components": {"schemas": SCHEMAS}}).tree("Party"))


def told(body: Any) -> list[str]:
    return [f"{each.place} {each.message}" for each in CHECKS.violations(body)]


def test_only_members_that_lead_to_characteristics_are_of_concern() -> None:
    assert CHECKS.concerns == frozenset({"main", "characteristic", "friend"})
    assert Characteristics(Schemas({"components": {"schemas": SCHEMAS}}).tree("Characteristic")).concerns is None


def wrong(value_type: str, value: Any) -> list[str]:
    return told({"main": {"name": "n", "valueType": value_type, "value": value}})


@pytest.mark.parametrize(
    ("value_type", "value"),
    [
        ("string", ""),
        ("Text", "5"),
        ("integer", -3),
        ("INT", "42"),
        ("long", 2**40),
        ("number", 7.5),
        ("number", "1"),
        ("Decimal", "-1.5e3"),
        ("float", 7),
        ("boolean", False),
        ("bool", "true"),
        ("object", {}),
        ("array", [1, "a"]),
        ("stringArray", ["a"]),
        ("string array", []),
        ("Integer-Array", [1, "2"]),
        ("date", "2024-02-29"),
        ("date", "2024-05-01"),
        ("dateTime", "2024-05-01T10:00:00+02:00"),
        ("date-time", "2024-05-01t10:00:00z"),
        ("Date_Time", "2024-05-01T10:00:00Z"),
        ("timestamp", "2024-05-01T10:00:00.123Z"),
        ("uri", "urn:isbn:0451450523"),
        ("URL", "https://example.com/a"),
    ],
)
def test_a_value_of_its_type_passes(value_type: str, value: Any) -> None:
    assert wrong(value_type, value) == []


@pytest.mark.parametrize(
    ("value_type", "value", "expected"),
    [
        ("string", 5, "must be a text, as its valueType 'string' says, not 5"),
        ("integer", 7.0, "must be an integer, as its valueType 'integer' says, not 7.0"),
        ("integer", "7.5", "must be an integer, as its valueType 'integer' says, not '7.5'"),
        ("integer", True, "must be an integer, as its valueType 'integer' says, not true"),
        ("number", "many", "must be a number, as its valueType 'number' says, not 'many'"),
        ("number", "NaN", "must be a number, as its valueType 'number' says, not 'NaN'"),
        ("number", False, "must be a number, as its valueType 'number' says, not false"),
        ("boolean", 1, "must be true or false, as its valueType 'boolean' says, not 1"),
        ("boolean", "True", "must be true or false, as its valueType 'boolean' says, not 'True'"),
        ("object", [], "must be an object, as its valueType 'object' says, not an array"),
        ("array", {}, "must be an array, as its valueType 'array' says, not an object"),
        (
            "numberArray",
            [1, "x"],
            "must be an array whose elements are each a number, as its valueType 'numberArray' says, not an array",
        ),
        ("date", "2023-02-29", "must be a date like 2024-05-01, as its valueType 'date' says, not '2023-02-29'"),
        ("date", 20240501, "must be a date like 2024-05-01, as its valueType 'date' says, not 20240501"),
        (
            "dateTime",
            "2024-05-01T10:00",
            "must be a date-time like 2024-05-01T10:00:00Z, as its valueType 'dateTime' says, not '2024-05-01T10:00'",
        ),
        ("uri", "/relative", "must be an absolute URI, as its valueType 'uri' says, not '/relative'"),
    ],
)
def test_a_value_of_another_type_is_told_with_what_was_expected(value_type: str, value: Any, expected: str) -> None:
    assert wrong(value_type, value) == [f"/main/value {expected}"]


@given(st.text())
def test_any_text_is_a_text(value: str) -> None:
    assert wrong("string", value) == []


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False)))
def test_every_number_is_one_also_when_it_is_spelled_as_text(value: float) -> None:
    assert wrong("number", value) == wrong("number", repr(value)) == []


@given(st.sampled_from(["list", "uuid", "", "arrayOfStuff", "SimplifiedItem"]), st.integers() | st.text())
def test_a_type_of_the_clients_own_is_not_checked(value_type: str, value: Any) -> None:
    assert kind_of(value_type) is None
    assert wrong(value_type, value) == []


@pytest.mark.parametrize(
    "characteristic",
    [
        {"value": 5},
        {"valueType": "string"},
        {"valueType": "string", "value": None},
        {"valueType": None, "value": 5},
        {"valueType": ["string"], "value": 5},
        "text",
        [[{"valueType": "other", "value": 5}]],
    ],
)
def test_what_has_no_value_or_no_type_is_no_matter(characteristic: Any) -> None:
    assert told({"main": characteristic}) == []


def test_characteristics_are_found_wherever_they_are_declared() -> None:
    bad = {"valueType": "integer", "value": "x"}
    body = {"characteristic": [{"value": 1}, bad], "friend": [{"name": "A"}, {"friend": [{"main": bad}]}]}
    places = [each.place for each in CHECKS.violations(body)]
    assert places == ["/characteristic/1/value", "/friend/1/friend/0/main/value"]


@pytest.mark.parametrize(
    "body", [{"priced": {"valueType": "integer", "value": "x"}}, {"own": {"valueType": "date"}}, [], 5]
)
def test_what_is_declared_as_no_characteristic_is_none(body: Any) -> None:
    assert told(body) == []


def test_another_wrong_value_at_the_same_place_is_another_violation() -> None:
    one, other = (set(CHECKS.violations({"main": {"valueType": "integer", "value": value}})) for value in ("x", "y"))
    assert one != other
