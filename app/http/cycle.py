"""One request on a connection and its answer, between the protocol and the application."""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from app.errors import TmfError
from app.http.clock import date_header
from app.http.context import RequestContext
from app.http.problems import Problems

SHORT = 65_536
"""Bytes of a body that is not read: where the whole is no longer, its rest is thrown away and the connection stays."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Cycle(RequestResponseCycle):
    """As uvicorn's; but what turns out to be wrong with the rest of a request is raised where its body is read."""

    refusal: TmfError | None = None
    hesitates = False
    """Whether the client sends its body only when it is told `100 Continue`, and was not told so."""
    _keep = True
    _headers: tuple[tuple[bytes, bytes], ...] = ()

    def refuse(self, error: TmfError) -> None:
        """The request ends here, by that error."""
        self.refusal = error
        self.keep_alive = False
        self.message_event.set()

    def is_gone(self) -> bool:
        """Whether the client has hung up, so that nobody is left to answer."""
        return self.disconnected

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of every answer, as of now; they are read when it begins."""
        return [date_header(), *self._headers]

    @default_headers.setter
    def default_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        self._headers = tuple(headers)

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open behind the answer; not where much of the body is still to come."""
        if self._keep and self.more_body and not self._rest_is_short():
            self._keep = False
        return self._keep

    @keep_alive.setter
    def keep_alive(self, keep: bool) -> None:
        self._keep = keep

    async def receive(self) -> Any:
        if self.refusal is None and not self.disconnected and not self.response_complete:
            if self.hesitates:
                self.hesitates = False
                self.transport.write(CONTINUE)
            self.flow.resume_reading()
            await self.message_event.wait()
            self.message_event.clear()
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        if self.refusal:
            raise self.refusal
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    def _rest_is_short(self) -> bool:
        """Whether the rest of the body is certain to come, and not much.

        A client that waits for `100 Continue` may leave it out and send its next request, or not.
        """
        lengths = [value for name, value in self.scope["headers"] if name == b"content-length"]
        return not self.hesitates and bool(lengths) and int(lengths[0]) <= SHORT


def refusing(error: TmfError) -> ASGIApp:
    """The application that answers with the error, whatever it is asked."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    return RequestContext(Problems(app))
