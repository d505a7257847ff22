# SPDX-License-Identifier: Apache-2.0
"""Runs `liaison` as an operator does: as processes, on a data directory of its own."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from app.storage.mongod.embedded_mongod import running_uri
from tests.serving import free_port
from tests.waiting import eventually

START_SECONDS = 60


@dataclass
class Operator:
    """One deployment: a directory, a port, other settings that are `chosen`, and the processes that run on them."""

    directory: Path
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    chosen: dict[str, str] = field(default_factory=dict)
    tree: Path | None = None
    """The directory whose sources run; None for those of the tests."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the deployment is started with."""
        chosen = {"LIAISON_PORT": str(self.port), "LIAISON_CALLBACK_NETWORKS": "127.0.0.0/8", **self.chosen}
        return {**os.environ, **chosen}

    def serve(self, *options: str) -> subprocess.Popen[bytes]:
        """`liaison serve`, once it answers."""
        process = self.start("serve", "--port", str(self.port), "--workers", "1", *options)
        eventually(lambda: process.poll() is not None or self._live(), "the server answers", START_SECONDS)
        assert process.poll() is None, self.log
        return process

    def relay(self) -> subprocess.Popen[bytes]:
        """`liaison relay` on the same directory."""
        return self.start("relay")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL, as a crash would."""
        process.kill()
        process.wait(10)
        eventually(lambda: not self._live(), "the server is gone", START_SECONDS)

    def stop(self) -> None:
        """End what still runs, in an orderly way."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    def log_entries(self, **criteria: Any) -> list[dict[str, Any]]:
        """The entries of the event log, as they are in the database."""
        uri = running_uri(self.directory)
        assert uri
        with MongoClient[dict[str, Any]](uri) as client:
            return list(client["liaison"]["event"].find(criteria, sort=[("_id", 1)]))

    @property
    def log(self) -> str:
        """What the processes wrote to their standard error."""
        return (self.directory.parent / "log").read_text(errors="replace")

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A command on this directory, once it has ended."""
        command = [sys.executable, "-m", "app.cli", *arguments, "--data", str(self.directory)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=self.environment, cwd=self.tree)

    def start_bare(self, command: str) -> subprocess.Popen[bytes]:
        """A command that knows the directory alone, and none of the settings."""
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("LIAISON_", "MONGODB_"))}
        return self._run(bare, command)

    def start(self, command: str, *options: str) -> subprocess.Popen[bytes]:
        """A command on this directory; nothing is waited for."""
        return self._run(self.environment, command, *options)

    def _run(self, environment: dict[str, str], command: str, *options: str) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", "app.cli", command, "--data", str(self.directory), *options]
        with (self.directory.parent / "log").open("ab") as log:
            process = subprocess.Popen(arguments, stdout=log, stderr=log, env=environment, cwd=self.tree)
        self.processes.append(process)
        return process

    def _live(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health/ready").status_code == 200
        except httpx.TransportError:
            return False


def has_announced_processes(client: httpx.Client) -> bool:
    """Whether the log has the events of all specifications, which a first start makes."""
    base = "/tmf-api/processFlowManagement/v4"
    made = sum(
        len(client.get(f"{base}/{name}").json()) for name in ("processFlowSpecification", "taskFlowSpecification")
    )
    return len(client.get("/tmf-api/event/v4/topic/process-flow-v4/event?limit=1000").json()) == made
