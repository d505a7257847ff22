# SPDX-License-Identifier: Apache-2.0
"""The request-response cycle: one request and its answer, between protocol and ASGI application."""

import re
from collections.abc import Awaitable, Generator
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from app.errors import TmfError
from app.http.middleware.request_context import ErrorMiddleware, RequestContext
from app.http.server.clock import date_header

SHORT = 65_536
"""Bytes of an unread body up to which its rest is discarded and the connection kept."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_FRAMING = frozenset({b"connection", b"transfer-encoding"})
_UNSENDABLE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""The characters that the value of a header may not contain (RFC 9110 §5.5)."""


class _CompletedSend:
    """The awaitable of a message that has been sent already."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_SENT = _CompletedSend()


class Cycle(RequestResponseCycle):
    """As uvicorn's, but errors in the rest of a request are raised where its body is read."""

    refusal: TmfError | None = None
    hesitates = False
    """Whether the client waits for `100 Continue` before it sends the body, and that was not sent."""

    def refuse(self, error: TmfError) -> None:
        """Abort the reception of the request with the error."""
        self.refusal = error
        self.keep_alive = False
        self.message_event.set()

    def is_gone(self) -> bool:
        """Whether the client has closed the connection."""
        return self.disconnected

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

    def send(self, message: Any) -> Awaitable[None]:  # type: ignore[override]
        if message["type"] == "http.response.start" and not self.response_started:
            if self.keep_alive and self.more_body and not self._rest_is_short():
                self.keep_alive = False
            self.default_headers = [date_header()]
        at_once = not (self.disconnected or self.flow.write_paused)
        if at_once and (self._send_whole(message) if self.response_started else self._send_head(message)):
            return _SENT
        return super().send(message)

    def _send_head(self, message: Any) -> bool:
        """Send the head of an answer of known length, as nearly all are; returns whether it is one.

        uvicorn's own way takes a tenth of the time of a short answer.
        """
        headers = message.get("headers", ())
        values = dict(headers)
        length = values.get(b"content-length")
        if length is None or not _FRAMING.isdisjoint(values) or _UNSENDABLE.search(b" ".join(values.values())):
            return False
        closing = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        lines = [b"%s: %s\r\n" % header for header in (*self.default_headers, *headers)]
        self.response_started, self.chunked_encoding, self.expected_content_length = True, False, int(length)
        self.transport.write(b"".join([STATUS_LINE[message["status"]], *lines, closing]))
        return True

    def _send_whole(self, message: Any) -> bool:
        """Send a body in one message, if it is as long as its head says; returns whether it is."""
        body = message.get("body", b"")
        is_whole = self.chunked_encoding is False and len(body) == self.expected_content_length
        if (
            message["type"] != "http.response.body"
            or message.get("more_body")
            or self.response_complete
            or not is_whole
        ):
            return False
        self.transport.write(body)
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    def _rest_is_short(self) -> bool:
        """Whether the rest of the body is short and certain to come.

        A client that waits for `100 Continue` may or may not send it.
        """
        lengths = [value for name, value in self.scope["headers"] if name == b"content-length"]
        return not self.hesitates and bool(lengths) and int(lengths[0]) <= SHORT


def refusing(error: TmfError) -> ASGIApp:
    """An ASGI application that answers every request with the error."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    return RequestContext(ErrorMiddleware(app))
