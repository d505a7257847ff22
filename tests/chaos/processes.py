# SPDX-License-Identifier: Apache-2.0
"""The processes of a deployment, which tests kill and start again."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from app.composition.supervisor import answers, commands_of
from app.settings import Settings
from app.system.children import Child
from tests.serving import free_port
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 10
LOG_CHARACTERS = 4000


class Process:
    """One process, that writes what it says into the file `log`."""

    def __init__(self, name: str, command: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._log = log
        self._child: Child | None = None

    def start(self) -> None:
        """Start it; that it is ready is not waited for."""
        with self._log.open("ab") as output:
            self._child = Child(self.name, self._command, self._environment, output)

    def kill(self) -> None:
        """End it as a crash does, by SIGKILL."""
        assert self.running, f"{self.name} ended by itself: {self.said}"
        self.discard()

    def restart(self) -> None:
        """Kill it and start it again."""
        self.kill()
        self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing until the block ends, and then goes on as if no time had passed."""
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._child.pid, signal.SIGCONT)

    def discard(self) -> None:
        """End it at once, if it was started."""
        if self._child is not None:
            if self.running:
                os.kill(self._child.pid, signal.SIGKILL)
            self._child.stop(STOP_SECONDS)

    def stop(self, seconds: float = STOP_SECONDS) -> int | None:
        """End it in an orderly way, if it runs; how it ended."""
        return None if self._child is None else self._child.stop(seconds)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._child is not None
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._child is not None and not self._child.ended()

    @property
    def said(self) -> str:
        """The end of what it wrote."""
        return self._log.read_text(errors="replace")[-LOG_CHARACTERS:]


@dataclass(frozen=True)
class Deployment:
    """Two servers, and relays of which one leads."""

    servers: list[Process]
    relays: list[Process]
    urls: list[str]

    @property
    def processes(self) -> list[Process]:
        """All of them."""
        return self.servers + self.relays


@contextmanager
def deployed(settings: Settings, directory: Path, *, servers: int = 2, relays: int = 2) -> Iterator[Deployment]:
    """A deployment whose servers answer; it is stopped when the block ends. Logs are kept in `directory`."""
    at = [replace(settings, port=free_port(), workers=1, log_level="warning") for _ in range(servers)]
    serving = [_process(f"server-{each.port}", commands_of(each).server, each, directory) for each in at]
    relay = commands_of(at[0]).relay
    relaying = [_process(f"relay-{number}", relay, at[0], directory) for number in range(relays)]
    deployment = Deployment(serving, relaying, [f"http://{each.host}:{each.port}" for each in at])
    with ExitStack() as running:
        for process in deployment.processes:
            running.callback(process.stop)
            process.start()
        for each, process in zip(at, serving, strict=True):
            _wait_for(process, each)
        yield deployment


def _wait_for(server: Process, settings: Settings) -> None:
    answered = partial(answers, settings.host, settings.port)
    eventually(lambda: answered() or not server.running, f"{server.name} serves", START_SECONDS)
    assert server.running, server.said


def _process(name: str, command: Sequence[str], settings: Settings, directory: Path) -> Process:
    environment = {**os.environ, **settings.environment(), "PYTHONPATH": str(ROOT)}
    assert command[0] == sys.executable
    return Process(name, command, environment, directory / f"{name}.log")
