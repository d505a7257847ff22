# SPDX-License-Identifier: Apache-2.0
"""Small disks for the tests that fill one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTE = 1024 * 1024


class Disk:
    """A file system of its own at `path`, which can be filled to the last byte."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filling = path / "filling"

    @property
    def free_megabytes(self) -> int:
        """What is left on it."""
        disk = os.statvfs(self.path)
        return disk.f_bavail * disk.f_frsize // MEGABYTE

    def fill(self) -> None:
        """Leave no room."""
        with self._filling.open("ab") as file:
            for size in (MEGABYTE, 4096):
                _write_until_full(file.fileno(), b"x" * size)

    def clear(self) -> None:
        """Give back what `fill` took."""
        self._filling.unlink(missing_ok=True)


def _write_until_full(descriptor: int, block: bytes) -> None:
    with suppress(OSError):
        while os.write(descriptor, block):
            pass


def can_mount() -> bool:
    """Whether this user may mount file systems."""
    return os.geteuid() == 0 and bool(shutil.which("mount")) and _mounted(Path("/tmp"), "1m", dry=True)


@contextmanager
def disk(path: Path, megabytes: int) -> Iterator[Disk]:
    """A disk at the directory `path`, made of memory, until the block ends. Who uses it must have ended by then."""
    path.mkdir(parents=True, exist_ok=True)
    assert _mounted(path, f"{megabytes}m")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", path], check=True)


def _mounted(path: Path, size: str, *, dry: bool = False) -> bool:
    command = ["mount", *(["--fake"] if dry else []), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    return subprocess.run(command, capture_output=True).returncode == 0
