# SPDX-License-Identifier: Apache-2.0
"""A replica set of three members on the loopback, whose primary tests kill and step down."""

from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from app.storage.mongod.client import wait_for_primary
from app.storage.mongod.program import mongod_program
from tests.chaos.processes import Process
from tests.serving import free_port
from tests.waiting import eventually

Client = MongoClient[dict[str, Any]]

NAME = "chaos"
HOST = "127.0.0.1"
MEMBERS = 3
START_SECONDS = 60
STEP_DOWN_SECONDS = 10
"""How long a primary that stepped down does not stand again."""


class ReplicaSet:
    """Three mongods; files and logs of each are in its directory below `directory`."""

    def __init__(self, directory: Path, *, election_milliseconds: int) -> None:
        """A primary that is gone is missed after `election_milliseconds`; MongoDB's default is 10 000."""
        self._directory = directory
        self._election_milliseconds = election_milliseconds
        self._members = {free_port(): self._directory / f"member-{number}" for number in range(MEMBERS)}
        self._processes: dict[int, Process] = {}
        self._running = ExitStack()
        hosts = ",".join(f"{HOST}:{port}" for port in self._members)
        self.uri = f"mongodb://{hosts}/?replicaSet={NAME}"

    def __enter__(self) -> Self:
        with self._running:
            self._start()
            self._running = self._running.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._running.close()

    def kill_primary(self) -> None:
        """Kill the primary as a crash does, and start it again."""
        self._processes[self._primary()].restart()

    def step_down(self) -> None:
        """Make the primary a secondary."""
        with Client(HOST, self._primary(), directConnection=True) as client, suppress(PyMongoError):
            # It closes this connection, too, or refuses, because no secondary has caught up.
            client.admin.command("replSetStepDown", STEP_DOWN_SECONDS, secondaryCatchUpPeriodSecs=STEP_DOWN_SECONDS - 1)

    def _primary(self) -> int:
        with Client(self.uri, serverSelectionTimeoutMS=START_SECONDS * 1000) as client:
            client.admin.command("ping")
            address = eventually(lambda: client.primary, "there is a primary", START_SECONDS)
        assert address
        return address[1]

    def _start(self) -> None:
        program = mongod_program(copies=self._directory)
        for port, data in self._members.items():
            data.mkdir()
            process = Process(f"mongod-{port}", [str(program), *_options(port, data)], {}, data / "output.log")
            self._running.callback(process.discard)
            process.start()
            self._processes[port] = process
        self._initiate()
        wait_for_primary(self.uri, START_SECONDS)

    def _initiate(self) -> None:
        members = [{"_id": number, "host": f"{HOST}:{port}"} for number, port in enumerate(self._members)]
        chosen = {"electionTimeoutMillis": self._election_milliseconds}
        configuration = {"_id": NAME, "members": members, "settings": chosen}
        for port in self._members:
            eventually(lambda port=port: _answers(port), f"mongod answers at {port}", START_SECONDS)  # type: ignore[misc]
        with Client(HOST, next(iter(self._members)), directConnection=True) as client:
            client.admin.command("replSetInitiate", configuration)


def _answers(port: int) -> bool:
    try:
        with Client(HOST, port, directConnection=True, serverSelectionTimeoutMS=200) as client:
            return bool(client.admin.command("ping")["ok"])
    except PyMongoError:
        return False


def _options(port: int, data: Path) -> list[str]:
    return [
        *("--dbpath", str(data), "--bind_ip", HOST, "--port", str(port), "--nounixsocket", "--replSet", NAME),
        *("--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.25", "--quiet"),
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
    ]
