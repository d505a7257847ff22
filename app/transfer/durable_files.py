# SPDX-License-Identifier: Apache-2.0
"""Files that are whole whatever happens: replaced in one step, and safe from a loss of power once that is done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import StartError

PRIVATE = 0o600
"""Who may read what is written: it holds personal data."""


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
    """Let the file hold `content`: it has either all of it or what it had before. Raises `StartError`."""
    part = path.with_name(f"{path.name}.part")
    with file_errors(path):
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with open(descriptor, "wb") as file:
            file.write(content)
            settle(file.fileno())
        rename(part, path)


def settle(descriptor: int) -> None:
    """Return once what was written is on the disk."""
    os.fsync(descriptor)


def rename(part: Path, path: Path) -> None:
    """Give `part` the name `path`, whatever had that, and return once that is on the disk."""
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
