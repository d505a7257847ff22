# SPDX-License-Identifier: Apache-2.0
"""Liaison in pieces: its server without its relay, the same with its events off, its relay alone, and listeners."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

import httpx

from app.composition.supervisor import commands_of
from app.settings import Settings
from app.system.children import Child
from app.system.ports import free_port
from tests.bench.contenders import Contender, liaison
from tests.bench.running import START_SECONDS, Machine, process
from tests.waiting import eventually

APPLICATION, EVENTLESS = "app.composition.asgi:app", "tests.bench.servers.eventless:app"


def server(machine: Machine, workers: int, database: str) -> Contender:
    """The server processes that `liaison serve` runs, without a relay."""
    whole = liaison(machine.client, machine.uri, workers, database)
    command = commands_of(Settings.read(whole.environment)).server
    return replace(whole, name=database, title="Liaison's server", command=command)


def eventless(machine: Machine, workers: int, database: str) -> Contender:
    """The same processes with events off: only one word of the command line differs."""
    with_events = server(machine, workers, database)
    command = [EVENTLESS if word == APPLICATION else word for word in with_events.command]
    return replace(with_events, command=command, kept=replace(with_events.kept, announcing=False))


def relay(of: Contender, machine: Machine) -> AbstractContextManager[Child]:
    """The relay of a server's events, until the block ends."""
    command = commands_of(Settings.read(of.environment)).relay
    return process("relay", command, of.environment, machine.scratch)


@dataclass(frozen=True)
class Heard:
    """How many events listeners were sent, and when the first and the last came, in seconds."""

    received: int
    first: float
    last: float


class Ears:
    """Listeners in a process of their own: each path of `url` is one."""

    def __init__(self, url: str) -> None:
        self.url = url

    def heard(self) -> Heard:
        """What came until now. Raises `httpx.TransportError` while nobody answers."""
        return Heard(**httpx.get(self.url).json())

    @contextmanager
    def registered(self, of: Contender, number: int = 1) -> Iterator[None]:
        """So many of them are listeners of a server's customers, until the block ends."""
        hub = of.collection.rpartition("/")[0] + "/hub"
        with ExitStack() as registrations:
            for each in range(number):
                answer = httpx.post(hub, json={"callback": f"{self.url}/{each}"}).raise_for_status()
                registrations.callback(httpx.delete, f"{hub}/{answer.json()['id']}")
            yield


@contextmanager
def ears(machine: Machine) -> Iterator[Ears]:
    """Listeners that have heard nothing yet, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "tests.bench.servers.ears:app", "--port", str(port)]
    quiet = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    with process("ears", [*command, *quiet], {}, machine.scratch):
        found = Ears(f"http://127.0.0.1:{port}")
        eventually(lambda: _answers(found), "the listeners answer", START_SECONDS)
        yield found


def _answers(found: Ears) -> bool:
    try:
        return found.heard().received == 0
    except httpx.TransportError:
        return False
