# SPDX-License-Identifier: Apache-2.0
"""Accepts connections of a socket that server processes share, so that each gets about as many as the others."""

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
"""How long a process that took a connection leaves the next ones to the others: the shortest time the loop can tell."""
PATIENT_ROUNDS = 8
"""After how many rounds in which others did not take all that waited a process takes one more at a time."""
EXHAUSTED_SECONDS = 1.0
"""How long no connection is taken when the system has nothing left for one."""

CHECKED_TICKS = 10
"""Tenths of a second between two looks at whether connections take longer than they may."""

GIVING_TICKS = 20
"""Tenths of a second between two looks at whether a process that answers nobody keeps memory that is free."""

log = structlog.get_logger()

FULL_SECONDS = 0.05
"""How long no connection is taken by a process that has all that it may have."""

Connect = Callable[[socket.socket], Coroutine[Any, Any, object]]


class SharedListener:
    """A listening socket from which other processes accept connections, too.

    An event loop accepts at once whatever waits. When a client opens several connections, nearly all would belong to
    the process that wakes first, which would answer them alone while others are idle, for as long as they stay open.
    """

    def __init__(self, listening: socket.socket, connect: Connect, has_room: Callable[[], bool] = lambda: True) -> None:
        """`connect` begins to serve a connection. The socket listens already, and stays the caller's to close.

        While the process has no room for one more, connections wait in the system.
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
        """Take no further connections."""
        if self._pause:
            self._pause.cancel()
        self._loop.remove_reader(self._listening.fileno())

    def take_rest(self) -> None:
        """Take all who wait, whoever else shares the socket, and nobody after them."""
        self.close()
        with suppress(OSError):  # none waits any more
            while True:
                connection, _ = self._listening.accept()
                self._begin(connection)

    async def wait_closed(self) -> None:
        """Return when every connection that was taken is served, or lost."""
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
        except (BlockingIOError, ConnectionAbortedError):  # others took the rest, or its client is gone
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
    """uvicorn's server, in one of several processes that are given the same sockets."""

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
        """Take those who wait on the sockets, which turn others away by now; answer all who were taken; end."""
        for each in self._listeners:
            each.take_rest()
            await each.wait_closed()
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """What is to be done ten times a second."""
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
        """As a sharing one, but it is this process that turns others away."""
        for each in sockets or ():
            turn_away(each)
        await super().shutdown(sockets)
        self._captured_signals.clear()  # else uvicorn would end the process by them, as if it had not obeyed
