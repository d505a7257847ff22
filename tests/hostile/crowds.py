# SPDX-License-Identifier: Apache-2.0
"""Crowds: many connections that are slow, silent, or do not read; others must hardly notice."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from time import monotonic, sleep

from tests.hostile.attack import API, request
from tests.hostile.connection import connect

SILENT = b""
HALF_A_LINE = b"GET /tmf-api/pa"
HALF_A_HEAD = b"POST " + API.encode() + b" HTTP/1.1\r\nHost: a\r\nX-Slow: "
HALF_A_BODY = HALF_A_HEAD + b"x\r\nContent-Length: 1000\r\n\r\n{"
BEGINNINGS = {"silent": SILENT, "half a line": HALF_A_LINE, "half a head": HALF_A_HEAD, "half a body": HALF_A_BODY}

LARGE_LIST = request("GET", f"{API}?limit=1000").replace(b"Connection: close\r\n", b"")


@contextmanager
def crowd(port: int, size: int, beginning: bytes) -> Iterator[list[socket.socket]]:
    """As many connections of which each has said just that, until the block ends."""
    with ExitStack() as stack:
        connections = [stack.enter_context(connect(port)) for _ in range(size)]
        for connection in connections:
            if beginning:
                _say(connection, beginning)
        yield connections


def trickle(connections: list[socket.socket], seconds: float) -> None:
    """Let one connection after another say one more byte, for some seconds, as slow senders do."""
    end = monotonic() + seconds
    for connection in cycle(connections):
        if monotonic() > end:
            return
        _say(connection, b"x")
        sleep(seconds / len(connections) / 10)


@contextmanager
def deaf(port: int, size: int, requests: int) -> Iterator[None]:
    """As many connections that want large lists several times over, and read none of them."""
    with ExitStack() as stack:
        for connection in islice((stack.enter_context(connect(port, 4096)) for _ in range(size)), size):
            _say(connection, LARGE_LIST * requests)
        yield


def _say(connection: socket.socket, content: bytes) -> None:
    """A server may hang up on such a client at any time; to the crowd that is the same."""
    try:
        connection.sendall(content)
    except (ConnectionResetError, BrokenPipeError):
        return
