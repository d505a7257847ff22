# SPDX-License-Identifier: Apache-2.0
"""The HTTP/1.1 protocol, on uvicorn's with httptools: bounded, answers in order, and TMF Errors for bad requests."""

import asyncio
from typing import cast
from weakref import ref

import httptools
import structlog

from app.errors import BadRequest, InternalError, OverCapacity, TmfError, UriTooLong
from app.http.messages import CYCLE
from app.http.middleware.request_context import HEALTH, RETRY
from app.http.server.bounds import MOST_HEADERS, MOST_PIPELINED
from app.http.server.connection import Connection, Stage
from app.http.server.cycle import Cycle, refusing
from app.http.server.heads import (
    UNREADABLE_BODY,
    framing,
    require_header_bounds,
    require_host,
    target,
    too_large,
    unreadable,
)

LONGEST = 65_535
"""Bytes of a URL that are kept; more than `max_url_bytes` can be."""

FRAMING = 9
"""Bytes of framing for one byte of a body at most: that of a chunk of its own (RFC 9112 §7.1)."""

PAUSE_BYTES = 65_536
"""Bytes of a body that are buffered for the application, beyond which reading is paused."""

log = structlog.get_logger()


class HttpProtocol(Connection):
    """The protocol of one connection: parses requests, and begins to answer them in their order."""

    _framing = 0
    """Bytes of framing in the present request, less what its body may have."""
    _repeat = b""
    """A head that makes the parser read the body of a request for another protocol, which it would skip."""
    _repeated = False
    """Whether the parser reads that head at the moment."""

    def data_received(self, data: bytes) -> None:
        if self._ended or self._parted:
            self._discard(len(data))
            return
        self._framing += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on(data, upgrade.args[0])
        except httptools.HttpParserError as failure:
            self._give_up(failure)
        else:
            if self._framing > self._bounds.header_bytes + LONGEST and not self._ended:
                self.refuse(self._too_long())

    def on_message_begin(self) -> None:
        if self._repeated:
            return
        super().on_message_begin()
        self._stage = Stage.HEAD
        self.since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        if not self._repeated:
            self.url += url[: LONGEST - len(self.url)]

    def on_headers_complete(self) -> None:
        if self._repeated:
            return
        version = self.parser.get_http_version()
        scope, headers = self.scope, self.headers
        scope["path"], scope["raw_path"], scope["query_string"] = target(self.url)
        scope["method"], scope["http_version"] = self.parser.get_method().decode("ascii"), version
        if self._framing > self._bounds.header_bytes or len(headers) > MOST_HEADERS:
            require_header_bounds(headers, self._bounds.header_bytes)
        require_host(headers, version)
        if self._spare and not scope["path"].startswith(HEALTH):
            raise OverCapacity("The server has all the connections it can serve; try again in a moment", RETRY)
        if len(self.pipeline) >= MOST_PIPELINED:
            raise OverCapacity(f"More than {MOST_PIPELINED} requests wait on this connection; read their answers first")
        self._stage = Stage.BODY
        self._framing = 0
        keep = version != "1.0" and self.parser.should_keep_alive() and not self._spare and scope["method"] != "CONNECT"
        if self.parser.should_upgrade():
            self._repeat = framing(headers)
        self._add(self._cycle(keep, expecting=self.expect_100_continue and version != "1.0"), self.app)

    def on_body(self, body: bytes) -> None:
        self._framing -= FRAMING * len(body)
        if not self.cycle.response_complete:
            self.cycle.body += body
            if len(self.cycle.body) > PAUSE_BYTES:
                self.flow.pause_reading()
            self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        if self._repeat:
            return
        self._stage = Stage.NONE
        self._framing = 0
        self.cycle.more_body = False
        self.cycle.message_event.set()

    def refuse(self, error: TmfError) -> None:
        """Answer the request that is being received with the error, behind those before it, and read no further."""
        self._ended = True
        if self._stage is not Stage.BODY:
            if self._stage is Stage.NONE:
                super().on_message_begin()
            method = self.parser.get_method().decode("ascii") if self.url else "-"
            defaults = {"method": method, "path": "-", "raw_path": b"-", "query_string": b""}
            self.scope.update({name: value for name, value in defaults.items() if name not in self.scope})  # type: ignore[typeddict-item]
            self._add(self._cycle(keep_alive=False, expecting=False), refusing(error))
            self.cycle.more_body = False
        elif self.cycle.response_complete:
            self._end()
        else:
            cast(Cycle, self.cycle).refuse(error)

    def _cycle(self, keep_alive: bool, expecting: bool) -> Cycle:
        cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        self.scope[CYCLE] = ref(cycle)  # type: ignore[literal-required]
        if expecting:
            cycle.hesitates = True
        return cycle

    def _go_on(self, data: bytes, end: int) -> None:
        """Parse on behind a request for another protocol (`Upgrade`), which is answered in this one (RFC 9110 §7.8)."""
        rest = memoryview(data)[end:]
        while not self._ended and (rest or self._repeat):
            if self.scope["method"] == "CONNECT":
                self._ended = True
                return
            try:
                self._read_body_too()
                self.parser.feed_data(rest)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = rest[upgrade.args[0] :]
            except httptools.HttpParserError as failure:
                self._give_up(failure)

    def _read_body_too(self) -> None:
        """Make the parser read the body of a request for another protocol, if there is one, by a head of its own."""
        if self._repeat:
            head, self._repeat, headers = self._repeat, b"", len(self.headers)
            self._repeated = True
            self.parser.feed_data(head)
            self._repeated = False
            del self.headers[headers:]

    def _give_up(self, failure: Exception) -> None:
        if isinstance(failure, httptools.HttpParserInvalidURLError):
            # A part of the URL shows that the method has been read: an answer to HEAD has no body.
            self.url = self.url or b"-"
        self.refuse(self._reason(failure))

    def _reason(self, failure: Exception) -> TmfError:
        """The error for a failure of the parser, which may be one that a callback here has raised."""
        if isinstance(failure, httptools.HttpParserCallbackError):
            error = failure.__context__
            if isinstance(error, TmfError):
                return error
            log.error("a request could not be read", exc_info=failure)
            return InternalError("The server failed; the failure is logged")
        return (
            BadRequest(UNREADABLE_BODY) if self._stage is Stage.BODY else unreadable(failure, begun=bool(self.headers))
        )

    def _too_long(self) -> TmfError:
        if len(self.url) == LONGEST:
            return UriTooLong("The URL is too long; send a shorter one")
        return too_large(self._bounds.header_bytes)
