# SPDX-License-Identifier: Apache-2.0
"""Sums samples up: medians with their spread, and ratios within rounds."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.bench.rounds import Sample

Value = Callable[[Sample], float]


@dataclass(frozen=True)
class Spread:
    """A median, and the least and the greatest of what it was taken of."""

    median: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Of at least one value."""
        found = list(values)
        return cls(statistics.median(found), min(found), max(found))

    def told(self, digits: int = 0) -> str:
        """Such as `1.25 (1.10-1.40)`."""
        return f"{self.median:,.{digits}f} ({self.least:,.{digits}f}-{self.greatest:,.{digits}f})"


def rate(sample: Sample) -> float:
    """Requests per second."""
    return sample.load.rate


def cpu_of_server(sample: Sample) -> float:
    """Microseconds of CPU for one request, of the processes that answer."""
    return sample.cpu_us["server"]


def taken(samples: Iterable[Sample], of: str, operation: str) -> list[Sample]:
    """The samples of one server and operation, in the order of the rounds."""
    found = [sample for sample in samples if (sample.of, sample.operation) == (of, operation)]
    return sorted(found, key=lambda sample: sample.round)


def spread(samples: Iterable[Sample], of: str, operation: str, value: Value) -> Spread:
    """A figure of one server and operation over the rounds."""
    return Spread.of(map(value, taken(samples, of, operation)))


def ratio(samples: Sequence[Sample], ours: str, theirs: str, operation: str, value: Value = rate) -> Spread:
    """A figure of one server divided by that of another, both of the same round."""
    pairs = zip(taken(samples, ours, operation), taken(samples, theirs, operation), strict=True)
    return Spread.of(value(our) / value(their) for our, their in pairs)
