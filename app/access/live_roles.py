# SPDX-License-Identifier: Apache-2.0
"""The roles of the access file as they are now: a change of the file counts without a restart."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import structlog

from app.access.issuers import Access, read_access
from app.access.roles import Roles
from app.errors import StartError

LOOK_SECONDS = 2.0
"""How long a change of the file may go unnoticed."""

log = structlog.get_logger()


class FileState(NamedTuple):
    """What tells one content of a file from another."""

    inode: int
    size: int
    changed_ns: int


class LiveRoles:
    """The roles that an access file grants, read again when it has changed.

    A file that cannot be read any more, is empty, or has a mistake in it, changes nothing; the log says so.
    """

    def __init__(self, access: Access, file: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """`access` is what the `file` said at start; an empty name is that of none."""
        self._roles = access.roles
        self._file = file
        self._clock = clock
        self._seen = self._state()
        self._looked = clock()

    def current(self) -> Roles:
        """The roles of the moment: the same object for as long as the file is the same."""
        if self._file and self._clock() - self._looked >= LOOK_SECONDS:
            self._looked = self._clock()
            self._look()
        return self._roles

    def _look(self) -> None:
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            if state is not None and not state.size:  # So is a file while it is written.
                raise StartError(f"{self._file}: is empty")
            self._roles = read_access("", "", self._file).roles
        except StartError as error:
            log.error("the roles stay as they were: the access file is wrong", error=str(error))
        else:
            log.info("the roles of the access file hold from now on", file=self._file)

    def _state(self) -> FileState | None:
        """The state of the file; None where there is none."""
        try:
            stat = Path(self._file).stat() if self._file else None
        except OSError:
            return None
        return stat and FileState(stat.st_ino, stat.st_size, stat.st_mtime_ns)
