# SPDX-License-Identifier: Apache-2.0
"""What a filter compares with what: texts read by the type of the value, typed values, instants, order."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates
from app.domain.query.attributes import DATE_TIME, Attribute
from app.domain.query.matching import equals, matches, number
from app.domain.query.predicates import Condition, Operator, Value
from app.domain.query.query import parse_query
from app.domain.query.resolution import resolve
from tests.unit.filtering import found, typed
from tests.unit.queries import select
from tests.unit.spellings import texts

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, "1", "true", "null", ""]), texts
)
orderings = st.sampled_from([Operator.GT, Operator.GTE, Operator.LT, Operator.LTE])


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_found_by_its_json_text(value: float) -> None:
    assert equals(value, repr(value))
    assert number(repr(value)) == value


@pytest.mark.parametrize(
    "text", ["1_0", " 5", "5 ", "+5", "0x1", "05", ".5", "5.", "٣", "nan", "inf", "1e999", "", "-"]
)
def test_what_is_no_json_number_is_none(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("value", "text", "equal"),
    [
        (True, "true", True),
        (False, "false", True),
        (True, "1", False),
        (1, "true", False),
        (0, "false", False),
        ("1", "1", True),
        ("1.0", "1", False),
        ("true", "true", True),
        (None, "null", False),
        (None, "", False),
        ({"a": 1}, "a", False),
        (["x"], "x", False),
        (2**53 + 1, str(2**53), False),
        (1e19, "10000000000000000000", True),
        (5, "9" * 5000, False),
    ],
)
def test_a_text_names_a_value_by_the_type_of_the_value(value: Any, text: str, equal: bool) -> None:
    assert equals(value, text) == equal


@pytest.mark.parametrize(
    ("value", "wanted", "equal"),
    [
        (["x"], "x", False),
        ("2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", True),
        ("2024-05-01T10:00:00Z", "2024-05-01", True),
        ("2024-05-01T10:00:00Z", 2024, False),
    ],
)
def test_a_typed_text_that_is_a_date_time_names_an_instant_and_an_array_is_no_text(
    value: Any, wanted: Value, equal: bool
) -> None:
    assert equals(value, wanted, typed=True) == equal
    assert matches(typed("a", Operator.EQ, wanted), {"a": value}) == (equal or value == [wanted])


def alike(value: Any) -> list[Any]:
    """The value, its JSON text, and the numbers and truth values that Python takes for it."""
    numbers = [bool(value), int(value), float(value)] if isinstance(value, bool | int | float) else []
    return [value, json.dumps(value), *numbers]


@given(scalars, scalars)
def test_typed_equality_is_that_of_json(one: Any, other: Any) -> None:
    for value, wanted in ((one, other), *((one, each) for each in alike(one)), *((each, one) for each in alike(one))):
        same_kind = (type(value) is type(wanted)) or ({type(value), type(wanted)} == {int, float})
        equal = same_kind and value == wanted
        assert equals(value, wanted, typed=True) == equal
        assert matches(typed("a", Operator.EQ, wanted), {"a": value}) == equal


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_date_times_are_compared_as_instants(at: datetime, minutes: int) -> None:
    shown = dates.text(at)
    elsewhere = dates.instant(shown).astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    for encoded in (quote_plus(elsewhere), quote(elsewhere)):
        assert found(f"at={encoded}", [{"id": "1", "at": shown}]) == ["1"]
    assert found(f"at={elsewhere}", [{"id": "1", "at": shown}]) == ["1"], "a raw plus is read as a blank, and put back"
    later = [{"id": "1", "at": dates.text(at + timedelta(seconds=1))}]
    assert found(f"at={quote_plus(elsewhere)}", later) == []
    assert found(f"at>{elsewhere}", later) == found(f"at>={elsewhere}", later) == ["1"]
    assert found(f"at<{elsewhere}", later) == found(f"at<={elsewhere}", later) == []


@pytest.mark.parametrize(
    ("at", "day", "equal"),
    [
        ("2024-05-01T00:00:00Z", "2024-05-01", True),
        ("2024-05-01T23:59:59.999Z", "2024-05-01", True),
        ("2024-05-02T00:00:00Z", "2024-05-01", False),
        ("2024-05-01T01:00:00+02:00", "2024-05-01", False),
        ("9999-12-31T23:59:59.999Z", "9999-12-31", True),
        ("2024-05-01T00:00:00Z", "2024-05-32", False),
        ("some text", "2024-05-01", False),
    ],
)
def test_a_bare_date_names_the_whole_utc_day(at: str, day: str, equal: bool) -> None:
    assert equals(at, day) == equal
    assert found(f"at={day}", [{"id": "1", "at": at}]) == (["1"] if equal else [])
    assert found(f"at.ne={day}", [{"id": "1", "at": at}]) == ([] if equal else ["1"])


@pytest.mark.parametrize(
    ("at", "condition", "holds"),
    [
        ("2024-05-01T00:00:00Z", "at>=2024-05-01", True),
        ("2024-05-01T00:00:00Z", "at>2024-05-01", False),
        ("2024-05-01T23:59:59.999Z", "at>2024-05-01", False),
        ("2024-05-02T00:00:00Z", "at>2024-05-01", True),
        ("2024-05-01T00:00:00Z", "at<=2024-05-01", True),
        ("2024-05-01T23:59:59.999Z", "at<=2024-05-01", True),
        ("2024-05-02T00:00:00Z", "at<=2024-05-01", False),
        ("2024-04-30T23:59:59.999Z", "at<2024-05-01", True),
        ("2024-05-01T00:00:00Z", "at>2024-04-31", True),
        ("2024-05-01", "at>2024-04-30", True),
        ("2024-05-01T10:00:00Z", "at>noon", False),
    ],
)
def test_a_bare_date_is_a_whole_day_to_every_order(at: str, condition: str, holds: bool) -> None:
    assert found(condition, [{"id": "1", "at": at}]) == (["1"] if holds else [])


ABOUT_A_DAY = st.integers(-36 * 60, 36 * 60).map(
    lambda minutes: dates.text(datetime(2024, 5, 1, 12, tzinfo=UTC) + timedelta(minutes=minutes))
)
MOMENTS = st.sampled_from(["2024-04-30", "2024-05-01", "2024-05-02", "2024-05-01T12:00:00Z"]) | ABOUT_A_DAY
AT = Attribute("object", False, lambda: {"at": Attribute(DATE_TIME, False, dict)})


@given(ABOUT_A_DAY, MOMENTS)
def test_the_orders_of_dates_keep_the_algebra(at: str, wanted: str) -> None:
    document = {"id": "1", "at": at}
    for prepare in (lambda where: where, lambda where: resolve(where, AT)):

        def holds(condition: str, prepare: Any = prepare) -> bool:
            return matches(prepare(parse_query(condition).where), document)

        is_equal, is_less, is_greater = (holds(f"at{symbol}{wanted}") for symbol in ("=", "<", ">"))
        assert is_equal + is_less + is_greater == 1
        assert holds(f"at<={wanted}") == (is_less or is_equal) == (not is_greater)
        assert holds(f"at>={wanted}") == (is_greater or is_equal) == (not is_less)
        assert holds(f"at.ne={wanted}") == (not is_equal)
        for symbol in ("==", "!=", "<", "<=", ">", ">="):
            suffix = {"==": "=", "!=": ".ne="}.get(symbol, symbol)
            assert holds(f"filter=$[?(@.at{symbol}'{wanted}')]") == holds(f"at{suffix}{wanted}")


@given(ABOUT_A_DAY, MOMENTS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
def test_a_patch_finds_by_dates_what_a_filter_finds(at: str, wanted: str, symbol: str) -> None:
    document = {"id": "1", "a": [{"at": at, "v": 1}]}
    patched = {"a": [{"at": at, "v": 1}, {"at": certain(wanted, symbol), "v": 2}]}
    selected = select(patched, f"$.a[?(@.at{symbol}'{wanted}')]")
    assert (1 in selected) == bool(found(f"filter=a[?(@.at{symbol}'{wanted}')]", [document]))


def certain(wanted: str, symbol: str) -> str:
    """A date-time that is in that order to `wanted`, so that a patch finds something."""
    if symbol in ("==", "<=", ">="):
        return wanted if "T" in wanted else f"{wanted}T12:00:00Z"
    day = datetime.fromisoformat(wanted[:10]).replace(tzinfo=UTC)
    return dates.text(day + timedelta(days=-2 if symbol == "<" else 2))


@given(st.integers() | st.floats(allow_nan=False), st.integers() | st.floats(allow_nan=False), orderings)
def test_numbers_are_ordered_by_their_size(value: float, wanted: float, operator: Operator) -> None:
    expected = {"gt": value > wanted, "gte": value >= wanted, "lt": value < wanted, "lte": value <= wanted}
    assert matches(typed("n", operator, wanted), {"n": value}) == expected[operator]


@given(texts, texts, orderings)
def test_texts_are_ordered_by_their_code_points(value: str, wanted: str, operator: Operator) -> None:
    here, there = ([ord(letter) for letter in text] for text in (value, wanted))
    expected = {"gt": here > there, "gte": here >= there, "lt": here < there, "lte": here <= there}
    assert matches(Condition(("a",), operator, (wanted,)), {"a": value}) == expected[operator]


@pytest.mark.parametrize("value", [True, None, {"x": 1}, [[1]], "text", {}, []])
@pytest.mark.parametrize("wanted", ["true", "1", "null"])
@given(operator=orderings)
def test_what_has_no_order_is_neither_before_nor_behind(value: Any, wanted: str, operator: Operator) -> None:
    holds = matches(Condition(("a",), operator, (wanted,)), {"a": value})
    assert holds == (value == "text" and matches(typed("a", operator, wanted), {"a": "text"}))
    assert not matches(typed("a", operator, json.loads(wanted)), {"a": value})
