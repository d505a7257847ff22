# SPDX-License-Identifier: Apache-2.0
"""A whole deployment on one computer, as `liaison serve` runs it, and what may befall it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from app.settings import Settings
from app.storage.mongod.embedded_mongod import running_uri
from tests.chaos.load import BASE
from tests.chaos.processes import ROOT, START_SECONDS, Process
from tests.waiting import eventually, gone

STOP_SECONDS = 60
WORKERS = 2


class Whole:
    """The supervisor and all that it runs, on a data directory of its own."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._settings, self._data = settings, Path(settings.data)
        environment = {**os.environ, **settings.environment(), "PYTHONPATH": str(ROOT)}
        self.supervisor = Process(
            "supervisor", [sys.executable, "-m", "app.cli", "serve"], environment, directory / "log"
        )

    @property
    def url(self) -> str:
        """Where it serves."""
        return self._settings.root_url

    @property
    def uri(self) -> str:
        """Its database, as it runs now."""
        uri = running_uri(self._data)
        assert uri, self.supervisor.said
        return uri

    @property
    def mongod(self) -> int:
        """The process id of its mongod."""
        return int((self._data / "db" / "mongod.lock").read_text())

    @property
    def server(self) -> int:
        """The process id of the first server process."""
        return next(pid for pid in _children(self.supervisor.pid) if "app.http.server.processes" in _command(pid))

    @property
    def forks(self) -> list[int]:
        """The process ids of the others, which answer."""
        return _children(self.server)

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.supervisor.start()
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Return once its database answers."""
        eventually(lambda: self.is_ready() or not self.supervisor.running, "it is ready", seconds)
        assert self.supervisor.running, self.supervisor.said

    def is_ready(self) -> bool:
        """Whether its database answers."""
        return self._status("/health/ready") == 200

    def reads(self) -> bool:
        """Whether it answers a request that reads."""
        return self._status(f"{BASE}/individual?limit=1") in (200, 206)

    def kill(self, pid: int) -> None:
        """Kill one of its processes, and wait until it is gone."""
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: gone(pid), "the killed process is gone")

    def stop(self) -> int | None:
        """End it in an orderly way; its exit code."""
        return self.supervisor.stop(STOP_SECONDS)

    def _status(self, path: str) -> int:
        try:
            return httpx.get(self.url + path, timeout=START_SECONDS).status_code
        except httpx.TransportError:
            return 0


@contextmanager
def whole(settings: Settings, directory: Path) -> Iterator[Whole]:
    """Such a deployment, which is ready; it is stopped when the block ends. Its log is in `directory`."""
    deployment = Whole(replace(settings, workers=WORKERS), directory)
    try:
        deployment.start()
        yield deployment
    finally:
        deployment.stop()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
