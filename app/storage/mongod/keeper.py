# SPDX-License-Identifier: Apache-2.0
"""Supervision of the embedded MongoDB: restarts mongod when it has ended, and manages the disk reserve."""

import time

import structlog

from app.errors import StartError
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from app.system.backoff import Backoff

FIRST_PAUSE_SECONDS = 1.0
LONG_LIFE_SECONDS = 10.0
MOST_SHORT_LIVES = 5
LOOK_SECONDS = 0.25
"""Seconds between two looks at the space on the disk."""
STEADY_SECONDS = 0.5
"""Seconds that a disk must be full before the reserve is spent, which a growing file would fill at once, too."""

log = structlog.get_logger()


class Keeper:
    """Supervises a started mongod, which is restarted at once on its port, so that its clients reconnect."""

    def __init__(self, mongod: EmbeddedMongod, reserved_megabytes: int) -> None:
        self._mongod, self._reserve, self._megabytes = mongod, mongod.reserve, reserved_megabytes
        self._backoff = Backoff(FIRST_PAUSE_SECONDS, LONG_LIFE_SECONDS, at_once=True, most=MOST_SHORT_LIVES)
        self._ready = self._look_due = time.monotonic()
        self._low_since: float | None = None
        self._due: float | None = None
        self._full = False
        self.look()

    def tend(self) -> bool:
        """Restart mongod or change the reserve if that is due; false to give up. Blocks during a start of mongod."""
        now = time.monotonic()
        if now >= self._look_due:
            self.look()
        if not self._mongod.ended():
            return True
        if self._due is None and not self._plan(now):
            return False
        if self._due is not None and now >= self._due and not self._reserve.is_low():
            self._restart()
        return True

    def look(self) -> None:
        """Fill the reserve when there is space, spend it when there has been none for a while; logs the change."""
        now = time.monotonic()
        self._look_due = now + LOOK_SECONDS
        if not self._reserve.is_low():
            self._low_since = None
            self._reserve.fill(self._megabytes)
        elif self._low_since is None:
            self._low_since = now
        elif now - self._low_since >= STEADY_SECONDS:
            self._reserve.spend()
        self._tell(self._reserve.is_full(self._megabytes))

    def _tell(self, full: bool) -> None:
        if full and not self._full:
            log.error(
                "the disk is full: writes are refused, reads go on",
                directory=str(self._mongod.directory),
                free_megabytes=self._reserve.free_megabytes,
                needed_megabytes=self._reserve.needed_megabytes(self._megabytes),
            )
        elif self._full and not full:
            log.warning("the disk has room again: writes are taken", free_megabytes=self._reserve.free_megabytes)
        self._full = full

    def _plan(self, now: float) -> bool:
        """Schedule the restart of mongod, which has ended; false to give up. Ends on a full disk are not counted."""
        details = {"exit_code": self._mongod.exit_code, "log_tail": self._mongod.log_tail()}
        if self._reserve.is_low():
            self._reserve.spend()
            self._due = now
            log.error("mongod ended, as the disk is full; it starts again when there is room", **details)
            return True
        pause = self._backoff.after(now - self._ready)
        if pause is None:
            log.error("mongod ended too often", times=self._backoff.times, **details)
            return False
        self._due = now + pause
        log.error("mongod ended; it is started again", after_seconds=pause, **details)
        return True

    def _restart(self) -> None:
        self._due = None
        began = self._ready = time.monotonic()
        try:
            self._mongod.restart()
        except StartError as error:
            log.error("mongod did not start", reason=str(error))
        else:
            self._ready = time.monotonic()
            log.warning("mongod runs again", seconds=round(self._ready - began, 1))
