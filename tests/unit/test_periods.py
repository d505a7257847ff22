# SPDX-License-Identifier: Apache-2.0
"""Periods: one that ends before it starts is found wherever it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.query.attributes import DATE_TIME, Attribute
from app.errors import InvalidField

START = datetime(2024, 5, 1, tzinfo=UTC)
NAMES = st.sampled_from(["validFor", "note", "a"])
MOMENT = Attribute(DATE_TIME, False, dict)
ANY_DEPTH: Attribute = Attribute(
    "object",
    True,
    lambda: {"startDateTime": MOMENT, "endDateTime": MOMENT, **dict.fromkeys(("validFor", "note", "a"), ANY_DEPTH)},
)
"""Declares a period wherever one may be."""
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
def test_a_period_that_ends_before_it_starts_is_named(document: dict[str, Any]) -> None:
    places = broken(document)
    if not places:
        assert ANY_DEPTH.with_instants(document) == document
    else:
        with pytest.raises(InvalidField) as refused:
            ANY_DEPTH.with_instants(document)
        place, _, told = refused.value.message.partition("/endDateTime ")
        assert place in places
        assert told.startswith("lies before startDateTime; ")


@pytest.mark.parametrize(
    "period",
    [
        {"startDateTime": START, "endDateTime": START},
        {"startDateTime": START},
        {"endDateTime": START},
        {"startDateTime": 2, "endDateTime": 1},
        {"startDateTime": START, "endDateTime": None},
    ],
)
def test_a_period_that_may_be_one_passes(period: dict[str, Any]) -> None:
    assert ANY_DEPTH.with_instants({"validFor": period}) == {"validFor": period}
