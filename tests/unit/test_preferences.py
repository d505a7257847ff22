# SPDX-License-Identifier: Apache-2.0
"""What a client prefers, as RFC 7240 lets it write that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.headers.preferences import preference


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("count=none", "none"),
        ("Count=None", "None"),
        ('count="none"', "none"),
        (r'count="no\ne"', "none"),
        ("count = none", "none"),
        ("count", ""),
        ("count=", ""),
        ('count=""', ""),
        ("respond-async, count=exact; precision=high, wait=10", "exact"),
        ('handling="a, count=none", count=exact', "exact"),
        ('handling="\\", count=none", count=exact', "exact"),
        ("count=exact, count=none", "exact"),
        (",, count=none,", "none"),
        ("", None),
        ("return=minimal", None),
        ("recount=none", None),
        ("count none", None),
        ("count=a b", None),
        ("other; count=none", None),
        ('"count=none"', None),
        ('x="unfinished, count=none', None),
    ],
)
def test_the_value_of_a_preference_is_found(header: str, value: str | None) -> None:
    assert preference(header, "count") == value


@given(st.text(alphabet='count=",;\\ é', max_size=40))
def test_no_header_breaks_the_reading(header: str) -> None:
    found = preference(header, "count")
    assert found is None or found in header or "\\" in header


def test_a_long_header_is_read_in_one_go() -> None:
    assert preference('"\\' * 30_000 + ", count=none", "count") is None
