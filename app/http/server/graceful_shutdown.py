# SPDX-License-Identifier: Apache-2.0
"""Graceful shutdown of connections: requests on accepted connections are answered, within bounds of time."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GRACE_SECONDS = 2.0
"""Seconds for which an idle connection stays open at shutdown, as a request may be on its way."""
FAREWELL_SECONDS = 1.0
"""Seconds for its client to close it after that; to close at once may cut off a request that has just arrived."""


class GracefulConnection(HttpToolsProtocol):
    """A connection with graceful shutdown: further requests are answered with `Connection: close`."""

    _parting = _parted = False

    def shutdown(self) -> None:
        """Begin the shutdown: answer received requests, then close the connection."""
        self._parting = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(GRACE_SECONDS, self._part)
        else:
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        if not self._parted:
            super().data_received(data)

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if self._parting and not self.pipeline:  # Pipelined requests behind it are answered, too.
            cycle.keep_alive = False
        super()._start_asgi_task(cycle, app)

    def _part(self) -> None:
        """Close the connection, unless a request is being received, whose answer closes it."""
        begun = self.scope is not None and "method" not in self.scope
        if begun or self.transport.is_closing() or (self.cycle and not self.cycle.response_complete):
            return
        self._parted = True
        self.transport.write_eof()
        self.loop.call_later(FAREWELL_SECONDS, self.transport.close)
