# SPDX-License-Identifier: Apache-2.0
"""`liaison serve` from outside: what it starts, in which order it stops it, and what happens when a part dies."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import filterfalse
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from app.composition.supervisor import commands_of, serve
from app.errors import StartError
from app.settings import Settings
from app.storage.mongod.embedded_mongod import running_uri
from app.storage.mongod.keeper import MOST_SHORT_LIVES
from app.system.ports import free_port
from tests.waiting import eventually, gone

DEADLINE_SECONDS = 30

SUPERVISOR = """
import json, sys
from app.settings import Settings
from app.composition.supervisor import Commands, serve
given = json.loads(sys.argv[1])
told = lambda url: print("told", url, flush=True)
sys.exit(serve(Settings(**given["settings"]), told, lambda settings: Commands(given["server"], given["relay"])))
"""

NOTES = """
import os, pathlib, re, signal, socket, sys, time
journal = pathlib.Path(sys.argv[1])
def note(*words):
    with journal.open("a") as file:
        print(*words, file=file)
def database():
    port = int(re.search(r":(\\d+)/", os.environ["MONGODB_URI"])[1])
    with socket.socket() as probe:
        return "up" if probe.connect_ex(("127.0.0.1", port)) == 0 else "down"
def end(name):
    def ended(*_):
        note(name, "ends, database", database())
        sys.exit(0)
    signal.signal(signal.SIGTERM, ended)
