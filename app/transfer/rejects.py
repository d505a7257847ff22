# SPDX-License-Identifier: Apache-2.0
"""The file of rejects: refused lines of an import, each once, with its number and the TMF Error."""

import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from app.domain.json_text import dump
from app.errors import StartError, TmfError
from app.transfer import durable_files
from app.transfer.sources import Line


class Rejects:
    """Appends refused lines to a file, which is created with the first one. Use as a context manager."""

    def __init__(self, path: Path, size: int) -> None:
        """`size` is the valid length of the file, to which it is truncated after a crash."""
        self._path = path
        self._file: BinaryIO | None = None
        self.size = size

    def __enter__(self) -> Self:
        with durable_files.file_errors(self._path):
            length = self._path.stat().st_size if self._path.exists() else 0
            if length < self.size:
                raise StartError(f"{self._path}: rejects are missing from it; put it back, or start anew with --anew")
            if length:
                self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file:
            self._file.close()

    def add(self, refused: list[tuple[Line, TmfError]]) -> None:
        """Append refused lines, and return once they are on the disk. Raises `StartError`."""
        if not refused:
            return
        with durable_files.file_errors(self._path):
            file = self._file or self._open()
            self.size += file.write(b"".join(_reject_line(line, error) for line, error in refused))
            file.flush()
            durable_files.settle(file.fileno())

    def _open(self) -> BinaryIO:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, durable_files.PRIVATE)
        self._file = open(descriptor, "r+b")  # noqa: SIM115 - it stays open until __exit__
        self._file.truncate(self.size)
        self._file.seek(self.size)
        return self._file


def _reject_line(line: Line, error: TmfError) -> bytes:
    text = line.text.decode("utf-8", "backslashreplace")
    return dump({"line": line.number, "error": error.body(), "text": text}) + b"\n"
