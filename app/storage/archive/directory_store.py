# SPDX-License-Identifier: Apache-2.0
"""An archive store in a directory: a file for each object, synced to the disk before it gets its name."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from app.errors import Unavailable
from app.storage.archive.store import NAME, ObjectMissing, require_name

SUFFIX = ".bundle"
DIRECTORY_MODE, FILE_MODE = 0o700, 0o600
"""The permissions of what is written: for the owner alone, as bundles have personal data."""


class DirectoryStore:
    """See `ArchiveStore`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(self, name: str, content: bytes) -> None:
        """See `ArchiveStore`. Raises `Unavailable` when the disk does not take it."""
        require_name(name)
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise Unavailable(f"The archive's directory cannot be written: {error.strerror}") from error

    async def get(self, name: str) -> bytes:
        """See `ArchiveStore`."""
        require_name(name)
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except FileNotFoundError:
            raise ObjectMissing(name) from None

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ArchiveStore`."""
        for name in await asyncio.to_thread(self._names):
            if name.startswith(prefix):
                yield name

    async def delete(self, name: str) -> None:
        """See `ArchiveStore`."""
        require_name(name)
        await asyncio.to_thread(self._remove, name)

    async def close(self) -> None:
        """See `ArchiveStore`."""

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}{SUFFIX}"

    def _names(self) -> list[str]:
        names = (path.name.removesuffix(SUFFIX) for path in self._directory.glob(f"*{SUFFIX}"))
        return sorted(name for name in names if NAME.fullmatch(name))

    def _write(self, name: str, content: bytes) -> None:
        self._directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        part = self._directory / f"{name}.{os.getpid()}.part"
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path(name))
        finally:
            part.unlink(missing_ok=True)
        self._sync()

    def _remove(self, name: str) -> None:
        if self._path(name).exists():
            self._path(name).unlink(missing_ok=True)
            self._sync()

    def _sync(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
