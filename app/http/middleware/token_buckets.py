# SPDX-License-Identifier: Apache-2.0
"""Token buckets, one for each client, in memory that server processes share (ADR 0045).

The bucket of a client is one number: when it will be full again (GCRA, the virtual scheduling of ITU-T I.371). A full
bucket is the same as none, so the table has a fixed size, and what makes room in it is the fullest.
"""

import mmap
import os
import time
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

SLOTS = 65_536
"""Buckets that are not full at a time; each takes 16 bytes."""
WAYS = 8
"""Slots in which a client's bucket may be."""
NOISE = 1e-9
"""Seconds that rounding may make of no time."""


class Withdrawal(NamedTuple):
    """What comes of taking a token: whether there was one, how many are left, seconds to the next and to the last."""

    granted: bool
    left: int
    next_seconds: float
    full_seconds: float


class TokenBuckets:
    """Buckets of `burst` tokens that get `rate` tokens per second. Forks of this process share them.

    Nothing locks: two processes that take from one bucket within the same microsecond may take one token together.
    """

    def __init__(
        self, rate: float, burst: int, slots: int = SLOTS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.burst = burst
        self.fill_seconds = burst / rate
        self._interval = 1 / rate
        self._sets = slots // WAYS
        self._clock = clock
        # Nobody can choose names that meet in a slot.
        self._secret = os.urandom(16)
        memory = memoryview(mmap.mmap(-1, slots * 16))
        self._keys = memory[: slots * 8].cast("Q")
        self._full_at = memory[slots * 8 :].cast("d")

    def take(self, client: str) -> Withdrawal:
        """Take a token from the bucket of a client, if there is one."""
        now = self._clock()
        slot = self._slot(client)
        full_at = max(self._full_at[slot], now)
        after = full_at + self._interval
        missing = after - now - self.fill_seconds
        if missing > NOISE:
            return Withdrawal(False, 0, missing, full_at - now)
        self._full_at[slot] = after
        return Withdrawal(
            True, int((NOISE - missing) / self._interval), max(0.0, missing + self._interval), after - now
        )

    def give_back(self, client: str) -> None:
        """Put a token back that was taken a moment ago."""
        self._full_at[self._slot(client)] -= self._interval

    def _slot(self, client: str) -> int:
        """The slot of a client's bucket; another one's, the fullest of those where it may be, becomes its own."""
        digest = blake2b(client.encode("utf-8", "surrogateescape"), digest_size=8, key=self._secret).digest()
        key = int.from_bytes(digest) or 1
        first = key % self._sets * WAYS
        keys = self._keys[first : first + WAYS].tolist()
        if key in keys:
            return first + keys.index(key)
        slot = min(range(first, first + WAYS), key=self._full_at.__getitem__)
        self._keys[slot], self._full_at[slot] = key, 0.0
        return slot
