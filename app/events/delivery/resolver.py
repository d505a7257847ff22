# SPDX-License-Identifier: Apache-2.0
"""DNS lookups for listeners, in threads of their own, so that a dead name server blocks nothing else."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, NamedTuple

from aiohttp.abc import AbstractResolver, ResolveResult

LookUp = Callable[[str, int], Sequence[Any]]
"""Resolves host and port as `socket.getaddrinfo` does. It may block."""

THREADS = 16
LONGEST_SECONDS = 5.0
KEPT_SECONDS = 10.0
"""Seconds for which an answer, also a negative one, is cached; the address of each connection is checked anyway."""
KEPT_NAMES = 10_000


class _ResolvedAddresses(NamedTuple):
    at: float
    lookup: "asyncio.Future[Sequence[Any]]"


def look_up(host: str, port: int) -> Sequence[Any]:
    """The addresses of `host`, as the system knows them."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class Resolver(AbstractResolver):
    """A resolver for aiohttp: one lookup of a name at a time, and no more lookups than threads."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="lookup")
        self._found: dict[tuple[str, int], _ResolvedAddresses] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`. Raises `OSError`, and `TimeoutError` when the lookup takes too long."""
        lookup = self._lookup(host, port)
        # A lookup cannot be cancelled; the next caller gets its answer.
        async with asyncio.timeout(LONGEST_SECONDS):
            return [_result(host, each) for each in await asyncio.shield(lookup)]

    async def close(self) -> None:
        """Cancel lookups that have not begun; others end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _lookup(self, host: str, port: int) -> "asyncio.Future[Sequence[Any]]":
        addresses = self._found.get((host, port))
        if addresses is None or (addresses.lookup.done() and monotonic() - addresses.at > KEPT_SECONDS):
            self._make_room()
            lookup = asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, host, port)
            lookup.add_done_callback(_read)
            addresses = self._found[host, port] = _ResolvedAddresses(monotonic(), lookup)
        return addresses.lookup

    def _make_room(self) -> None:
        if len(self._found) >= KEPT_NAMES:
            self._found = {name: found for name, found in self._found.items() if not found.lookup.done()}


def _read(lookup: "asyncio.Future[Sequence[Any]]") -> None:
    """Read the outcome of a lookup whose callers may be gone: asyncio logs exceptions that nobody reads."""
    if not lookup.cancelled():
        lookup.exception()


def _result(host: str, address_info: Any) -> ResolveResult:
    family, _, protocol, _, endpoint = address_info
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=endpoint[0], port=endpoint[1], family=family, proto=protocol, flags=flags)
