"""The embedded MongoDB: a real mongod beside the server, for those who bring no database of their own."""

import contextlib
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from app.errors import StartError, shortened
from app.storage.client import HOW_TO_CHOOSE, Document, wait_for_primary
from app.storage.data_directory import DataDirectory, is_locked
from app.storage.durable import WRITE_SECONDS
from app.storage.mongod import mongod_program
from app.system.children import Child
from app.system.ports import free_port

HOST = "127.0.0.1"
REPLICA_SET = "liaison"
CACHE_GIGABYTES = 1.0
"""Memory that mongod keeps data in."""
OPLOG_MEGABYTES = 1024
START_SECONDS = 60.0
LEFTOVER_SECONDS = 30.0
STOP_SECONDS = 30.0
BEAT_SECONDS = 0.02
LOG_LINES = 5
LONGEST_LOG_LINE = 400
NOT_YET_INITIALIZED = 94

log = structlog.get_logger()


class EmbeddedMongod:
    """A one-member replica set on a free port of the loopback; its data stay in a directory between runs.

    Start it from the main thread, which it does not outlive. It asks nobody for a password: whoever may run programs
    on this computer may read it.
    """

    def __init__(self, data: Path, cache_gigabytes: float = CACHE_GIGABYTES) -> None:
        """`data` is the directory of its files, `cache_gigabytes` (0.25 or more) the memory it may fill with data."""
        self._directory = DataDirectory(data)
        self._cache_gigabytes = cache_gigabytes
        self._child: Child | None = None
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

    def start(self) -> str:
        """Start mongod and wait until it takes writes. Returns its URI.

        Raises `StartError` when the directory is in use, when there is no mongod for this computer or it does not run.
        """
        self._directory.hold()
        try:
            self._directory.wait_for_leftover(LEFTOVER_SECONDS)
            self._launch(port=free_port(HOST))
        except BaseException:
            self.stop()
            raise
        return self.uri

    def stop(self) -> None:
        """End mongod and free the directory; does nothing when it does not run."""
        try:
            if self._child is not None:
                self._directory.uri.unlink(missing_ok=True)
                self._child.stop(STOP_SECONDS)
        finally:
            self._child, self.uri = None, ""
            self._directory.release()

    def ended(self) -> bool:
        """Whether mongod is gone without having been stopped."""
        return self._child is not None and self._child.ended()

    def log_tail(self) -> str:
        """The last telling lines of mongod's log of this run: its errors, or else simply the last."""
        if not self._directory.log.exists():
            return ""
        lines = self._directory.log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if not line.startswith("{") or '"s":"E"' in line or '"s":"F"' in line]
        return "\n".join(shortened(line, LONGEST_LOG_LINE) for line in (telling or lines)[-LOG_LINES:])

    def _launch(self, port: int) -> None:
        command = [str(mongod_program(copies=self._directory.path)), *self._options(port)]
        if self._directory.log.exists():
            self._directory.log.replace(self._directory.log.with_suffix(".log.before"))
        self._directory.log.touch(mode=0o600)
        with self._directory.log.open("ab") as output:
            self._child = Child("mongod", command, output=output)
        self._become_replica_set(port)
        self.uri = f"mongodb://{HOST}:{port}/?replicaSet={REPLICA_SET}"
        wait_for_primary(self.uri, START_SECONDS)
        self._directory.publish(self.uri)
        log.debug("mongod runs", uri=self.uri, pid=self.pid, data=str(self._directory.path))

    def _options(self, port: int) -> list[str]:
        return [
            *("--dbpath", str(self._directory.databases), "--bind_ip", HOST, "--port", str(port), "--nounixsocket"),
            *("--logpath", str(self._directory.log), "--logappend", "--quiet"),
            *("--replSet", REPLICA_SET, "--oplogSize", str(OPLOG_MEGABYTES)),
            *("--wiredTigerCacheSizeGB", str(self._cache_gigabytes)),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", f"transactionLifetimeLimitSeconds={int(WRITE_SECONDS)}"),
        ]

    def _become_replica_set(self, port: int) -> None:
        """Wait for mongod to answer and to accept the configuration that says it is at `port`."""
        deadline = time.monotonic() + START_SECONDS
        refusal: PyMongoError | None = None
        with MongoClient[Document](HOST, port, directConnection=True, serverSelectionTimeoutMS=100) as client:
            while time.monotonic() < deadline:
                if self.ended():
                    raise self._failure(f"mongod ended at once with exit code {self._child and self._child.exit_code}")
                try:
                    return configure(client, address=f"{HOST}:{port}")
                except PyMongoError as error:
                    refusal = error
                time.sleep(BEAT_SECONDS)
        raise self._failure(f"mongod was not ready within {START_SECONDS:g} s ({refusal})")

    def _failure(self, what: str) -> StartError:
        return StartError(
            f"{what}. It needs a processor with AVX, OpenSSL 3 and libcurl 4. "
            f"The end of its log, {self._directory.log}:\n{self.log_tail()}\n{HOW_TO_CHOOSE}."
        )


def configure(client: MongoClient[Document], address: str) -> None:
    """Make the mongod of `client` the one member, at `address`, of its replica set, new or of an earlier run.

    Forced, because the port of the earlier run is gone and with it the majority that could agree.
    Raises `PyMongoError` while mongod is not ready for it.
    """
    members = [{"_id": 0, "host": address}]
    stored = _stored_configuration(client)
    if stored is None:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    else:
        moved = {**stored, "members": members, "version": stored["version"] + 1}
        client.admin.command("replSetReconfig", moved, force=True)


def _stored_configuration(client: MongoClient[Document]) -> Document | None:
    try:
        configuration: Document = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code == NOT_YET_INITIALIZED:
            return None
        raise
    return configuration


def running_uri(data: Path) -> str | None:
    """The URI of the embedded MongoDB that runs on the directory `data` just now; None when none does."""
    directory = DataDirectory(data)
    if not is_locked(directory.lock):
        return None
    with contextlib.suppress(FileNotFoundError):
        return directory.uri.read_text()
    return None
