# SPDX-License-Identifier: Apache-2.0
"""Returns free memory to the system (`malloc_trim`): the C library keeps it, between pieces that are in use.

After a burst of large answers that can be many times what a server process needs.
"""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic

GROWTH = 1.1
"""The factor of growth since the last time from which on free memory is returned."""

LEAST_GROWTH = 8 * 1024 * 1024
"""Bytes of growth at least."""

AGAIN_SECONDS = 10.0
"""Seconds after which memory is returned again, for what was freed since."""

_STATM = Path("/proc/self/statm")


def own_bytes() -> int:
    """Bytes of memory that are private to this process, in use or free; 0 where the system does not tell."""
    try:
        _, resident, shared, *_ = _STATM.read_text().split()
    except OSError:  # Not Linux
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def trimming() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; None with another C library."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


class Surplus:
    """The growth of a process since its start, which may all be free memory."""

    def __init__(self) -> None:
        self._trim = trimming()
        self._least = self._last = own_bytes()
        self._doings: object = None
        self._until = 0.0

    def is_large(self, doings: object) -> bool:
        """Whether free memory should be returned; `doings` differs after each request.

        Memory that was in use the last time may be free by now, so it is returned again after a while.
        """
        has = own_bytes()
        self._least = min(self._least, has)
        if self._trim is None or _is_as_before(has, self._least):
            return False
        return not _is_as_before(has, self._last) or (doings != self._doings and monotonic() > self._until)

    def give_back(self, doings: object) -> None:
        """Return free memory; takes a millisecond for every few megabytes, without the GIL."""
        self._doings, self._until = doings, monotonic() + AGAIN_SECONDS
        if self._trim:
            self._trim(0)
        self._last = own_bytes()


def _is_as_before(has: int, had: int) -> bool:
    return has <= max(GROWTH * had, had + LEAST_GROWTH)
