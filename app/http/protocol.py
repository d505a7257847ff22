"""How the server speaks HTTP: as uvicorn does with httptools, but for URLs of any length and answers in one piece."""

import asyncio
from typing import Any

from app.http.parting import Parting

LONGEST = 65_535
"""Bytes of a URL that httptools can take apart; more than `max_url_bytes` may allow."""


class InOnePiece:
    """A transport that sends what is written to it in one turn of the event loop with one call of the kernel.

    uvicorn writes the head and the body of an answer one after the other; each call takes as long as showing a view.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self.is_closing = transport.is_closing
        self._written: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send it at the end of the turn."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """Close the connection behind what was written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._written:
            written, self._written = self._written, []
            self._transport.writelines(written)


class HttpProtocol(Parting):
    """Cuts a longer URL there, where it is too long already, so that its sender gets a TMF Error and no bare 400."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(InOnePiece(transport))  # type: ignore[arg-type]

    def on_url(self, url: bytes) -> None:
        self.url += url[: LONGEST - len(self.url)]
