# SPDX-License-Identifier: Apache-2.0
"""The transport of answers: one system call for head and body, and closing that lets the client read the last one."""

import asyncio
from collections.abc import Callable
from typing import Any

LARGE = 256 * 1024
"""Bytes of an answer from which on unread answers of others are checked."""


class InOnePiece:
    """A transport that sends all writes of one turn of the event loop with one system call.

    uvicorn writes head and body of an answer one after the other, and a system call takes as long as rendering a view.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        end: Callable[[], None] | None = None,
        make_room: Callable[[int], None] = lambda size: None,
    ) -> None:
        """`end` ends the connection in the place of the transport's own `close`.

        `make_room` is called with the size of a large answer, before it is sent.
        """
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self.is_closing = transport.is_closing
        self._end = end or transport.close
        self._before = make_room
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send `data` at the end of the turn."""
        if not self._written:
            self._loop.call_soon(self.flush)
        self._written.append(data)
        if len(data) > LARGE:
            self._before(len(data))

    def pause_reading(self) -> None:
        """Pause reading, unless the connection is closed."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Resume reading."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close the connection once everything is sent."""
        self.flush()
        self._end()

    def flush(self) -> None:
        """Send the writes of this turn at once."""
        if self._written:
            written, self._written = self._written, []
            # Writing to a client that has left would only log a stack trace.
            if not self._transport.is_closing():
                self._transport.writelines(written)
