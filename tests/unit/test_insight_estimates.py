# SPDX-License-Identifier: Apache-2.0
"""Estimates of insight equal published examples, and quantiles those of DuckDB."""

import itertools
from math import sqrt
from statistics import NormalDist

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.interactions.insight.estimates import (
    mean_estimate,
    net_promoter_estimate,
    quantile,
    share_estimate,
    student_t,
)


@pytest.mark.parametrize(
    ("hits", "count", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_interval_of_wilson_as_newcombe_published_it(
    hits: int, count: int, lower: float, upper: float
) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    told = share_estimate(hits, count)
    assert told.value == hits / count
    assert told.lower == pytest.approx(lower, abs=5e-5)
    assert told.upper == pytest.approx(upper, abs=5e-5)


def test_all_hits_mirror_none() -> None:
    none, every = share_estimate(0, 20), share_estimate(20, 20)
    assert every.lower == pytest.approx(1 - (none.upper or 0))
    assert every.upper == pytest.approx(1)


@pytest.mark.parametrize(
    ("freedom", "value"),
    [
        (1, 12.706),
        (2, 4.303),
        (3, 3.182),
        (4, 2.776),
        (5, 2.571),
        (9, 2.262),
        (10, 2.228),
        (30, 2.042),
        (60, 2.0),
        (100, 1.984),
        (1000, 1.962),
    ],
)
def test_critical_values_are_those_of_the_tables_of_student(freedom: int, value: float) -> None:
    """NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2."""
    assert student_t(freedom) == pytest.approx(value, abs=5.1e-4)


def test_the_expansion_joins_the_exact_values() -> None:
    steps = [student_t(each) - student_t(each + 1) for each in range(50, 70)]
    assert all(0 < after < before for before, after in itertools.pairwise(steps))


def test_a_mean_has_the_interval_of_student() -> None:
    """Student's own first example (1908): the additional hours of sleep, times ten."""
    told = mean_estimate([19, 8, 11, 1, -1, 44, 55, 16, 46, 34])
    assert told.value == pytest.approx(23.3)
    assert told.lower == pytest.approx(9.0, abs=0.05)
    assert told.upper == pytest.approx(37.6, abs=0.05)
    assert mean_estimate([4]) == (4, None, None)


def test_a_net_promoter_score_has_the_interval_of_a_difference_of_shares() -> None:
    """A half promoters, a third passive, a sixth detractors, 324 answers: the score is 33.3, its standard error 4.14;
    291 promoters, 476 passive and 395 detractors: -9 with a margin of 4.4."""
    told = net_promoter_estimate([10] * 162 + [8] * 108 + [3] * 54)
    assert told.value == pytest.approx(100 / 3)
    assert ((told.upper or 0) - told.value) / NormalDist().inv_cdf(0.975) == pytest.approx(100 * sqrt(5 / 9 / 324))
    other = net_promoter_estimate([9] * 291 + [7] * 476 + [6] * 395)
    assert (round(other.value), round((other.upper or 0) - other.value, 1)) == (-9, 4.4)
    assert net_promoter_estimate([10] * 3) == (100, 100, 100)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_that_of_duckdb(values: list[int], share: float) -> None:
    found = duckdb.execute("SELECT quantile_cont(v::DOUBLE, ?::DOUBLE) FROM (SELECT unnest(?) AS v)", [share, values])
    row = found.fetchone()
    assert row is not None
    assert quantile(sorted(values), share) == pytest.approx(row[0], rel=1e-12)
