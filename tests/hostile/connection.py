# SPDX-License-Identifier: Apache-2.0
"""Raw connections to a server: what goes out is not checked, and what comes back is read as HTTP/1.1 (RFC 9112)."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from tests.raw import Answer

LONGEST_WAIT = 15.0
"""Seconds until a server that says nothing more is given up."""


@dataclass(frozen=True)
class Exchange:
    """What came back on a connection: final `answers`, how long it took in seconds, and bytes that are no HTTP."""

    answers: list[Answer]
    seconds: float
    rest: bytes = b""
    reset: bool = False


def connect(port: int, receive_buffer: int | None = None) -> socket.socket:
    """A connection to a server on the loopback."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(LONGEST_WAIT)
    connection.connect(("127.0.0.1", port))
    return connection


def exchange(port: int, content: bytes, *, ends: bool = True, head: bool = False) -> Exchange:
    """Send `content` on a connection of its own, and read until the server closes it."""
    began = monotonic()
    received, reset = bytearray(), False
    with connect(port) as connection:
        try:
            _send(connection, content, received)
            if ends:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(2**16):
                received += more
        except (ConnectionResetError, BrokenPipeError):
            reset = True
    seconds = monotonic() - began
    answers, rest = read(bytes(received), head=head)
    return Exchange(answers, seconds, rest, reset)


def _send(connection: socket.socket, content: bytes, received: bytearray) -> None:
    """Send, unless the server answers first and closes: what it said is then still there to be read."""
    try:
        connection.sendall(content)
    except (ConnectionResetError, BrokenPipeError):
        with suppress(ConnectionResetError):
            while more := connection.recv(2**16):
                received += more


def read(received: bytes, *, head: bool = False) -> tuple[list[Answer], bytes]:
    """The final answers in what was received, and what is left over that is none."""
    answers: list[Answer] = []
    while received.startswith(b"HTTP/1."):
        top, gap, after = received.partition(b"\r\n\r\n")
        if not gap:
            break
        status, headers = _top(top)
        if 100 <= status < 200:
            received = after
            continue
        body, received = _body(status, headers, after, head=head)
        answers.append(Answer(status, headers, body))
    return answers, received


def _top(top: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = top.decode("latin-1").split("\r\n")
    pairs = (line.partition(":")[::2] for line in lines)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, value in pairs}


def _body(status: int, headers: dict[str, str], after: bytes, *, head: bool) -> tuple[bytes, bytes]:
    if head or status in (204, 304):
        return b"", after
    if "chunked" in headers.get("transfer-encoding", ""):
        return _chunked(after)
    length = int(headers.get("content-length", len(after)))
    return after[:length], after[length:]


def _chunked(after: bytes) -> tuple[bytes, bytes]:
    body = b""
    for size, chunk, rest in _chunks(after):
        if size == 0:
            return body, rest
        body += chunk
    return body, b""


def _chunks(after: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    while after:
        line, _, after = after.partition(b"\r\n")
        size = int(line, 16)
        chunk, after = after[:size], after[size + 2 :]
        yield size, chunk, after
