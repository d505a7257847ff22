"""How many connections there may be at once: so many to one host, so many in all, and others for who fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class ConnectionLimits:
    """So many places to one host, so many in all; who finds none free waits, first come, first served."""

    def __init__(self, *, per_host: int, in_all: int) -> None:
        self._per_host = per_host
        self._in_all = asyncio.Semaphore(in_all)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def place(self, host: str) -> AsyncIterator[None]:
        """A place for one call to `host`, for as long as the block runs."""
        # Only those who wait or call keep a host's semaphore alive.
        at_host = self._hosts.setdefault(host, asyncio.Semaphore(self._per_host))
        async with at_host, self._in_all:
            yield
