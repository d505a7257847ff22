# SPDX-License-Identifier: Apache-2.0
"""Gives memory that was freed back to the system: the C library keeps it, in pieces between others that are in use.

After a burst of large answers that is many times what a server process needs.
"""

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic

GROWTH = 1.1
"""How many times as much memory as it had last is worth a look at what of it is free."""

LEAST_GROWTH = 8 * 1024 * 1024
"""Bytes that it must be at least."""

AGAIN_SECONDS = 10.0
"""How long what is freed by and by waits for the next time."""

_STATM = Path("/proc/self/statm")


def own_bytes() -> int:
    """Memory that this process alone has in use, or keeps; 0 where the system does not tell."""
    try:
        _, resident, shared, *_ = _STATM.read_text().split()
    except OSError:  # not Linux
        return 0
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def trimming() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; None with another C library."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)


class Surplus:
    """What a process has grown by since it began, all of which may be free."""

    def __init__(self) -> None:
        self._trim = trimming()
        self._least = self._last = own_bytes()
        self._doings: object = None
        self._until = 0.0

    def is_large(self, doings: object) -> bool:
        """Whether it is worth the time to give back what of it is free; `doings` is something else for each request.

        What was in use when it was given back last may be free by now, so that is done again after a while.
        """
        has = own_bytes()
        self._least = min(self._least, has)
        if self._trim is None or _is_as_before(has, self._least):
            return False
        return not _is_as_before(has, self._last) or (doings != self._doings and monotonic() > self._until)

    def give_back(self, doings: object) -> None:
        """Do so; it takes a millisecond for every few megabytes, and other threads go on meanwhile."""
        self._doings, self._until = doings, monotonic() + AGAIN_SECONDS
        if self._trim:
            self._trim(0)
        self._last = own_bytes()


def _is_as_before(has: int, had: int) -> bool:
    return has <= max(GROWTH * had, had + LEAST_GROWTH)
