# SPDX-License-Identifier: Apache-2.0
"""Deterministic random choices: the same key gives the same ones on every machine and Python version."""

from bisect import bisect
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate, zip_longest
from random import Random
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Shares(Generic[Value]):
    """Values with their weights, as cumulative sums."""

    def __init__(self, weights: Mapping[Value, float]) -> None:
        self.values = tuple(weights)
        self.cumulative = tuple(accumulate(weights.values()))
        self.total, self.last = self.cumulative[-1], len(self.values) - 1


class Draw(Random):
    """A random generator with a key for its seed, such as `Draw("7/12/party")`."""

    def chance(self, share: float) -> bool:
        """True in `share` (0 to 1) of all draws."""
        return self.random() < share

    def by(self, shares: Shares[Value]) -> Value:
        """One value, as often as its weight says."""
        return shares.values[bisect(shares.cumulative, self.random() * shares.total, 0, shares.last)]

    def one(self, values: Sequence[Value]) -> Value:
        """One value, each as likely as the others."""
        return values[int(self.random() * len(values))]

    def digits(self, pattern: str) -> str:
        """`pattern` with a digit in the place of each `#`, of which there are fewer than 15."""
        number = f"{self.random():.15f}"[2:]
        return "".join(map("".join, zip_longest(pattern.split("#"), number[: pattern.count("#")], fillvalue="")))

    def between(self, least: int, most: int, lean: float = 1.0) -> int:
        """A whole number, both ends included; a `lean` above 1 prefers small ones."""
        return least + int((most - least + 1) * self.random() ** lean)


def stamp(moment: datetime) -> str:
    """A moment in UTC as JSON text, to the second."""
    return moment.isoformat()[:19] + "Z"


def period(start: datetime, end: datetime | None = None) -> dict[str, str]:
    """A TimePeriod, open when there is no `end`."""
    if end is None:
        return {"startDateTime": stamp(start)}
    return {"startDateTime": stamp(start), "endDateTime": stamp(end)}
