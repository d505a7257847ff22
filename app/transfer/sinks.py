# SPDX-License-Identifier: Apache-2.0
"""Sinks of an export: a file that appears only once it is complete, or standard output; NDJSON."""

import fcntl
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from app.domain.json_text import dump_sorted
from app.errors import StartError
from app.transfer import durable_files


class Sink(Protocol):
    """The interface of what writes the views of an export."""

    def write(self, views: Sequence[dict[str, Any]]) -> int:
        """Write further views; returns how many bytes they had."""

    def close(self) -> None:
        """Finish the output."""


class NdjsonSink:
    """Writes each view as a line of JSON, with members in the order of their names."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, views: Sequence[dict[str, Any]]) -> int:
        """See `Sink`."""
        return self._file.write(b"".join(dump_sorted(view) + b"\n" for view in views))

    def close(self) -> None:
        """See `Sink`; the file stays open."""
        self._file.flush()


@contextmanager
def whole(path: Path | None) -> Iterator[BinaryIO]:
    """A file to write to, which replaces `path` once the block ends without an exception. Raises `StartError`.

    Without a path it is standard output.
    """
    if path is None:
        yield sys.stdout.buffer
        return
    part = path.with_name(f"{path.name}.part")
    with durable_files.file_errors(path), _exclusive_part(part) as file:
        try:
            yield file
            file.flush()
            durable_files.settle(file.fileno())
        except BaseException:
            part.unlink()
            raise
        durable_files.rename(part, path)


@contextmanager
def _exclusive_part(part: Path) -> Iterator[BinaryIO]:
    """The empty file `part`, locked for this export."""
    with open(os.open(part, os.O_RDWR | os.O_CREAT, durable_files.PRIVATE), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"{part}: another export writes to it; wait for it, or write elsewhere") from None
        if not (part.exists() and os.path.samestat(part.stat(), os.fstat(file.fileno()))):
            raise StartError(f"{part}: another export has just ended; try again")
        file.truncate()
        yield file
