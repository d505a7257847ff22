# SPDX-License-Identifier: Apache-2.0
"""The YAML loader of documents reads what PyYAML's safe one reads, but for dates; it says what else it refuses."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.spec.yaml_loader import Loader

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates().map(str)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner))


@given(VALUES, st.booleans())
def test_it_reads_what_was_written(value: Any, flow: bool) -> None:
    shared = [value, {"again": value}]  # `safe_dump` writes what stands twice as an anchor and an alias.
    assert yaml.load(yaml.safe_dump(shared, default_flow_style=flow), Loader) == shared


def test_dates_stay_text() -> None:
    assert yaml.load("[2024-05-01, 2024-05-01T10:00:00Z]", Loader) == ["2024-05-01", "2024-05-01T10:00:00Z"]


def test_an_anchor_and_its_aliases_are_one_object_and_may_lead_back_into_themselves() -> None:
    read = yaml.load("a: &a {p: [1]}\nb: *a\nc: &c [*c]", Loader)
    assert read["a"] is read["b"]
    assert read["c"][0] is read["c"]


def test_merged_mappings_are_overridden_by_own_members() -> None:
    assert yaml.load("a: &a {p: 1, q: 2}\nb: {<<: *a, q: 3}", Loader)["b"] == {"p": 1, "q": 3}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\na: 2", "'a' stands twice"),
        ("1: a\n1.0: b", "1.0 stands twice"),
        ("? [1]\n: 2", "unhashable key"),
        ("!!map [a]", "a mapping should stand"),
        ("!!int x", "'x' is not what it seems to be"),
        ('!!int ""', "'' is not what it seems to be"),
        ("!!bool x", "'x' is not what it seems to be"),
        ("!!timestamp x", "'x' is not what it seems to be"),
        ("0b_", "'0b_' is not what it seems to be"),
        ("!unknown a", "could not determine a constructor"),
    ],
)
def test_what_it_does_not_read_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(yaml.YAMLError, match=told):
        yaml.load(text, Loader)
