# SPDX-License-Identifier: Apache-2.0
"""How connections end when the server does: nobody who was taken is cut off, and nobody stays for long."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GRACE_SECONDS = 2.0
"""How long a connection without a request stays open: one may be on its way."""
FAREWELL_SECONDS = 1.0
"""How long its client gets to close it then. One that is closed at once may cut off what has just arrived."""


class GracefulConnection(HttpToolsProtocol):
    """A connection that is told when the server stops: what still comes is answered with `Connection: close`."""

    _parting = _parted = False

    def shutdown(self) -> None:
        """The server stops: answer what has been sent, then hang up."""
        self._parting = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(GRACE_SECONDS, self._part)
        else:
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        if not self._parted:
            super().data_received(data)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if self._parting and not self.pipeline:  # those that wait behind it are answered, too
            cycle.keep_alive = False
        super()._start_asgi_task(cycle, app)

    def _part(self) -> None:
        """Hang up, unless a request has begun to arrive: its answer ends the connection."""
        begun = self.scope is not None and "method" not in self.scope
        if begun or self.transport.is_closing() or (self.cycle and not self.cycle.response_complete):
            return
        self._parted = True
        self.transport.write_eof()
        self.loop.call_later(FAREWELL_SECONDS, self.transport.close)
