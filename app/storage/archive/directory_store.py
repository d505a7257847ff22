# SPDX-License-Identifier: Apache-2.0
"""An archive store in a directory: a file for each object, synced to the disk before it gets its name."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import Unavailable
from app.storage.archive.store import NAME, ObjectExists, ObjectMissing, require_name

SUFFIX = ".bundle"
PART = re.compile(r"(.+)\.[0-9]+\.part")
"""The name of a file that is being written: that of the object, and the id of the process."""
DIRECTORY_MODE, FILE_MODE = 0o700, 0o600
"""The permissions of what is written: for the owner alone, as bundles have personal data."""


class DirectoryStore:
    """See `ArchiveStore`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def put(self, name: str, content: bytes) -> None:
        """See `ArchiveStore`."""
        require_name(name)
        with _as_unavailable("written"):
            is_new = await asyncio.to_thread(self._write, name, content)
        if not is_new and await self.get(name) != content:
            raise ObjectExists(name)

    async def get(self, name: str) -> bytes:
        """See `ArchiveStore`."""
        require_name(name)
        with _as_unavailable("read"):
            try:
                return await asyncio.to_thread(self._path(name).read_bytes)
            except FileNotFoundError:
                raise ObjectMissing(name) from None

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ArchiveStore`."""
        with _as_unavailable("listed"):
            names = await asyncio.to_thread(self._names)
        for name in names:
            if name.startswith(prefix):
                yield name

    async def delete(self, name: str) -> None:
        """See `ArchiveStore`."""
        require_name(name)
        with _as_unavailable("written"):
            await asyncio.to_thread(self._remove, name)

    async def close(self) -> None:
        """See `ArchiveStore`."""

    def _path(self, name: str) -> Path:
        return self._directory / f"{name}{SUFFIX}"

    def _files(self) -> list[str]:
        try:
            return os.listdir(self._directory)
        except FileNotFoundError:
            return []

    def _names(self) -> list[str]:
        files = self._files()
        names = {file.removesuffix(SUFFIX) for file in files if file.endswith(SUFFIX)}
        names |= {part[1] for file in files if (part := PART.fullmatch(file))}
        return sorted(name for name in names if NAME.fullmatch(name))

    def _write(self, name: str, content: bytes) -> bool:
        """Write an object unless there is one of its name, and return whether there was none."""
        self._directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        if self._path(name).exists():
            return False
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
        return True

    def _remove(self, name: str) -> None:
        parts = [file for file in self._files() if (part := PART.fullmatch(file)) and part[1] == name]
        for path in (self._path(name), *(self._directory / part for part in parts)):
            try:
                path.unlink()
            except FileNotFoundError:
                continue
            self._sync()

    def _sync(self) -> None:
        descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _as_unavailable(what: str) -> Iterator[None]:
    """Turn what the disk refuses within the block into `Unavailable`."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"The archive's directory cannot be {what}: {error.strerror}") from error
