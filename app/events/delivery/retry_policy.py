# SPDX-License-Identifier: Apache-2.0
"""The retry policy of deliveries: timeout, exponential back-off with jitter, and patience until suspension."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class RetryPolicy:
    """The timeout of one delivery in seconds, the hours of failing until suspension, and the bounds of pauses."""

    timeout_seconds: float = 10.0
    retry_hours: float = 72.0
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 300.0

    def pause(self, attempts: int, asked_for: float = 0.0) -> timedelta:
        """The pause after so many failures in a row, or the seconds that the listener `asked_for` if that is longer.

        It doubles with each failure; jitter keeps listeners from retrying in step.
        """
        longest = min(self.longest_pause_seconds, self.first_pause_seconds * 2 ** min(attempts - 1, 30))
        return timedelta(seconds=max(longest * random.uniform(0.5, 1.0), asked_for))

    @property
    def patience(self) -> timedelta:
        """How long a delivery may fail until its listener is suspended."""
        return timedelta(hours=self.retry_hours)
