# SPDX-License-Identifier: Apache-2.0
"""Servers that run for a measurement: started, waited for, asked what they have used, and stopped."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from app.errors import StartError
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from app.system.children import Child
from tests.bench.contenders import Contender
from tests.bench.kept import Client
from tests.bench.processes import command, cpu_seconds, family
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 15.0
CACHE_GIGABYTES = 2.0
"""Memory that mongod keeps the data of all servers in."""
RELAY = "app.cli relay"
LOG_CHARACTERS = 2000


@dataclass(frozen=True)
class Machine:
    """What all servers share: the database at `uri`, the process id of its mongod, and a directory for files."""

    uri: str
    client: Client
    mongod: int
    scratch: Path


@contextmanager
def machine(scratch: Path) -> Iterator[Machine]:
    """An empty database until the block ends."""
    with EmbeddedMongod(scratch / "data", cache_gigabytes=CACHE_GIGABYTES) as mongod, Client(mongod.uri) as client:
        assert mongod.pid is not None
        yield Machine(mongod.uri, client, mongod.pid, scratch)


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    contender: Contender
    child: Child

    def cpu(self) -> Mapping[str, float]:
        """Seconds of CPU that its processes have used: those that answer requests, and those that relay events."""
        pids = family(self.child.pid)
        relays = {pid for pid in pids if RELAY in command(pid)}
        return {"server": cpu_seconds(pids - relays), "relay": cpu_seconds(relays)}


@contextmanager
def running(contenders: Sequence[Contender], scratch: Path) -> Iterator[list[Running]]:
    """All of them, each answering, until the block ends."""
    with ExitStack() as started:
        found = [Running(each, started.enter_context(process_of(each, scratch))) for each in contenders]
        for server in found:
            eventually(partial(_answers, server, scratch), f"{server.contender.title} answers", START_SECONDS)
        yield found


def process_of(contender: Contender, scratch: Path) -> AbstractContextManager[Child]:
    """The server's process, which may not answer yet, until the block ends."""
    return process(contender.name, contender.command, contender.environment, scratch, contender.code or ROOT)


@contextmanager
def process(
    name: str, command: Sequence[str], environment: Mapping[str, str], scratch: Path, code: Path = ROOT
) -> Iterator[Child]:
    """A process of some `code`, until the block ends; what it says is in a file of its name in `scratch`."""
    # Without a safe path, `python -m` would look for the code in the working directory first.
    path = {"PYTHONPATH": str(code), "PYTHONSAFEPATH": "1"}
    with (scratch / f"{name}.log").open("ab") as output:
        child = Child(name, command, {**os.environ, **environment, **path}, output)
    try:
        yield child
    finally:
        child.stop(STOP_SECONDS)


def _answers(server: Running, scratch: Path) -> bool:
    contender = server.contender
    if server.child.ended():
        said = (scratch / f"{contender.name}.log").read_text(errors="replace")[-LOG_CHARACTERS:]
        raise StartError(f"{contender.title} ended with {server.child.exit_code}: {said}")
    try:
        query = contender.listing("nobody", 1)
        return httpx.get(f"{contender.collection}?{query}", headers=contender.headers).is_success
    except httpx.TransportError:
        return False
