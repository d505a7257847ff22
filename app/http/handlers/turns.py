# SPDX-License-Identifier: Apache-2.0
"""Admission of long lists: few are made at a time, so that a process keeps memory and time for other requests."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

LONG = 1024 * 1024
"""Bytes from which on a list is long."""

AT_A_TIME = 2
"""Long lists that are made at a time: one is rendered while the database reads the other."""

FIRST_GUESS = 1024
"""The assumed bytes of an item, before the first list."""


class Turns:
    """The turns of one kind of lists, by the average size of recent items."""

    def __init__(self) -> None:
        self._item = FIRST_GUESS
        self._turns = asyncio.Semaphore(AT_A_TIME)

    def of(self, limit: int) -> AbstractAsyncContextManager[object]:
        """The context within which a list of at most `limit` items is made: waits for a turn if it may be long."""
        return self._turns if limit * self._item > LONG else nullcontext()

    def note(self, items: int, size: int) -> None:
        """Update the average size of items from a list of so many `items` with `size` bytes."""
        if items:
            self._item = size // items
