"""Periods: one that ends before it starts is found wherever it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.rules import IDENTITY, Rules, check_periods
from app.errors import InvalidField

START = datetime(2024, 5, 1, tzinfo=UTC)
NAMES = st.sampled_from(["validFor", "note", "a"])
moments = st.integers(-3, 3).map(lambda days: START + timedelta(days=days))
periods = st.fixed_dictionaries({}, optional={"startDateTime": moments, "endDateTime": moments})
documents = st.recursive(
    periods | st.none() | st.just("text"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def broken(value: Any, place: str = "") -> list[str]:
    """The places of all periods that end before they start, in their order."""
    if isinstance(value, list):
        return [found for index, inner in enumerate(value) for found in broken(inner, f"{place}/{index}")]
    if not isinstance(value, dict):
        return []
    here = [place] if {"startDateTime", "endDateTime"} <= value.keys() and _reversed(value) else []
    return here + [found for name, inner in value.items() for found in broken(inner, f"{place}/{name}")]


def _reversed(period: dict[str, Any]) -> bool:
    start, end = period["startDateTime"], period["endDateTime"]
    return isinstance(start, datetime) and isinstance(end, datetime) and end < start


@given(st.dictionaries(NAMES, documents, max_size=3))
def test_the_first_period_that_ends_before_it_starts_is_named(document: dict[str, Any]) -> None:
    places = broken(document)
    if not places:
        check_periods(document)
    else:
        with pytest.raises(InvalidField) as refused:
            check_periods(document)
        assert refused.value.message.startswith(f"{places[0]}/endDateTime lies before startDateTime; ")


@pytest.mark.parametrize(
    "period",
    [
        {"startDateTime": START, "endDateTime": START},
        {"startDateTime": START},
        {"endDateTime": START},
        {"startDateTime": "2024-05-02", "endDateTime": "2024-05-01"},
        {"startDateTime": START, "endDateTime": None},
    ],
)
def test_a_period_that_may_be_one_passes(period: dict[str, Any]) -> None:
    check_periods({"validFor": period})


def test_rules_that_say_nothing_forbid_nothing() -> None:
    document: dict[str, Any] = {"name": "Ann"}
    rules = Rules()
    rules.complete(document, START)
    rules.check(document)
    assert document == {"name": "Ann"}
    assert rules.fixed == IDENTITY
    assert rules.needed_by == ()
