# SPDX-License-Identifier: Apache-2.0
"""Listeners of all kinds: each a real HTTP server that keeps what it took, or a port where nobody answers."""

import json
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.listening import answering

Judge = Callable[[], int]
"""Answers the status of the next answer, in its own time."""


class Ear:
    """A listener at `url`: the ids of the events that it took, in the order of arrival, and how many it refused."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.taken: list[str] = []
        self.refused = 0

    @property
    def redelivered(self) -> int:
        """How many of the events taken had been taken before."""
        return len(self.taken) - len(set(self.taken))


def good() -> int:
    """Take it at once."""
    return 204


def slow() -> int:
    """Take it after a while."""
    time.sleep(0.005)
    return 204


def failing(chance: random.Random) -> Judge:
    """Refuse the first, then take it or not, one as likely as the other.

    But never fail more than twice on end: pauses double each time.
    """
    failures: int | None = None

    def judge() -> int:
        nonlocal failures
        refusing = failures is None or (failures < 2 and chance.random() < 0.5)
        failures = (failures or 0) + 1 if refusing else 0
        return 503 if refusing else 204

    return judge


@contextmanager
def listening(judge: Judge) -> Iterator[Ear]:
    """A listener that answers as `judge` says, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = judge()
            if status == 204:
                ear.taken.append(event["eventId"])
            else:
                ear.refused += 1
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing: the tests look at what was taken."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:  # the relay was killed
                self.close_connection = True

    with answering(Handler) as port:
        ear = Ear(f"http://127.0.0.1:{port}/events")
        yield ear


@contextmanager
def dead() -> Iterator[Ear]:
    """A port that refuses every connection, and that no other program gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield Ear(f"http://127.0.0.1:{held.getsockname()[1]}/events")
