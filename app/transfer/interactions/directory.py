# SPDX-License-Identifier: Apache-2.0
"""The directory of exports: each is a directory in it that appears at once, whole, with a manifest.

What is being written is in a hidden directory, which only its renaming makes an export. So nothing that a killed export
leaves looks like one, and the next removes it.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from app.errors import StartError
from app.transfer import durable_files
from app.transfer.interactions.formats import Row, TableWriter, writer_of
from app.transfer.interactions.schema import Table

MANIFEST = "manifest.json"
PART = ".part"
"""The directory with the one of an export that is being written: deeper than exports are, so that no pattern for the
files of these, such as `*/interaction.parquet`, finds its files."""
_OWNER_ALONE = 0o700


class TableFile:
    """The file of a table that is being written, with the number of its rows and the digest of its bytes."""

    def __init__(self, directory: Path, table: Table, format: str) -> None:
        self.table = table
        self.name = f"{table.name}.{format}"
        self.rows = 0
        self._path = directory / self.name
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, durable_files.PRIVATE)
        self._file = _Digesting(open(descriptor, "wb"))  # noqa: SIM115 - it stays open until `close`
        self._writer: TableWriter = writer_of(format, self._file, table.columns)  # type: ignore[arg-type]

    def write(self, rows: Sequence[Row]) -> None:
        """Write further rows."""
        if rows:
            self._writer.write(rows)
            self.rows += len(rows)

    def close(self) -> None:
        """Finish the file, and return once it is on the disk."""
        self._writer.close()
        self._file.close()

    def entry(self) -> dict[str, Any]:
        """What the manifest says of the file, once it is closed."""
        columns = {column.name: column.kind for column in self.table.columns}
        return {
            "file": self.name,
            "rows": self.rows,
            "bytes": self._path.stat().st_size,
            "sha256": self._file.digest.hexdigest(),
            "columns": columns,
        }  # fmt: skip


class _Digesting:
    """A file that is written from its begin to its end, with the digest of that."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.closed = False

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)

    def writelines(self, lines: Iterator[bytes]) -> None:
        self.write(b"".join(lines))

    def tell(self) -> int:
        return self._file.tell()

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._file.flush()
            durable_files.settle(self._file.fileno())
            self._file.close()


@contextmanager
def part_of(out: Path) -> Iterator[Path]:
    """The empty directory to write an export in, which goes with the block, unless `publish` was called.

    Raises `StartError` while another export writes in `out`.
    """
    with durable_files.file_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        with _lock(out):
            hidden = out / PART
            _remove(hidden)
            try:
                part = hidden / "export"
                part.mkdir(_OWNER_ALONE, parents=True)
                yield part
            finally:
                _remove(hidden)


def publish(part: Path, name: str, manifest: dict[str, Any]) -> Path:
    """Let the directory `part` be the export of this `name`, with its manifest; returns the path of that."""
    durable_files.replace(part / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n")
    whole = part.parent.parent / name
    durable_files.rename(part, whole)
    return whole / MANIFEST


def read_manifest(out: Path, name: str) -> dict[str, Any] | None:
    """The manifest of the export of this name; None where there is none. Raises `StartError` for one that is broken."""
    path = out / name / MANIFEST
    if not path.parent.exists():
        return None
    with durable_files.file_errors(path):
        text = path.read_bytes()
    try:
        manifest: dict[str, Any] = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise StartError(
            f"{path} is no manifest; move {path.parent} away, or name another directory by --out"
        ) from None
    return manifest


def _remove(directory: Path) -> None:
    """Remove a directory with all that is in it, if it is there."""
    if directory.exists():
        shutil.rmtree(directory)


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(f"{directory}: another export writes there; wait for it, or write elsewhere") from None
        yield
    finally:
        os.close(descriptor)
