# SPDX-License-Identifier: Apache-2.0
"""A cache of keys, bounded in number and time, so that a key that another process destroyed is used no longer."""

from collections import OrderedDict
from datetime import datetime
from time import monotonic
from typing import NamedTuple

CACHED_KEYS = 10_000
CACHED_SECONDS = 5.0
"""Seconds after its read at which a key is read again."""


class Tombstone(NamedTuple):
    """What is left of a key that was destroyed: the instant of it."""

    at: datetime


Key = bytes | Tombstone


class KeyCache:
    """The keys of parties, or their tombstones, as they were read within the last seconds."""

    def __init__(self, seconds: float = CACHED_SECONDS, most: int = CACHED_KEYS) -> None:
        self._seconds = seconds
        self._most = most
        self._keys: OrderedDict[str, tuple[float, Key]] = OrderedDict()

    def find(self, party_id: str) -> Key | None:
        """The key of a party; None when it is not cached. Evicts what is too old."""
        self._evict()
        entry = self._keys.get(party_id)
        return entry and entry[1]

    def keep(self, party_id: str, key: Key, read_at: float) -> None:
        """Cache a key whose read began at the instant `read_at` of the monotonic clock."""
        self._keys.pop(party_id, None)
        self._keys[party_id] = (read_at + self._seconds, key)
        self._evict()

    def _evict(self) -> None:
        now = monotonic()
        while self._keys and (len(self._keys) > self._most or next(iter(self._keys.values()))[0] <= now):
            self._keys.popitem(last=False)
