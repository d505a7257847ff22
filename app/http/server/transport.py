# SPDX-License-Identifier: Apache-2.0
"""How answers leave: in one piece, and a connection is closed so that its client gets to read what was sent last."""

import asyncio
from collections.abc import Callable
from typing import Any

LARGE = 256 * 1024
"""Bytes of an answer that are worth a look at how much others have not read."""


class InOnePiece:
    """A transport that sends what is written to it in one turn of the event loop with one call of the kernel.

    uvicorn writes the head and the body of an answer one after the other; each call takes as long as showing a view.
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
        """Send it at the end of the turn."""
        if not self._written:
            self._loop.call_soon(self.flush)
        self._written.append(data)
        if len(data) > LARGE:
            self._before(len(data))

    def pause_reading(self) -> None:
        """Take nothing off the connection for now; one that is closed has nothing."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on with that."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Close the connection behind what was written."""
        self.flush()
        self._end()

    def flush(self) -> None:
        """Send at once what was written in this turn."""
        if self._written:
            written, self._written = self._written, []
            # To a client that has left nothing can be written, but for a stack trace in the log.
            if not self._transport.is_closing():
                self._transport.writelines(written)
