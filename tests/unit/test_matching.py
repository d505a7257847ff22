"""Conditions on plain documents: the test vectors of attribute filtering, and what equals what."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates
from app.domain.matching import equals, matches, number, values_at
from app.domain.query import parse_query

DOCUMENTS: list[dict[str, Any]] = [
    {"id": "1", "status": "x", "n": 5, "note": [{"author": "P", "text": "t1"}, {"author": "Q", "text": "t2"}]},
    {"id": "2", "status": "y", "n": 10, "note": []},
    {"id": "3", "status": "x,y", "n": 7},
]

texts = st.text(max_size=12).filter(lambda text: not text.startswith("~"))


def found(raw: str, documents: list[dict[str, Any]] = DOCUMENTS) -> list[str]:
    conditions = parse_query(raw).conditions
    return [document["id"] for document in documents if matches(conditions, document)]


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        ("", ["1", "2", "3"]),
        ("status=x", ["1"]),
        ("status=x,y", ["1", "2"]),
        ("status=x%2Cy", ["3"]),
        ("status=x&status=y", ["1", "2"]),
        ("status=zzz", []),
        ("n=5", ["1"]),
        ("n=5.0", ["1"]),
        ("n=1e1", ["2"]),
        ("n=5,7&status=x", ["1"]),
        ("n.eq=7", ["3"]),
        ("note.author=P&note.text=t2", ["1"]),
        ("note.author=P,Z", ["1"]),
        ("note.0.author=P", ["1"]),
        ("note.1.author=P", []),
        ("note.author.x=P", []),
        ("note=t1", []),
        ("unknown=x", []),
    ],
)
def test_the_vectors_of_attribute_filtering_find_what_they_should(raw: str, ids: list[str]) -> None:
    assert found(raw) == ids


@given(texts, st.sampled_from([quote, quote_plus]))
def test_any_text_is_found_by_itself_percent_encoded(text: str, encoded: Any) -> None:
    assert found(f"name={encoded(text, safe='')}", [{"id": "1", "name": text}]) == ["1"]


@given(texts, texts)
def test_a_text_is_found_by_no_other(text: str, other: str) -> None:
    assert found(f"name={quote(other, safe='')}", [{"id": "1", "name": text}]) == (["1"] if text == other else [])


@given(st.lists(texts, min_size=1, max_size=4), texts)
def test_a_list_of_values_finds_each_of_them(values: list[str], text: str) -> None:
    raw = ",".join(quote(value, safe="") for value in values)
    assert bool(found(f"name={raw}", [{"id": "1", "name": text}])) == (text in values)


@given(st.lists(texts, max_size=4), texts)
def test_an_array_is_found_by_any_element(elements: list[str], text: str) -> None:
    document = {"id": "1", "tag": elements, "note": [{"text": element} for element in elements]}
    for name in ("tag", "note.text"):
        assert bool(found(f"{name}={quote(text, safe='')}", [document])) == (text in elements)


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


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)), st.integers(-1439, 1439))
def test_date_times_are_compared_as_instants(at: datetime, minutes: int) -> None:
    shown = dates.text(at)
    elsewhere = dates.instant(shown).astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    for encoded in (quote_plus(elsewhere), quote(elsewhere)):
        assert found(f"at={encoded}", [{"id": "1", "at": shown}]) == ["1"]
    assert found(f"at={elsewhere}", [{"id": "1", "at": shown}]) == ["1"], "a raw plus is read as a blank, and put back"
    later = dates.text(at + timedelta(seconds=1))
    assert found(f"at={quote_plus(elsewhere)}", [{"id": "1", "at": later}]) == []


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


@pytest.mark.parametrize(
    ("value", "path", "values"),
    [
        ({"a": [{"b": 1}, {"b": [2, 3]}]}, ("a", "b"), [1, 2, 3]),
        ({"a": [{"b": 1}, {"b": 2}]}, ("a", "1", "b"), [2]),
        ({"a": [1, 2]}, ("a", "0"), [1]),
        ({"a": [1, 2]}, ("a", "2"), []),
        ({"a": [{"0": "x"}, {"b": 1}]}, ("a", "0"), [{"0": "x"}, "x"]),
        ({"a": {"0": "x"}}, ("a", "0"), ["x"]),
        ({"a": [[{"b": 1}]]}, ("a", "b"), []),
        ({"a": [["x"]]}, ("a",), [["x"]]),
        ({"a": None}, ("a",), [None]),
        ({"a": None}, ("a", "b"), []),
        ({"a": "text"}, ("a", "b"), []),
        ({}, ("a",), []),
    ],
)
def test_a_path_reaches_values_as_it_does_in_the_database(value: Any, path: tuple[str, ...], values: Any) -> None:
    assert list(values_at(value, path)) == values
