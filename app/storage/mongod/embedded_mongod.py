# SPDX-License-Identifier: Apache-2.0
"""The embedded MongoDB: a real mongod, a child of the server, for deployments without a database of their own."""

import contextlib
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from pymongo.errors import PyMongoError

from app.errors import StartError, shorten
from app.settings import Settings
from app.storage.mongod.client import HOW_TO_CHOOSE, wait_for_primary
from app.storage.mongod.data_directory import DataDirectory, is_locked
from app.storage.mongod.disk_reserve import Reserve
from app.storage.mongod.durable import WRITE_SECONDS
from app.storage.mongod.program import mongod_program
from app.storage.mongod.replica_set import REPLICA_SET, be_only_member
from app.system.children import Child
from app.system.ports import free_port, listens

HOST = "127.0.0.1"
CACHE_GIGABYTES = 1.0
"""Gigabytes of mongod's cache."""
OPLOG_MEGABYTES = 1024
START_SECONDS = 60.0
"""Seconds until mongod must take writes; after a crash it recovers from its journal first."""
LEFTOVER_SECONDS = 30.0
STOP_SECONDS = 30.0
BEAT_SECONDS = 0.02
LOG_LINES = 5
LONGEST_LOG_LINE = 400
NEEDS = {
    -signal.SIGILL: "It needs a processor with AVX. ",
    127: "It needs OpenSSL 3 and libcurl 4. ",
}
"""What the computer lacks, by the exit code of mongod: an illegal instruction, or missing libraries."""

log = structlog.get_logger()


class EmbeddedMongod:
    """A one-member replica set on a free port of the loopback; its data stay in a directory between runs.

    Start it from the main thread, which it does not outlive. It has no authentication: any program on this computer
    can read it.
    """

    def __init__(self, data: Path, cache_gigabytes: float = CACHE_GIGABYTES) -> None:
        """`data` is the directory of its files, `cache_gigabytes` (0.25 or more) the size of its cache."""
        self._directory = DataDirectory(data)
        self._cache_gigabytes = cache_gigabytes
        self._child: Child | None = None
        self._port = 0
        self.uri = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id of mongod while it runs."""
        return self._child.pid if self._child else None

    @property
    def exit_code(self) -> int | None:
        """How mongod ended; None while it runs, and when it was stopped."""
        return self._child.exit_code if self._child else None

    @property
    def directory(self) -> Path:
        """The directory of its files."""
        return self._directory.path

    @property
    def reserve(self) -> Reserve:
        """The disk reserve in that directory."""
        return self._directory.reserve

    def start(self) -> str:
        """Start mongod and wait until it takes writes. Returns its URI.

        Raises `StartError` when the directory is in use, when there is no mongod for this computer or it does not run.
        """
        self._directory.hold()
        try:
            self._directory.wait_for_leftover(LEFTOVER_SECONDS)
            self._port = free_port(HOST)
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self.uri

    def restart(self) -> None:
        """Start mongod, which has ended, again on the same port. Raises `StartError`; then it can be tried again."""
        self._end(seconds=0)
        try:
            self._launch()
        except StartError:
            self._end(seconds=0)
            raise

    def stop(self) -> None:
        """Stop mongod, if it runs, and unlock the directory."""
        try:
            if self._child is not None:
                self._directory.uri.unlink(missing_ok=True)
                self._end(STOP_SECONDS)
        finally:
            self._child, self.uri = None, ""
            self._directory.release()

    def ended(self) -> bool:
        """Whether mongod has ended without `stop`."""
        return self._child is not None and self._child.ended()

    def log_tail(self) -> str:
        """The last errors in mongod's log of this run; without any, its last lines."""
        if not self._directory.log.exists():
            return ""
        lines = self._directory.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if not line.startswith("{") or '"s":"E"' in line or '"s":"F"' in line]
        return "\n".join(shorten(line, LONGEST_LOG_LINE) for line in (telling or lines)[-LOG_LINES:])

    def _end(self, seconds: float) -> None:
        if self._child is not None:
            self._child.stop(seconds)

    def _launch(self) -> None:
        command = [str(mongod_program(copies=self._directory.path)), *self._options(self._port)]
        if self._directory.log.exists():
            self._directory.log.replace(self._directory.log.with_suffix(".log.before"))
        self._directory.log.touch(mode=0o600)
        with self._directory.log.open("ab") as output:
            self._child = Child("mongod", command, output=output)
        self._become_replica_set()
        self.uri = f"mongodb://{HOST}:{self._port}/?replicaSet={REPLICA_SET}"
        wait_for_primary(self.uri, START_SECONDS)
        self._directory.publish(self.uri)
        log.debug("mongod runs", uri=self.uri, pid=self.pid, data=str(self._directory.path))

    def _options(self, port: int) -> list[str]:
        return [
            *("--dbpath", str(self._directory.databases), "--bind_ip", HOST, "--port", str(port), "--nounixsocket"),
            *("--logpath", str(self._directory.log), "--logappend", "--quiet"),
            # What is slow would be logged with its filters and updates, which have personal data.
            *("--slowOpSampleRate", "0"),
            *("--replSet", REPLICA_SET, "--oplogSize", str(OPLOG_MEGABYTES)),
            *("--wiredTigerCacheSizeGB", str(self._cache_gigabytes)),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", f"transactionLifetimeLimitSeconds={int(WRITE_SECONDS)}"),
        ]

    def _become_replica_set(self) -> None:
        """Wait until mongod answers and accepts the configuration of the replica set."""
        deadline = time.monotonic() + START_SECONDS
        refusal: PyMongoError | None = None
        while time.monotonic() < deadline:
            if self.ended():
                raise self._failure(f"mongod ended at once with exit code {self.exit_code}")
            if listens(HOST, self._port):
                try:
                    return be_only_member(HOST, self._port)
                except PyMongoError as error:
                    refusal = error
            time.sleep(BEAT_SECONDS)
        raise self._failure(f"mongod was not ready within {START_SECONDS:g} s ({refusal})")

    def _failure(self, what: str) -> StartError:
        if self.reserve.is_low():
            return StartError(
                f"{what}: the disk of {self.directory} is full, {self.reserve.free_megabytes} MB are free. "
                "Make room there, or choose another directory with --data DIR or LIAISON_DATA."
            )
        return StartError(
            f"{what}. {NEEDS.get(self.exit_code or 0, '')}"
            f"The end of its log, {self._directory.log}:\n{self.log_tail()}\n{HOW_TO_CHOOSE}."
        )


def running_uri(data: Path) -> str | None:
    """The URI of the embedded MongoDB that runs on the directory `data`; None when none does."""
    directory = DataDirectory(data)
    if not is_locked(directory.lock):
        return None
    with contextlib.suppress(FileNotFoundError):
        return directory.uri.read_text()
    return None


def reserve_of(settings: Settings) -> Reserve | None:
    """The disk reserve of the embedded MongoDB; None when `settings` name another database."""
    data = Path(settings.data)
    return DataDirectory(data).reserve if running_uri(data) == settings.mongodb_uri else None
