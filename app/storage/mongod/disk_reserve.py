# SPDX-License-Identifier: Apache-2.0
"""The disk reserve: space that is kept back for mongod, which ends when it cannot write (ADR 0034)."""

import os
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1024 * 1024
FLOOR_MEGABYTES = 64
"""Free megabytes below which a disk counts as full."""
SPARE_MEGABYTES = 2 * FLOOR_MEGABYTES
"""Free megabytes that must be left beside the reserve when it is filled, so that it is not spent again at once."""


class Reserve:
    """A file that occupies space on the disk of `directory`, until there is no other space.

    Its owner deletes it (spends it) when the disk is full: mongod can go on, or start, in that space, and serve reads.
    While it is spent writes are refused; every process sees that by the missing file.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "reserve"

    @property
    def free_megabytes(self) -> int:
        """Megabytes that are free on the disk for this user."""
        disk = os.statvfs(self._directory)
        return disk.f_bavail * disk.f_frsize // MEGABYTE

    def is_low(self) -> bool:
        """Whether less than `FLOOR_MEGABYTES` are free."""
        return self.free_megabytes < FLOOR_MEGABYTES

    def is_full(self, megabytes: int) -> bool:
        """Whether there is no room for writes: the disk is low, or the reserve, of so many megabytes, is spent."""
        return self.is_low() or (megabytes > 0 and not self._file.exists())

    def spend(self) -> None:
        """Delete the file, which frees its space."""
        self._file.unlink(missing_ok=True)

    def fill(self, megabytes: int) -> None:
        """Create the file with so many `megabytes`, if it is missing and there is enough space."""
        if megabytes == 0 or self._file.exists() or self.free_megabytes < self.needed_megabytes(megabytes):
            return
        draft = self._file.with_suffix(".new")
        try:
            with draft.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, megabytes * MEGABYTE)
            draft.replace(self._file)
        except OSError:  # Another process took the space first.
            with suppress(FileNotFoundError):
                draft.unlink()

    def needed_megabytes(self, megabytes: int) -> int:
        """Free megabytes at which writes are taken again, once a reserve of so many `megabytes` is spent."""
        return megabytes + SPARE_MEGABYTES if megabytes else FLOOR_MEGABYTES
