# SPDX-License-Identifier: Apache-2.0
"""Accepts connections of a socket that server processes share, evenly among them (ADR 0018)."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, cast

import structlog
from uvicorn import Config, Server

from app.http.server.bounds import SPARE_CONNECTIONS, Bounds
from app.http.server.connections import Peer, check_all
from app.system.memory import Surplus
from app.system.ports import turn_away

PAUSE_SECONDS = 0.001
"""Seconds for which a process that accepted a connection leaves the next ones to others: the loop's resolution."""
PATIENT_ROUNDS = 8
"""Rounds in which others left connections waiting, after which a process accepts one more at a time."""
EXHAUSTED_SECONDS = 1.0
"""Seconds without accepting when the system has no resources for a connection."""

CHECKED_TICKS = 10
"""Tenths of a second between two checks of the timeouts."""

GIVING_TICKS = 20
"""Tenths of a second between two checks whether an idle process keeps free memory, which it returns."""

log = structlog.get_logger()

FULL_SECONDS = 0.05
"""Seconds without accepting in a process that has as many connections as it may."""

Connect = Callable[[socket.socket], Coroutine[Any, Any, object]]


class SharedListener:
    """A listening socket from which other processes accept connections, too.

    An event loop accepts all waiting connections at once. When a client opens several, nearly all would belong to the
    process that wakes first, which would answer them alone, while others are idle, for as long as they stay open.
    """

    def __init__(self, listening: socket.socket, connect: Connect, has_room: Callable[[], bool] = lambda: True) -> None:
        """`connect` begins to serve a connection. The socket listens already, and the caller closes it.

        While `has_room` is false, connections wait in the system's backlog.
        """
        self._listening = listening
        self._connect = connect
        self._has_room = has_room
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[object]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self._rounds = 0
        listening.setblocking(False)
        self._watch()

    def close(self) -> None:
        """Accept no further connections."""
        if self._pause:
            self._pause.cancel()
        self._loop.remove_reader(self._listening.fileno())

    def take_rest(self) -> None:
        """Accept all waiting connections, whoever shares the socket, and none after them."""
        self.close()
        with suppress(OSError):  # The backlog is empty.
            while True:
                connection, _ = self._listening.accept()
                self._begin(connection)

    async def wait_closed(self) -> None:
        """Return when every accepted connection has a protocol, or is lost."""
        if self._beginning:
            await asyncio.wait(self._beginning)

    def _watch(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening.fileno(), self._take)

    def _take(self) -> None:
        if not self._has_room():
            self._rest(FULL_SECONDS)
            return
        self._rounds += 1
        try:
            for _ in range(1 + self._rounds // PATIENT_ROUNDS):
                connection, _ = self._listening.accept()
                self._begin(connection)
        except (BlockingIOError, ConnectionAbortedError):  # Other processes accepted the rest, or the client is gone.
            self._rounds = 0
        except OSError as error:
            log.error("no connections are taken for a moment", error=str(error), seconds=EXHAUSTED_SECONDS)
            self._rest(EXHAUSTED_SECONDS)
        else:
            self._rest(PAUSE_SECONDS)

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening.fileno())
        self._pause = self._loop.call_later(seconds, self._watch)

    def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._connect(connection))
        self._beginning.add(task)
        task.add_done_callback(self._on_accept_done)

    def _on_accept_done(self, task: asyncio.Task[object]) -> None:
        self._beginning.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("a connection was lost before it was served", error=str(error))


class SharingServer(Server):
    """uvicorn's server in one of several processes that share the same sockets."""

    def __init__(self, config: Config, bounds: Bounds) -> None:
        super().__init__(config)
        self._most = bounds.connections
        self._peers = cast("set[Peer]", self.server_state.connections)
        self._surplus = Surplus()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve `sockets`, which are bound; they listen from now on."""
        await super().startup(sockets=[])
        self._listeners: list[SharedListener] = []
        for each in sockets or ():
            each.listen(self.config.backlog)
            self._listeners.append(SharedListener(each, self._connect, self._has_room))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept what waits on the sockets, which refuse others by now, answer on all connections, and end."""
        for each in self._listeners:
            each.take_rest()
            await each.wait_closed()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """The periodic work, ten times a second."""
        if counter % CHECKED_TICKS == 0:
            check_all(self._peers, asyncio.get_running_loop().time())
        if counter % GIVING_TICKS == 0 and not self.server_state.tasks:
            doings = self.server_state.total_requests, len(self._peers)
            if self._surplus.is_large(doings):
                await asyncio.to_thread(self._surplus.give_back, doings)
        return await super().on_tick(counter)

    def _has_room(self) -> bool:
        return len(self._peers) < self._most + SPARE_CONNECTIONS or any(not peer.is_answering for peer in self._peers)

    async def _connect(self, connection: socket.socket) -> object:
        return await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


class OnlyServer(SharingServer):
    """The server of a process that shares its sockets with no other."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As `SharingServer.shutdown`, but this process refuses new connections itself."""
        for each in sockets or ():
            turn_away(each)
        await super().shutdown(sockets)
        self._captured_signals.clear()  # Otherwise uvicorn would raise the signals again and end the process by them.
