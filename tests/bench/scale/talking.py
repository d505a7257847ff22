# SPDX-License-Identifier: Apache-2.0
"""Speaks HTTP over one connection with as little work of its own as can be: what is timed is the server."""

import socket
from dataclasses import dataclass
from typing import Self

HOST = "127.0.0.1"
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Answer:
    """What the server answered: the lines of its head, and its body."""

    head: str
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head.split(" ", 2)[1])

    def header(self, name: str) -> str:
        """The value of a header, empty where there is none."""
        lines = (line.partition(":") for line in self.head.split("\r\n")[1:])
        return next((value.strip() for key, _, value in lines if key.lower() == name.lower()), "")


class Connection:
    """A connection to the server at `port` that stays open. Use as a context manager."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def exchange(self, request: bytes) -> Answer:
        """The answer to `request`; fails unless that is a success."""
        self._socket.sendall(request)
        head, _, body = self._until_head().partition(b"\r\n\r\n")
        answer = Answer(head.decode("latin-1"), b"")
        missing = int(answer.header("Content-Length") or 0) - len(body)
        pieces = [body]
        while missing > 0:
            pieces.append(self._received())
            missing -= len(pieces[-1])
        assert answer.status < 300, (answer.head, b"".join(pieces)[:500])
        return Answer(answer.head, b"".join(pieces))

    def _until_head(self) -> bytes:
        received = self._received()
        while b"\r\n\r\n" not in received:
            received += self._received()
        return received

    def _received(self) -> bytes:
        piece = self._socket.recv(_CHUNK)
        assert piece, "the server closed the connection"
        return piece


def get(target: str, prefer: str = "") -> bytes:
    """A GET of `target`, with what the client prefers."""
    preferred = f"Prefer: {prefer}\r\n" if prefer else ""
    return f"GET {target} HTTP/1.1\r\nHost: {HOST}\r\n{preferred}\r\n".encode()


def post(target: str, body: bytes) -> bytes:
    """A POST of JSON to `target`."""
    head = f"POST {target} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body
