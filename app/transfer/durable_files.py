# SPDX-License-Identifier: Apache-2.0
"""Durable files: replaced atomically, and synced to the disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import StartError

PRIVATE = 0o600
"""The permissions of written files: for the owner alone, as they contain personal data."""


@contextmanager
def file_errors(path: Path) -> Iterator[None]:
    """Turn failures with the file within the block into a `StartError` that names it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StartError(f"{path}: {error.strerror}") from None


def replace(path: Path, content: bytes) -> None:
    """Replace the content of the file atomically. Raises `StartError`."""
    part = path.with_name(f"{path.name}.part")
    with file_errors(path):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with open(descriptor, "wb") as file:
            file.write(content)
            settle(file.fileno())
        rename(part, path)


def settle(descriptor: int) -> None:
    """Return once all writes are on the disk (fsync)."""
    os.fsync(descriptor)


def rename(part: Path, path: Path) -> None:
    """Rename `part` to `path`, replacing a file there, and return once that is on the disk."""
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
