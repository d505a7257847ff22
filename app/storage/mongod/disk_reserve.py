# SPDX-License-Identifier: Apache-2.0
"""The reserve of a disk: space that is kept back, because mongod ends when it has nowhere left to write."""

import os
from contextlib import suppress
from pathlib import Path

MEGABYTE = 1024 * 1024
FLOOR_MEGABYTES = 64
"""With less space than this a disk counts as full."""
SPARE_MEGABYTES = 2 * FLOOR_MEGABYTES
"""What is left beside the reserve when it is filled, so that it is not spent at once again."""


class Reserve:
    """A file that takes up space on the disk of `directory`, until nothing else is left there.

    Its owner spends it when the disk is full: mongod can go on, or start, in what that frees, and serves reads. Writes
    are refused as long as it is spent; every process sees that by the file alone.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._file = directory / "reserve"

    @property
    def free_megabytes(self) -> int:
        """Space that is left on the disk for us."""
        disk = os.statvfs(self._directory)
        return disk.f_bavail * disk.f_frsize // MEGABYTE

    def is_low(self) -> bool:
        """Whether the disk has hardly any space left."""
        return self.free_megabytes < FLOOR_MEGABYTES

    def is_full(self, megabytes: int) -> bool:
        """Whether there is no room for writes: the disk is low, or the reserve, of so many megabytes, is spent."""
        return self.is_low() or (megabytes > 0 and not self._file.exists())

    def spend(self) -> None:
        """Give the space back to the disk."""
        self._file.unlink(missing_ok=True)

    def fill(self, megabytes: int) -> None:
        """Take so much space from the disk, if it is missing and there is enough."""
        if megabytes == 0 or self._file.exists() or self.free_megabytes < self.needed_megabytes(megabytes):
            return
        draft = self._file.with_suffix(".new")
        try:
            with draft.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, megabytes * MEGABYTE)
            draft.replace(self._file)
        except OSError:  # somebody else took the space first
            with suppress(FileNotFoundError):
                draft.unlink()

    def needed_megabytes(self, megabytes: int) -> int:
        """Space that must be left for writes to be taken again, once a reserve of so many megabytes is spent."""
        return megabytes + SPARE_MEGABYTES if megabytes else FLOOR_MEGABYTES
