# SPDX-License-Identifier: Apache-2.0
"""Exponential back-off for restarts of what has ended by itself, and when to give up."""


class Backoff:
    """Pauses that double while lives are short; a long life begins with the first pause again."""

    def __init__(
        self, first_seconds: float, longest_seconds: float, *, at_once: bool = False, most: int | None = None
    ) -> None:
        """A life of `longest_seconds` or more is long. `at_once` puts a pause of 0 before the first.

        After `most` short lives on end there is no further one; None means there always is.
        """
        self._first, self._longest, self._most = first_seconds, longest_seconds, most
        self._at_once = at_once
        self.times = 0
        """The number of short lives in a row."""

    def after(self, lived_seconds: float) -> float | None:
        """The pause in seconds after a life of so many seconds; None to give up."""
        self.times = 1 if lived_seconds >= self._longest else self.times + 1
        if self._most is not None and self.times > self._most:
            return None
        doublings = self.times - (2 if self._at_once else 1)
        return 0.0 if doublings < 0 else min(self._first * 2**doublings, self._longest)
