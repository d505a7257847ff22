# SPDX-License-Identifier: Apache-2.0
"""Long lists take turns, so that however many are asked for at once a process has memory and time for others."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

LONG = 1024 * 1024
"""Bytes of a list that is long."""

AT_A_TIME = 2
"""Long lists that are made at a time: one while the database looks for the other."""

FIRST_GUESS = 1024
"""Bytes of an item, before any was seen."""


class Turns:
    """The turns of one kind of lists, by what their items took of late."""

    def __init__(self) -> None:
        self._item = FIRST_GUESS
        self._turns = asyncio.Semaphore(AT_A_TIME)

    def of(self, limit: int) -> AbstractAsyncContextManager[object]:
        """What a list of so many items has to wait for: nothing, unless it may be long."""
        return self._turns if limit * self._item > LONG else nullcontext()

    def note(self, items: int, size: int) -> None:
        """Learn from a list how large its items are."""
        if items:
            self._item = size // items
