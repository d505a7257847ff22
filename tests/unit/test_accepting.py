# SPDX-License-Identifier: Apache-2.0
"""Who shares a listening socket takes connections in turns, and all are served."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from structlog.testing import capture_logs

from app.http.server import socket_accept
from app.http.server.socket_accept import PATIENT_ROUNDS, SharedListener

pytestmark = pytest.mark.anyio

SECONDS = 10


class Host:
    """Serves whoever it takes from a listening socket, and tells that by `served`."""

    def __init__(self, listening: socket.socket, served: asyncio.Semaphore) -> None:
        self.guests: list[socket.socket] = []
        self.listening, self._served = listening, served
        self.listener = SharedListener(listening, self._welcome)

    async def _welcome(self, guest: socket.socket) -> None:
        self.guests.append(guest)
        self._served.release()

    def end(self) -> None:
        self.listener.close()
        for each in (*self.guests, self.listening):
            each.close()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
async def served() -> asyncio.Semaphore:
    return asyncio.Semaphore(0)


@pytest.fixture
async def hosts(listening: socket.socket, served: asyncio.Semaphore) -> AsyncIterator[list[Host]]:
    hosts = [Host(listening.dup(), served) for _ in range(2)]
    yield hosts
    for host in hosts:
        host.end()


@pytest.fixture
def visitors(listening: socket.socket) -> Iterator[list[socket.socket]]:
    """Connections that all wait already when the hosts come to look."""
    found = [socket.create_connection(listening.getsockname()) for _ in range(6 * PATIENT_ROUNDS)]
    yield found
    for each in found:
        each.close()


async def all_of(number: int, served: asyncio.Semaphore) -> None:
    async with asyncio.timeout(SECONDS):
        for _ in range(number):
            await served.acquire()


async def test_each_gets_its_share_of_those_who_come_at_once(
    visitors: list[socket.socket], hosts: list[Host], served: asyncio.Semaphore
) -> None:
    await all_of(len(visitors), served)
    assert all(len(host.guests) >= len(visitors) // 3 for host in hosts)


async def test_one_takes_all_when_the_other_takes_none(
    visitors: list[socket.socket], hosts: list[Host], served: asyncio.Semaphore
) -> None:
    hosts[0].listener.close()
    taken = len(hosts[0].guests)
    await all_of(len(visitors), served)
    assert [len(host.guests) for host in hosts] == [taken, len(visitors) - taken]


async def test_a_closed_one_takes_nobody_who_comes_later(listening: socket.socket, hosts: list[Host]) -> None:
    for host in hosts:
        host.listener.close()
        await host.listener.wait_closed()
    with socket.create_connection(listening.getsockname()):
        await asyncio.sleep(0.02)
    assert [host.guests for host in hosts] == [[], []]


class Exhausted(socket.socket):
    """A listening socket that once finds that the system has no room for a connection."""

    failed = False

    def accept(self) -> tuple[socket.socket, object]:
        if not self.failed:
            self.failed = True
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


async def test_who_cannot_be_taken_for_lack_of_room_is_taken_later(
    listening: socket.socket, served: asyncio.Semaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_accept, "EXHAUSTED_SECONDS", 0.01)
    with capture_logs() as said, socket.create_connection(listening.getsockname()):
        host = Host(Exhausted(fileno=listening.dup().detach()), served)
        await all_of(1, served)
        host.end()
    assert [each["error"] for each in said] == ["[Errno 24] Too many open files"]


async def test_what_is_lost_before_it_is_served_is_told(listening: socket.socket) -> None:
    taken = asyncio.Event()

    async def lose(guest: socket.socket) -> None:
        guest.close()
        taken.set()
        raise ConnectionResetError("gone")

    with capture_logs() as said, socket.create_connection(listening.getsockname()):
        listener = SharedListener(listening, lose)
        await asyncio.wait_for(taken.wait(), SECONDS)
        listener.close()
        await listener.wait_closed()
        await asyncio.sleep(0)
    assert said == [{"event": "a connection was lost before it was served", "error": "gone", "log_level": "warning"}]
