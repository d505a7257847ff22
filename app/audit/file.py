# SPDX-License-Identifier: Apache-2.0
"""The file of an export of the event log: locked, and repaired at its end, for appending."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from app.errors import StartError
from app.storage.event_log.chain import START, Mark

BLOCK = 1024 * 1024
BEGINNING = b'{"sequence":'
"""The beginning of every line."""


@contextmanager
def appending(path: Path) -> Iterator[tuple[int, Mark]]:
    """The descriptor of the file, created if missing, and the mark of its last line; `START` when it has none.

    The file is locked within the block. An incomplete line at its end, left by a crash, is cut off.
    Raises `StartError` for a file that is no export, or that cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StartError(f"{path}: {error.strerror}") from None
    try:
        _lock(descriptor, path)
        yield descriptor, _end(descriptor, path)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StartError(f"{path}: another export writes to it; wait for it, or write to another file") from None


def _end(descriptor: int, path: Path) -> Mark:
    lines, newline, torn = _last_lines(descriptor).rpartition(b"\n")
    last = _mark(lines.rpartition(b"\n")[2], path) if newline else START
    if torn:
        if not torn.startswith(BEGINNING[: len(torn)]):
            raise _no_export(path)
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
    return last


def _last_lines(descriptor: int) -> bytes:
    """The end of the file: at least the last whole line, and the incomplete one behind it."""
    position, tail = os.fstat(descriptor).st_size, b""
    while position and tail.count(b"\n") < 2:
        size = min(BLOCK, position)
        position -= size
        tail = os.pread(descriptor, size, position) + tail
    return tail


def _mark(line: bytes, path: Path) -> Mark:
    try:
        entry = orjson.loads(line)
        return Mark(int(entry["sequence"]), str(entry["hash"]))
    except (ValueError, TypeError, KeyError):
        raise _no_export(path) from None


def _no_export(path: Path) -> StartError:
    return StartError(f"{path}: it does not end with a line of an export; write to another file")
