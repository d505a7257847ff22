# SPDX-License-Identifier: Apache-2.0
"""Clients that go on asking a server while it ends, and what became of each of their requests."""

import http.client
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HOST = "127.0.0.1"
PATIENCE_SECONDS = 30
JOIN_SECONDS = 60


@dataclass
class Account:
    """What clients met: answers by their status, connections refused, and what may not happen to an accepted one."""

    answers: Counter[int] = field(default_factory=Counter)
    closing: int = 0
    """Answers with `Connection: close` to clients that would have stayed."""
    refused: int = 0
    surprises: list[str] = field(default_factory=list)


class Crowd:
    """Half of the clients open a connection for each request, half keep theirs, all until none is taken any more."""

    def __init__(self, port: int, number: int, path: str = "/") -> None:
        self._port, self._path = port, path
        self._over = threading.Event()
        self.account = Account()
        kinds: list[Callable[[], bool]] = [self._once, self._often]
        self._threads = [
            threading.Thread(target=self._run, args=(kinds[each % 2],), daemon=True) for each in range(number)
        ]

    @contextmanager
    def asking(self) -> Iterator[Account]:
        """Ask as long as the server takes connections, also beyond the block; it ends when all have been refused."""
        for thread in self._threads:
            thread.start()
        try:
            yield self.account
        except BaseException:
            self._over.set()
            raise
        finally:
            for thread in self._threads:
                thread.join(JOIN_SECONDS)

    def _run(self, ask: Callable[[], bool]) -> None:
        try:
            while not self._over.is_set() and ask():
                pass
        except (OSError, http.client.HTTPException) as failure:
            self.account.surprises.append(repr(failure))

    def _once(self) -> bool:
        """One request on one connection; whether it was taken."""
        connection = self._connected()
        if connection is None:
            return False
        with connection:
            request = f"GET {self._path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            answer = b""
            while part := connection.recv(65536):
                answer += part
        self.account.answers[int(answer.split(b" ")[1])] += 1
        return True

    def _often(self) -> bool:
        """Requests on one connection until it is closed in an orderly way; whether it was taken at all."""
        connection = self._connected()
        if connection is None:
            return False
        client = http.client.HTTPConnection(HOST, self._port)
        client.sock = connection
        try:
            while not self._over.is_set():
                client.request("GET", self._path)
                answer = client.getresponse()
                answer.read()
                self.account.answers[answer.status] += 1
                if answer.getheader("Connection", "").lower() == "close":
                    self.account.closing += 1
                    return True
        finally:
            client.close()
        return False

    def _connected(self) -> socket.socket | None:
        try:
            return socket.create_connection((HOST, self._port), timeout=PATIENCE_SECONDS)
        except ConnectionRefusedError:
            self.account.refused += 1
            return None
