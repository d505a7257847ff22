# SPDX-License-Identifier: Apache-2.0
"""The server processes from outside: forks of one that made the application, which it replaces and ends."""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.http.server.graceful_shutdown import GRACE_SECONDS
from app.system.ports import free_port
from tests.scenarios.crowd import Crowd
from tests.waiting import eventually, gone

DEADLINE_SECONDS = 30
CLIENTS = 8

MADE = """
import os
print("made by", os.getpid(), flush=True)
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.%s"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""
SERVES, FAILS = MADE % "complete", MADE % "failed"
REFUSES = "from app.errors import StartError\nraise StartError('no such document')"

IDS = """
import os
from app.domain.identifiers import new_id
new_id()
for _ in range(4):
    if os.fork() == 0:
        print(new_id(), flush=True)
        os._exit(0)
    os.wait()
"""
ENDS_AS_ONE_DIES = """
import os, signal
from app.system.forks import Forks
wait, (given, giving) = os.wait, os.pipe()
os.write(giving, b"x")
def waited():
    ended = wait()
    os.kill(os.getpid(), signal.SIGTERM)
    return ended
os.wait = waited
raise SystemExit(Forks(lambda: os.read(given, 1), hopeless=3).run(2))
"""
"""One of two forks gets what there is to read, and ends; the signal comes before anybody has noted that."""

RANDOM_END = 12
"""Digits of an id that neither the time nor the order of ids decides."""


class Servers:
    """The processes that serve an application, which is written in a file of its own."""

    def __init__(self, directory: Path, application: str, workers: int) -> None:
        (directory / "made.py").write_text(application)
        self.port = free_port()
        self.number = workers if workers > 1 else 0
        """How many forks there are to be."""
        root = str(Path(__file__).parents[2])
        settings = {"LIAISON_PORT": str(self.port), "LIAISON_WORKERS": str(workers)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.http.server.processes", "made:app"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **settings, "PYTHONPATH": f"{root}{os.pathsep}{directory}"},
        )

    def forks(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in children.split()}

    def answers(self) -> str:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}").text
        except httpx.TransportError:
            return ""

    def serve(self, number: int) -> set[int]:
        """So many forks, once one of them answers."""
        eventually(lambda: self.answers() and len(self.forks()) == number, "they serve", DEADLINE_SECONDS)
        return self.forks()

    def outcome(self) -> tuple[int, str]:
        said, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, said


@pytest.fixture
def servers(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Servers]:
    application, workers = getattr(request, "param", (SERVES, 2))
    servers = Servers(tmp_path, application, workers)
    with servers.process:
        yield servers
        for pid in servers.forks() | {servers.process.pid} if servers.process.poll() is None else ():
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_application_is_made_once_and_its_forks_end_with_it(servers: Servers, number: signal.Signals) -> None:
    forks = servers.serve(2)
    assert int(servers.answers()) in forks
    servers.process.send_signal(number)
    assert servers.outcome() == (0, f"made by {servers.process.pid}\n")
    assert all(map(gone, forks))


def test_a_request_in_flight_is_finished(servers: Servers) -> None:
    servers.serve(2)
    with socket.create_connection(("127.0.0.1", servers.port), timeout=DEADLINE_SECONDS) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        servers.process.send_signal(signal.SIGTERM)
        eventually(lambda: not servers.answers(), "no new request is taken")
        connection.sendall(b"body")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert servers.outcome()[0] == 0


def reset(connection: socket.socket) -> None:
    """Leave without a word: what the other side sends from now on is an error to it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


LEFT = [
    b"GE",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 50,
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nbody",
    b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"garbage\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\ngarbage\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
]
ANSWERED = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("leave", [reset, socket.socket.close])
def test_a_client_may_leave_at_any_time_and_every_line_of_the_log_is_json(
    servers: Servers, leave: Callable[[socket.socket], None]
) -> None:
    servers.serve(2)
    for sent in LEFT * 3:
        connection = socket.create_connection(("127.0.0.1", servers.port), timeout=DEADLINE_SECONDS)
        connection.sendall(ANSWERED)
        assert connection.recv(12) == b"HTTP/1.1 200"  # so that the process looks at it before it ends
        connection.sendall(sent)
        leave(connection)
    servers.process.send_signal(signal.SIGTERM)
    code, said = servers.outcome()
    first, *lines = said.splitlines()
    assert (code, first) == (0, f"made by {servers.process.pid}")
    assert [line for line in map(json.loads, lines) if line["level"] != "info"] == []


