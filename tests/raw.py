# SPDX-License-Identifier: Apache-2.0
"""Speaks HTTP over bare sockets: for requests that no client library sends, and answers as they come over the wire."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

SECONDS = 30
"""How long an answer may take before a test fails."""


@dataclass(frozen=True)
class Answer:
    """One answer: `headers` by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


class Line:
    """A connection to a server, and what came over it that was not looked at yet."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._read = b""

    def send(self, data: bytes) -> None:
        """Send it as it stands. That the server has hung up already is seen by what it answered."""
        try:
            self.connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def end(self) -> None:
        """Send no more, and go on reading."""
        self.connection.shutdown(socket.SHUT_WR)

    def answer(self, *, head: bool = False) -> Answer:
        """The next answer; `head` for one to a HEAD request, which has no body. An interim one is an answer, too."""
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}
        status = int(first.split()[1])
        size = 0 if head else int(headers.get("content-length", 0))
        while len(self._read) < size:
            self._more()
        body, self._read = self._read[:size], self._read[size:]
        return Answer(status, headers, body)

    def ends(self) -> bool:
        """Whether the server sends no more: waits for that, or for something else to come."""
        return not self._read and not self.connection.recv(1)

    def _until(self, end: bytes) -> bytes:
        while end not in self._read:
            self._more()
        found, _, self._read = self._read.partition(end)
        return found

    def _more(self) -> None:
        data = self.connection.recv(65536)
        assert data, f"the server hung up after {self._read!r}"
        self._read += data


@contextmanager
def line(url: str) -> Iterator[Line]:
    """A connection to the server of that URL."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port or 80), timeout=SECONDS) as connection:
        yield Line(connection)


def asked(url: str, request: bytes) -> Answer:
    """The answer to one request, on a connection of its own."""
    with line(url) as spoken:
        spoken.send(request)
        return spoken.answer(head=request.startswith(b"HEAD "))


def request(method: str, path: str, *headers: str, body: bytes = b"", host: str = "test") -> bytes:
    """A request as it goes over the wire; of a body its length is told, unless a header says how it comes."""
    told = [f"Host: {host}", *headers] if host else [*headers]
    if body and not any(header.lower().startswith(("content-length", "transfer-encoding")) for header in headers):
        told.append(f"Content-Length: {len(body)}")
    return "".join(f"{each}\r\n" for each in (f"{method} {path} HTTP/1.1", *told, "")).encode() + body
