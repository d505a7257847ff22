# SPDX-License-Identifier: Apache-2.0
"""A Maildir: what is delivered is durable, and what is taken out of it goes when it is known to be kept elsewhere.

Messages that become no interaction are moved to folders of their own (Maildir++), each beside a file that says why.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

from app.domain.identifiers import new_id

INBOX = ("new", "cur")
REJECTED, AUTOMATIC = ".Rejected", ".Automatic"
WHY = ".why"
"""The suffix of the file that says why a message is in such a folder."""


class Maildir:
    """The Maildir at a path, which is made where it is not there."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError`."""
        self._path = path
        for folder in (path, path / REJECTED, path / AUTOMATIC):
            for name in ("tmp", *INBOX):
                (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def waiting(self) -> Iterator[Path]:
        """The messages in it, in the order of their names, in which their times come first."""
        found = [each for name in INBOX for each in (self._path / name).iterdir() if not each.name.startswith(".")]
        yield from sorted((each for each in found if each.is_file()), key=lambda each: each.name)

    def deliver(self, raw: bytes) -> Path:
        """Put a message into it; when this returns, the message is on the disk. Raises `OSError`."""
        name = f"{new_id()}.{socket.gethostname().replace('/', '_').replace(':', '_')}"
        begun, there = self._path / "tmp" / name, self._path / "new" / name
        with begun.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        begun.rename(there)
        _sync(there.parent)
        return there

    def remove(self, message: Path) -> None:
        """Take a message out of it."""
        message.unlink(missing_ok=True)

    def set_aside(self, message: Path, folder: str, why: str) -> None:
        """Move a message to a folder, beside a file that says why. A repeat after a crash ends the same."""
        place = self._path / folder / "cur" / message.name
        reason = self._path / folder / f"{message.name}{WHY}"
        reason.write_text(f"{why}\n", encoding="utf-8", errors="replace")
        message.rename(place)
        _sync(place.parent)
        _sync(message.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
