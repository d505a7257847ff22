# SPDX-License-Identifier: Apache-2.0
"""JSONPath filters: how much they may ask at most, and how deeply."""

import pytest

from app.domain.query.path_filter import read_filter
from app.errors import InvalidQuery


@pytest.mark.parametrize(
    ("most", "one_more", "why"),
    [
        ("a" * 2000, "a" * 2001, "2001 characters"),
        ("a" + "[?(@.a" * 10 + ")]" * 10, "a" + "[?(@.a" * 11 + ")]" * 11, "deeper than 10 levels"),
        ("a" + "[*]" * 10, "a" + "[*]" * 11, "deeper than 10 levels"),
        ("a[?(" + "@.a||" * 99 + "@.a)]", "a[?(" + "@.a||" * 100 + "@.a)]", "more than 100 comparisons"),
        ("a," * 99 + "a", "a," * 100 + "a", "more than 100 comparisons"),
        ("a" + "[0,1]" * 6, "a" + "[0,1]" * 30, "more than 100 comparisons"),
        (
            "$[?" + "@.a&&(@.b||(" * 15 + "@.a&&@.b" + "))" * 15 + "]",
            "$[?" + "@.a&&(@.b||(" * 16 + "@.a&&@.b" + "))" * 16 + "]",
            "too deeply",
        ),
    ],
)
def test_a_filter_asks_for_so_much_at_most(most: str, one_more: str, why: str) -> None:
    read_filter(most)
    with pytest.raises(InvalidQuery, match=why):
        read_filter(one_more)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 2000,
        "a[?" + "(" * 1900,
        "a[?" + "(" * 900 + "@.a" + ")" * 900 + "]",
        "a[?" + "!" * 1900 + "@.a]",
        "a" + "[?(@" * 450,
        "a" + "[?@.a" * 300 + "]" * 300,
        "a[?" + "@.a&&" * 390 + "@.a]",
        "$[?" + "@.a.length(" * 150,
        "$[?length(@" * 180,
        "$" + "['a'" * 450,
    ],
)
def test_no_nesting_is_too_deep_to_be_refused(expression: str) -> None:
    with pytest.raises(InvalidQuery):
        read_filter(expression)
