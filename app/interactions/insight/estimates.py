# SPDX-License-Identifier: Apache-2.0
"""Statistics of a slice: exact quantiles, and estimates with their confidence interval of 95 %."""

from collections.abc import Sequence
from functools import lru_cache
from math import atan, cos, floor, pi, sin, sqrt
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
SATISFIED = 4
"""The lowest score of CSAT that counts as satisfied (top-two-box)."""
PROMOTER, DETRACTOR = 9, 6
"""The lowest score of a promoter, and the highest of a detractor (NPS)."""
_MANY = 60
"""Degrees of freedom from which the expansion of Student's t is exact to six digits."""


class Estimate(NamedTuple):
    """A figure with the bounds of its interval; None where one answer alone tells of no spread."""

    value: float
    lower: float | None
    upper: float | None


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of a non-empty ascending sequence, interpolated linearly between neighbours.

    This is type 7 of Hyndman and Fan, SQL's `PERCENTILE_CONT`, and `quantile_cont` of DuckDB.
    """
    position = share * (len(ordered) - 1)
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def share_estimate(hits: int, count: int) -> Estimate:
    """The share of `hits` among `count`, which is not 0, with Wilson's score interval (1927)."""
    share, square = hits / count, Z * Z
    centre = (share + square / (2 * count)) / (1 + square / count)
    half = Z * sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half))


def mean_estimate(scores: Sequence[int]) -> Estimate:
    """The mean of some scores with the interval of Student's t."""
    mean, count = fmean(scores), len(scores)
    if count == 1:
        return Estimate(mean, None, None)
    half = student_t(count - 1) * stdev(scores) / sqrt(count)
    return Estimate(mean, mean - half, mean + half)


def net_promoter_estimate(scores: Sequence[int]) -> Estimate:
    """Promoters minus detractors per hundred, with the normal interval of that difference, within -100 and 100."""
    count = len(scores)
    promoters, detractors = sum(each >= PROMOTER for each in scores), sum(each <= DETRACTOR for each in scores)
    difference = (promoters - detractors) / count
    half = Z * sqrt(((promoters + detractors) / count - difference * difference) / count)
    return Estimate(100 * difference, max(-100.0, 100 * (difference - half)), min(100.0, 100 * (difference + half)))


@lru_cache(4096)
def student_t(freedom: int) -> float:
    """The two-sided critical value of Student's t for `CONFIDENCE`, with so many degrees of freedom."""
    if freedom >= _MANY:  # Abramowitz and Stegun, 26.7.5
        z, n = Z, freedom
        terms = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96, (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        return z + sum(term / float(n) ** power for power, term in enumerate(terms, start=1))
    low, high = 0.0, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _central_probability(middle, freedom) < CONFIDENCE else (low, middle)
    return high


def _central_probability(t: float, freedom: int) -> float:
    """The probability that Student's t lies within ±`t` (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = atan(t / sqrt(freedom))
    odd = freedom % 2
    term = total = cos(angle) if odd else 1.0
    for step in range(2 + odd, freedom - 1, 2):
        term *= cos(angle) ** 2 * (step - 1) / step
        total += term
    if not odd:
        return sin(angle) * total
    return 2 / pi * (angle + (sin(angle) * total if freedom > 1 else 0.0))
