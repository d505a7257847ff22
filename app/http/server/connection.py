# SPDX-License-Identifier: Apache-2.0
"""A client's connection: timeouts, closing, and the order of answers (pipelining, RFC 9112 §9.3.2)."""

import asyncio
from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import Any, cast

from uvicorn import Config
from uvicorn.server import ServerState

from app.errors import BadRequest, RequestTimeout, TmfError
from app.http.server.bounds import DRAINED, LINGER_SECONDS, Bounds
from app.http.server.connections import Peer, make_room, relieve
from app.http.server.cycle import Cycle
from app.http.server.graceful_shutdown import GracefulConnection
from app.http.server.heads import CUT_OFF
from app.http.server.transport import InOnePiece


class Stage(Enum):
    """The stages of a request."""

    NONE = auto()
    HEAD = auto()
    BODY = auto()


class Connection(GracefulConnection, ABC):
    """A connection, whose requests are answered in their order.

    `since` is the time at which the last request began or the last answer was complete; `answered` counts answers.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._bounds = bounds or Bounds()
        self._stage = Stage.NONE
        self._current: Cycle | None = None
        self._ended = self._draining = self._half_closed = self._spare = False
        self._discarded = 0
        self._unsent_since: float | None = None
        self._peers = cast("set[Peer]", self.connections)
        self.since = 0.0
        self.answered = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._wire = transport
        self.since = self.loop.time()
        self._spare = not make_room(self._peers, self._bounds.connections)
        super().connection_made(InOnePiece(transport, self._end, self._relieve))  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        for cycle in (self._current, *(waiting for waiting, _ in self.pipeline)):
            if cycle and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Handle the end of what the client sends; returns whether a request is still to be answered."""
        self._half_closed = True
        if self._current and self._current.response_complete:
            # An answer may have been written in this very turn, and would be lost on a closed transport.
            cast(InOnePiece, self.transport).flush()
        if self._draining:
            self._wire.close()
        elif self._stage is not Stage.NONE:
            self.refuse(BadRequest(CUT_OFF))
        elif self.cycle and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        return self._current is not None and not self._current.response_complete

    @property
    def is_answering(self) -> bool:
        """Whether a complete request is being answered."""
        return self._current is not None and not self._current.response_complete and not self._current.more_body

    @property
    def unsent(self) -> int:
        """Bytes of answers in the buffer, which the client has not read yet."""
        return self._wire.get_write_buffer_size()

    def abort(self) -> None:
        """Close the connection at once, without sending what is buffered."""
        self.connections.discard(self)
        self._wire.abort()

    def check(self, now: float) -> None:
        """Enforce the timeouts: for sending a request (408), reading an answer, and idling."""
        if self.unsent and not self._draining:
            self._unsent_since = self._unsent_since or now
            if now - self._unsent_since > self._bounds.request_seconds:
                self.abort()
            return
        self._unsent_since = None
        spent = now - self.since
        if self._ended or self.is_answering:
            return
        if self._stage is not Stage.NONE and spent > self._bounds.request_seconds:
            self.refuse(
                RequestTimeout(f"The request did not come within {self._bounds.request_seconds} s; send it anew")
            )
        elif self._stage is Stage.NONE and spent > self._bounds.idle_seconds:
            self.transport.close()

    @abstractmethod
    def refuse(self, error: TmfError) -> None:
        """Answer the request that is being received with the error, behind those before it, and read no further."""

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        self.answered += 1
        self.since = self.loop.time()
        if not self.transport.is_closing() and not self._draining:
            self.flow.resume_reading()
            if self.pipeline:
                self._begin_next()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._current is None or self._current.response_complete:
            self._begin_next()

    def _add(self, cycle: Cycle, app: Any) -> None:
        """Queue the call of `app`, until earlier requests are answered and the client has read enough of that."""
        self.cycle = cycle
        if (self._current and not self._current.response_complete) or self.flow.write_paused:
            self.pipeline.appendleft((cycle, app))
            self.flow.pause_reading()
        else:
            self._current = cycle
            self._start_asgi_task(cycle, app)

    def _begin_next(self) -> None:
        if self.pipeline and not self.flow.write_paused:
            self._current, app = self.pipeline.pop()  # type: ignore[assignment]
            self._start_asgi_task(self._current, app)

    def _relieve(self, size: int) -> None:
        relieve(self._peers, size)

    def _end(self) -> None:
        """Close the connection; in steps where the client may still be sending, so that it gets the answer (§9.6)."""
        if self._half_closed or not (self._ended or self._stage is Stage.BODY):
            self._wire.close()
        elif not self._draining and not self._wire.is_closing():
            self._ended = self._draining = True
            self.flow.resume_reading()
            self._wire.write_eof()
            self.loop.call_later(LINGER_SECONDS, self.abort)

    def _discard(self, size: int) -> None:
        """Discard received bytes behind the last request that is answered."""
        self._discarded += size
        if self._discarded > DRAINED:
            self.abort()
