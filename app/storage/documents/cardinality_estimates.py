# SPDX-License-Identifier: Apache-2.0
"""Remembers for a while which share of a collection matches a filter: to draw a sample each time would be dear."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from app.domain.query.cursor import digest
from app.storage.documents.filters import Filter

SECONDS = 60.0
"""How long a share is good for: it moves less in that time than a sample is wrong by."""

MOST = 1_000
"""Filters of which one is remembered."""


@dataclass(frozen=True)
class CardinalityEstimates:
    """The shares that samples of one collection have shown lately; `clock` tells seconds, and only goes on."""

    clock: Callable[[], float] = monotonic
    _known: dict[str, tuple[float, float]] = field(default_factory=dict)

    def of(self, criteria: Filter) -> float | None:
        """The share that matches; None when none was seen lately."""
        share, until = self._known.get(digest(criteria), (0.0, 0.0))
        return share if self.clock() < until else None

    def keep(self, criteria: Filter, share: float) -> None:
        """Remember a share; the oldest makes room where there are too many."""
        filter = digest(criteria)
        self._known.pop(filter, None)
        self._known[filter] = (share, self.clock() + SECONDS)
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
