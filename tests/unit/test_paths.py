# SPDX-License-Identifier: Apache-2.0
"""What a path reaches in a JSON value, and what a comparison there looks at."""

from typing import Any

import pytest

from app.domain.query.paths import compared_values, is_index, values_at
from app.domain.query.predicates import Path


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
        ({"a": [[{"b": 1}]]}, ("a", "0", "b"), [1]),
        ({"a": [["x"]]}, ("a",), [["x"]]),
        ({"a": [["x"]]}, ("a", "0"), [["x"]]),
        ({"a": None}, ("a",), [None]),
        ({"a": None}, ("a", "b"), []),
        ({"a": "text"}, ("a", "b"), []),
        ({}, ("a",), []),
        (["x", ["y"]], ("0",), ["x"]),
        (["x", ["y"]], ("1",), ["y"]),
        ([{"a": 1}], ("a",), []),
        ("x", (), ["x"]),
        (["x"], (), [["x"]]),
    ],
)
def test_a_comparison_looks_at_values_as_the_database_does(value: Any, path: Path, values: Any) -> None:
    assert list(compared_values(value, path)) == values


@pytest.mark.parametrize(
    ("value", "path", "values"),
    [
        ({"a": [1, 2]}, ("a",), [[1, 2]]),
        ({"a": []}, ("a",), [[]]),
        ({"a": [{"b": [1]}, {"b": 2}, {}]}, ("a", "b"), [[1], 2]),
        ({"a": [[1], [2]]}, ("a", "1"), [[2]]),
        ({"a": [[{"b": 1}]]}, ("a", "b"), []),
        ([{"a": 1}], ("a",), []),
        ([{"a": 1}], ("0", "a"), [1]),
        ([[1]], ("0",), [[1]]),
        (5, ("a",), []),
        ([1], (), [[1]]),
    ],
)
def test_a_path_reaches_arrays_as_one_value(value: Any, path: Path, values: Any) -> None:
    assert list(values_at(value, path)) == values


@pytest.mark.parametrize(("segment", "is_one"), [("0", True), ("12", True), ("01", False), ("²", False), ("٣", False)])
def test_only_a_plain_number_addresses_an_element(segment: str, is_one: bool) -> None:
    assert is_index(segment) == is_one
