# SPDX-License-Identifier: Apache-2.0
"""The directory of the embedded MongoDB, locked by one process at a time; the lock ends with its owner."""

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import IO

from app.errors import StartError
from app.storage.mongod.disk_reserve import Reserve

PROBE_ALLOWANCE_SECONDS = 0.5
"""Seconds that a process tries to take the lock, as `is_locked` holds it for a moment to test it."""
BEAT_SECONDS = 0.05
_CHOOSE = "Choose another directory with --data DIR or LIAISON_DATA."


class DataDirectory:
    """A directory that one process holds at a time; created when missing, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.databases = self.path / "db"
        self.log = self.path / "mongod.log"
        self.uri = self.path / "mongodb-uri"
        self.lock = self.path / "liaison.lock"
        self.reserve = Reserve(self.path)
        self._held: IO[str] | None = None

    def hold(self) -> None:
        """Lock the directory for this process. Raises `StartError`, naming the process that has the lock."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.databases.mkdir(mode=0o700, exist_ok=True)
            self._held = self._acquire_lock()
        except BlockingIOError:
            raise StartError(self._in_use_message()) from None
        except OSError as error:
            raise StartError(self._unusable(error)) from error

    def release(self) -> None:
        """Unlock the directory, if this process holds it."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def wait_for_leftover(self, seconds: float) -> None:
        """Wait until a mongod whose owner was killed has ended. Raises `StartError` after `seconds`."""
        left = self.databases / "mongod.lock"
        deadline = time.monotonic() + seconds
        while is_locked(left):
            if time.monotonic() > deadline:
                owner = left.read_text().strip()
                raise StartError(f"a mongod (process {owner}) still uses {self.databases}; end it, then start again.")
            time.sleep(BEAT_SECONDS)

    def publish(self, uri: str) -> None:
        """Write `uri` to the file in which other commands look it up."""
        if self.uri.exists() and self.uri.read_text() == uri:
            return
        draft = self.uri.with_suffix(".new")
        draft.write_text(uri)
        draft.replace(self.uri)

    def _acquire_lock(self) -> IO[str]:
        file = self.lock.open("a+")
        try:
            _lock_soon(file)
            if self.reserve.is_low():
                self.reserve.spend()
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        except OSError:
            file.close()
            raise
        return file

    def _unusable(self, error: OSError) -> str:
        if error.errno == errno.ENOSPC:
            return f"the disk of the data directory {self.path} is full; make room there. {_CHOOSE}"
        return f"the data directory {self.path} cannot be used: {error.strerror}. {_CHOOSE}"

    def _in_use_message(self) -> str:
        owner = self.lock.read_text().strip() or "unknown"
        return f"the data directory {self.path} is in use by process {owner}. {_CHOOSE}"


def is_locked(path: Path) -> bool:
    """Whether a running process holds the lock on the file; a file that is not there is not locked."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _lock_soon(file: IO[str]) -> None:
    deadline = time.monotonic() + PROBE_ALLOWANCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(BEAT_SECONDS)
        else:
            return
