# SPDX-License-Identifier: Apache-2.0
"""Keeps a server busy, for tests of what it answers then."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from tests.contract.bodies import individual
from tests.paths import INDIVIDUAL

BODY = json.dumps(individual()).encode()
HEAD = (
    f"POST {INDIVIDUAL} HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\nExpect: 100-continue\r\n\r\n"
)
SECONDS = 30


@contextmanager
def occupying(server: httpx.Client) -> Iterator[socket.socket]:
    """A create is in flight at the server: it waits for `BODY` on the connection that this yields."""
    address = urlsplit(str(server.base_url))
    with socket.create_connection((address.hostname, address.port), timeout=SECONDS) as line:
        line.sendall(HEAD.encode())
        assert line.recv(1000).startswith(b"HTTP/1.1 100 ")
        yield line
