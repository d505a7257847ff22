# SPDX-License-Identifier: Apache-2.0
"""Runs the real application on a real socket for the tests that speak HTTP to it."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.apis import Api
from app.composition.factory import create_app
from app.http.server.bounds import Bounds
from app.http.server.processes import server_config
from app.http.server.socket_accept import SharingServer
from app.settings import Settings
from tests.waiting import eventually


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(settings: Settings, apis: Sequence[Api] | None = None) -> Iterator[str]:
    """Serve until the block ends; yields the server's URL."""
    bounds = Bounds.of(settings)
    config = server_config(create_app(settings, apis), settings, bounds)
    server = SharingServer(config, bounds)
    listening = config.bind_socket()
    thread = threading.Thread(target=server.run, args=[[listening]], daemon=True)
    thread.start()
    eventually(lambda: server.started or not thread.is_alive(), "the server starts")
    assert server.started, "the server ended before it served"
    try:
        yield settings.root_url
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