"""
SERVER = (
    NOTES
    + """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Alive(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/live" else 404)
        self.end_headers()
    def log_message(self, *_):
        pass
end("server")
note("server", os.getpid())
HTTPServer(("127.0.0.1", int(os.environ["LIAISON_PORT"])), Alive).serve_forever()
"""
)
STUBBORN_SERVER = SERVER.replace('end("server")', "signal.signal(signal.SIGTERM, signal.SIG_IGN)")
RELAY = NOTES + 'end("relay")\nnote("relay", os.getpid())\ntime.sleep(600)\n'
DYING_RELAY = NOTES + 'note("relay", os.getpid())\nsys.exit(3)\n'


class Deployment:
    """A supervisor in a process of its own, whose children write down what happens to them."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "data"
        self.journal = directory / "journal"
        self.journal.touch()
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def start(self, server: str = SERVER, relay: str = RELAY, **settings: Any) -> None:
        given = {
            "settings": {"port": self.port, "data": str(self.data), **settings},
            "server": [sys.executable, "-c", server, str(self.journal)],
            "relay": [sys.executable, "-c", relay, str(self.journal)],
        }
        command = [sys.executable, "-c", SUPERVISOR, json.dumps(given)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait_for_line(self, word: str) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        assert any(word in line for line in self.process.stdout)

    def notes(self, start: str) -> list[str]:
        return [line for line in self.journal.read_text().splitlines() if line.startswith(start)]

    def pids(self, name: str) -> list[int]:
        return [int(line.split()[1]) for line in self.notes(name) if line.split()[1].isdigit()]

    def mongod(self) -> int:
        """The process id of the embedded mongod."""
        return int((self.data / "db" / "mongod.lock").read_text())

    def reap(self) -> None:
        """Wait for the supervisor to end, which was killed; what it started is not waited for."""
        assert self.process is not None
        with self.process:
            self.process.wait(DEADLINE_SECONDS)

    def both_run(self) -> bool:
        return bool(self.pids("server") and self.pids("relay"))

    def outcome(self) -> tuple[int, str]:
        """The exit code and all that was printed, once the supervisor has ended."""
        assert self.process is not None
        output, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, output

    def close(self) -> None:
        """End all of it, whatever state a failed test left it in."""
        if self.process is not None:
            self.process.kill()
            with self.process:
                self.process.wait()
        for pid in filterfalse(gone, self.pids("server") + self.pids("relay")):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    deployment = Deployment(tmp_path)
    yield deployment
    deployment.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_then_the_relay_then_the_database(
    deployment: Deployment, number: signal.Signals
) -> None:
    deployment.start()
    assert eventually(deployment.both_run)
    assert running_uri(deployment.data) is not None
    deployment.send(number)
    code, output = deployment.outcome()
    assert code == 0
    assert f"told http://127.0.0.1:{deployment.port}" in output
    assert deployment.journal.read_text().splitlines()[-2:] == ["server ends, database up", "relay ends, database up"]
    assert running_uri(deployment.data) is None


def test_a_killed_supervisor_leaves_no_child_behind(deployment: Deployment) -> None:
    deployment.start()
    assert eventually(deployment.both_run)
    mongod = deployment.mongod()
    assert not gone(mongod)
    deployment.send(signal.SIGKILL)
    children = [mongod, *deployment.pids("server"), *deployment.pids("relay")]
    assert eventually(lambda: all(map(gone, children)))


def test_a_database_that_dies_is_started_again_where_it_was_and_nobody_else_ends(deployment: Deployment) -> None:
    deployment.start()
    assert eventually(deployment.both_run)
    uri, killed = running_uri(deployment.data), deployment.mongod()
    with MongoClient[dict[str, Any]](uri, w="majority") as client:
        client.test.party.insert_one({"_id": "kept"})
        os.kill(killed, signal.SIGKILL)
        deployment.wait_for_line("mongod runs again")
        assert running_uri(deployment.data) == uri
        assert client.test.party.count_documents({"_id": "kept"}) == 1
    assert deployment.mongod() != killed
    assert not any(map(gone, deployment.pids("server") + deployment.pids("relay")))
    deployment.send(signal.SIGTERM)
    assert deployment.outcome()[0] == 0
    assert deployment.journal.read_text().splitlines()[-2:] == ["server ends, database up", "relay ends, database up"]


def test_a_database_that_dies_again_and_again_ends_everything(deployment: Deployment) -> None:
    deployment.start()
    assert eventually(deployment.both_run)
    (deployment.data / "db" / "WiredTiger.turtle").write_text("not a database")
    os.kill(deployment.mongod(), signal.SIGKILL)
    code, output = deployment.outcome()
    assert code == 1
    assert output.count("mongod did not start") == MOST_SHORT_LIVES
    assert "giving up: mongod ends again and again" in output
    assert all(map(gone, deployment.pids("server") + deployment.pids("relay")))
    assert deployment.notes("server ends") == ["server ends, database down"]


def test_a_signal_breaks_off_the_restart_of_a_database(deployment: Deployment) -> None:
    deployment.start()
    assert eventually(deployment.both_run)
    (deployment.data / "db" / "WiredTiger.turtle").write_text("not a database")
    os.kill(deployment.mongod(), signal.SIGKILL)
    deployment.wait_for_line("it is started again")
    deployment.send(signal.SIGTERM)
    assert deployment.outcome()[0] == 0
    assert all(map(gone, deployment.pids("server") + deployment.pids("relay")))


def test_a_server_that_dies_is_started_again(deployment: Deployment, mongodb_uri: str) -> None:
    deployment.start(mongodb_uri=mongodb_uri)
    assert eventually(deployment.both_run)
    os.kill(deployment.pids("server")[0], signal.SIGKILL)
    assert eventually(lambda: len(deployment.pids("server")) == 2)
    deployment.send(signal.SIGTERM)
    code, output = deployment.outcome()
    assert code == 0
    assert '"child":"server"' in output or "child=server" in output
    assert not deployment.data.exists()


def test_a_server_that_dies_again_and_again_ends_everything(deployment: Deployment, mongodb_uri: str) -> None:
    deployment.start(mongodb_uri=mongodb_uri)
    assert eventually(deployment.both_run)
    for number in range(MOST_SHORT_LIVES + 1):
        assert eventually(lambda number=number: len(deployment.pids("server")) > number)  # type: ignore[misc]
        os.kill(deployment.pids("server")[number], signal.SIGKILL)
    code, output = deployment.outcome()
    assert code == 1
    assert "giving up: the server ends again and again" in output
    assert deployment.notes("relay ends") == ["relay ends, database up"]


def test_a_second_start_succeeds_at_once_after_a_supervisor_was_killed(deployment: Deployment) -> None:
    deployment.start(server=STUBBORN_SERVER)
    assert eventually(deployment.both_run)
    killed = [deployment.mongod(), *deployment.pids("server"), *deployment.pids("relay")]
    deployment.send(signal.SIGKILL)
    deployment.reap()
    deployment.start()
    deployment.wait_for_line("told http")
    assert all(map(gone, killed))
    deployment.send(signal.SIGTERM)
    assert deployment.outcome()[0] == 0


def test_a_relay_that_dies_is_started_again(deployment: Deployment, mongodb_uri: str) -> None:
    deployment.start(relay=DYING_RELAY, mongodb_uri=mongodb_uri)
    assert eventually(lambda: len(deployment.pids("relay")) > 1)
    deployment.send(signal.SIGTERM)
    code, output = deployment.outcome()
    assert code == 0
    assert "restarting" in output


def test_a_second_signal_hurries(deployment: Deployment, mongodb_uri: str) -> None:
    deployment.start(server=STUBBORN_SERVER, mongodb_uri=mongodb_uri, shutdown_seconds=600)
    assert eventually(deployment.both_run)
    deployment.send(signal.SIGTERM)
    deployment.wait_for_line("stopping")
    deployment.send(signal.SIGTERM)
    assert deployment.outcome()[0] == 0


def test_a_signal_breaks_off_a_start(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        deployment.start(mongodb_uri=f"mongodb://127.0.0.1:{silent.getsockname()[1]}/")
        silent.settimeout(DEADLINE_SECONDS)
        silent.accept()[0].close()
        deployment.send(signal.SIGTERM)
        assert deployment.outcome()[0] == 0
    assert deployment.journal.read_text() == ""


def test_a_server_that_ends_while_it_starts_is_told(deployment: Deployment, mongodb_uri: str) -> None:
    deployment.start(server="raise SystemExit(3)", mongodb_uri=mongodb_uri)
    code, output = deployment.outcome()
    assert code == 1
    assert "StartError: the server ended while it started (exit code 3)" in output
    assert deployment.notes("relay") == []


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(port=taken.getsockname()[1], data=str(tmp_path / "data"))
        with pytest.raises(StartError, match=r"in use.*--port or LIAISON_PORT"):
            serve(settings)
    assert not (tmp_path / "data").exists()


def test_the_command_lines_are_those_of_the_server_and_of_the_relay_that_is_wanted() -> None:
    commands = commands_of(Settings())
    assert commands.server[1:] == ["-m", "app.http.server.processes", "app.composition.asgi:app"]
    assert commands.relay[1:] == ["-m", "app.cli", "relay"]
    assert commands_of(Settings(relay=False)).relay == []