def test_one_that_dies_is_replaced(servers: Servers) -> None:
    dead, lives = servers.serve(2)
    os.kill(dead, signal.SIGKILL)
    eventually(lambda: len(servers.forks() - {dead}) == 2, "another one runs")
    assert lives in servers.forks()
    servers.process.send_signal(signal.SIGTERM)
    code, said = servers.outcome()
    assert code == 0
    assert f'"pid":{dead},"exit_code":-9' in said


def test_no_fork_is_left_behind(servers: Servers) -> None:
    forks = servers.serve(2)
    servers.process.kill()
    assert eventually(lambda: all(map(gone, forks)))


@pytest.mark.parametrize("servers", [(SERVES, 1)], indirect=True)
def test_a_single_one_answers_itself(servers: Servers) -> None:
    assert servers.serve(0) == set()
    assert int(servers.answers()) == servers.process.pid


@pytest.mark.parametrize("servers", [(FAILS, 2)], indirect=True)
def test_what_cannot_start_is_not_tried_again(servers: Servers) -> None:
    code, said = servers.outcome()
    assert code == 3
    assert said.count("made by") == 1


@pytest.mark.parametrize("servers", [(REFUSES, 2)], indirect=True)
def test_what_stops_the_start_is_told_in_a_line(servers: Servers) -> None:
    assert servers.outcome() == (1, "Error: no such document\n")


def test_forks_draw_ids_of_their_own() -> None:
    told = subprocess.run([sys.executable, "-c", IDS], capture_output=True, text=True, check=True).stdout
    assert len({id[-RANDOM_END:] for id in told.split()}) == 4


def test_a_signal_reaches_the_others_also_when_one_has_just_died() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_AS_ONE_DIES], capture_output=True, text=True, timeout=DEADLINE_SECONDS
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("servers", [(SERVES, 2), (SERVES, 1)], indirect=True)
def test_every_connection_that_is_taken_while_the_server_ends_is_answered(servers: Servers) -> None:
    servers.serve(servers.number)
    crowd = Crowd(servers.port, CLIENTS)
    with crowd.asking() as account:
        eventually(lambda: account.surprises or account.answers.total() > 50 * CLIENTS, "they are answered")
        servers.process.send_signal(signal.SIGTERM)
    assert servers.outcome()[0] == 0
    assert account.surprises == []
    assert set(account.answers) == {200}
    assert account.closing >= CLIENTS // 2
    assert account.refused == CLIENTS


@pytest.mark.parametrize("servers", [(SERVES, 2), (SERVES, 1)], indirect=True)
def test_what_waits_to_be_taken_is_answered_though_it_asks_late(servers: Servers) -> None:
    forks = servers.serve(servers.number)
    serving = forks or {servers.process.pid}
    for pid in serving:
        os.kill(pid, signal.SIGSTOP)
    with ExitStack() as connections:
        at = ("127.0.0.1", servers.port)
        waiting = [connections.enter_context(socket.create_connection(at, DEADLINE_SECONDS)) for _ in range(20)]
        servers.process.send_signal(signal.SIGTERM)
        if forks:
            eventually(lambda: not_taken(servers.port), "nobody else is taken")
        for pid in serving:
            os.kill(pid, signal.SIGCONT)
        for each in waiting:
            each.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        for each in waiting:
            with each.makefile("rb") as answer:
                assert answer.read().startswith(b"HTTP/1.1 200")
    assert servers.outcome()[0] == 0


@pytest.mark.parametrize("servers", [(SERVES, 1)], indirect=True)
def test_a_silent_connection_is_closed_in_an_orderly_way(servers: Servers) -> None:
    servers.serve(0)
    with socket.create_connection(("127.0.0.1", servers.port), DEADLINE_SECONDS) as silent:
        servers.process.send_signal(signal.SIGTERM)
        assert silent.recv(1) == b""
    assert servers.outcome()[0] == 0


@pytest.mark.parametrize("servers", [(SERVES, 1)], indirect=True)
def test_a_request_that_has_begun_to_arrive_is_waited_for(servers: Servers) -> None:
    servers.serve(0)
    with socket.create_connection(("127.0.0.1", servers.port), DEADLINE_SECONDS) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost:")
        servers.process.send_signal(signal.SIGTERM)
        assert not select.select([slow], [], [], 2 * GRACE_SECONDS)[0]
        slow.sendall(b" here\r\n\r\n")
        assert slow.recv(65536).startswith(b"HTTP/1.1 200")
    assert servers.outcome()[0] == 0


def not_taken(port: int) -> bool:
    """Whether a connection is not taken any more, be it refused or left without an answer."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) != 0
