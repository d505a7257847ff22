# SPDX-License-Identifier: Apache-2.0
"""Cardinality estimates: a cache of the share of a collection that matches a filter, as random samples are dear."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from app.domain.query.cursor import digest
from app.storage.documents.filters import Filter

SECONDS = 60.0
"""How long a share is cached: it changes less in that time than the error of a sample."""

MOST = 1_000
"""Filters in the cache at most."""


@dataclass(frozen=True)
class CardinalityEstimates:
    """The cached shares (0 to 1) of one collection, by filter; `clock` is monotonic, in seconds."""

    clock: Callable[[], float] = monotonic
    _known: dict[str, tuple[float, float]] = field(default_factory=dict)

    def of(self, criteria: Filter) -> float | None:
        """The share of the documents that match `criteria`; None when it is not cached."""
        share, until = self._known.get(digest(criteria), (0.0, 0.0))
        return share if self.clock() < until else None

    def keep(self, criteria: Filter, share: float) -> None:
        """Cache a share; evicts the oldest beyond `MOST`."""
        filter = digest(criteria)
        self._known.pop(filter, None)
        self._known[filter] = (share, self.clock() + SECONDS)
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
