# SPDX-License-Identifier: Apache-2.0
"""Middleware that refuses writes (507) while the disk of the database is full, before they reach it."""

from collections.abc import Awaitable
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from app.storage.mongod.disk_reserve import Reserve
from app.storage.mongod.failures import no_room

READING = frozenset({"GET", "HEAD", "OPTIONS"})
LOOK_SECONDS = 0.2
"""Seconds for which the state of the disk is cached."""


class Disk:
    """Whether the disk of the embedded MongoDB has no room for writes."""

    def __init__(self, reserve: Reserve, megabytes: int) -> None:
        """`megabytes` is the size of the reserve."""
        self._reserve, self._megabytes = reserve, megabytes
        self._full, self._until = False, 0.0

    def is_full(self) -> bool:
        """As `Reserve.is_full`, cached for `LOOK_SECONDS`."""
        now = monotonic()
        if now >= self._until:
            self._full, self._until = self._reserve.is_full(self._megabytes), now + LOOK_SECONDS
        return self._full


class DiskFullMiddleware:
    """Passes on safe methods; raises `InsufficientStorage` for others while the disk is full."""

    def __init__(self, app: ASGIApp, disk: Disk) -> None:
        self._app = app
        self._disk = disk

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["method"] not in READING and self._disk.is_full():
            raise no_room()
        return self._app(scope, receive, send)
