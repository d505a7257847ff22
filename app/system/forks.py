# SPDX-License-Identifier: Apache-2.0
"""Forks of a process (pre-fork), which share its memory; each is replaced when it dies."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

import structlog

from app.system.backoff import Backoff
from app.system.die_with_parent import die_with_parent

ENDING = (signal.SIGTERM, signal.SIGINT)
PAUSE_SECONDS = 0.5
"""Seconds between the death of a fork and its replacement, so that failing forks do not keep the processor busy."""
LONG_LIFE_SECONDS = 10.0
MOST_SHORT_LIVES = 10
"""Short lives of forks in a row after which it gives up."""
GIVEN_UP = 1
"""The exit code after giving up."""

log = structlog.get_logger()


class Forks:
    """Forks of this process that all do the same work, until a signal ends them.

    Shared objects are made before. No thread may be started before, as forks do not have it.
    """

    def __init__(self, work: Callable[[], object], hopeless: int, ending: Callable[[], object] = lambda: None) -> None:
        """Each fork runs `work`. A fork that ends with the exit code `hopeless` ends all, as a new one would fail, too.

        `ending` is called before the forks are signalled to end.
        """
        self._work, self._hopeless, self._ending_work = work, hopeless, ending
        self._born: dict[int, float] = {}
        """The process ids of the running forks, with their start times."""
        self._backoff = Backoff(PAUSE_SECONDS, LONG_LIFE_SECONDS, most=MOST_SHORT_LIVES)
        self._ending = False

    def run(self, count: int) -> int:
        """Keep `count` forks running until SIGTERM or SIGINT, which is passed on to them; wait for all to end.

        Returns 0 after such a signal, `hopeless` after a fork that ended so, and `GIVEN_UP` when forks end again and
        again. Call it from the main thread.
        """
        for number in ENDING:
            signal.signal(number, self._end)
        for _ in range(count):
            self._start()
        exit_code = 0
        while self._born:
            pid, status = os.wait()
            lived_seconds = time.monotonic() - self._born.pop(pid)
            if not self._ending:
                exit_code = self._tend(pid, os.waitstatus_to_exitcode(status), lived_seconds)
        return exit_code

    def _tend(self, pid: int, exit_code: int, lived_seconds: float) -> int:
        """Replace the fork that ended, or end the others; the exit code of this process, should it end next."""
        if exit_code == self._hopeless:
            self._end()
            return exit_code
        pause = self._backoff.after(lived_seconds)
        if pause is None:
            log.error("server processes end again and again", exit_code=exit_code, times=self._backoff.times)
            self._end()
            return GIVEN_UP
        log.warning("restarting", child="server process", pid=pid, exit_code=exit_code, after_seconds=pause)
        time.sleep(pause)
        self._start()
        return 0

    def _start(self) -> None:
        """Start a fork, unless they are ending; atomic against signals, so that one is passed on to every fork."""
        parent = os.getpid()
        with _held_back():
            if self._ending:
                return
            if pid := os.fork():
                self._born[pid] = time.monotonic()
            else:
                self._be_one(parent)

    def _be_one(self, parent: int) -> NoReturn:
        if not die_with_parent(parent):
            raise SystemExit(f"the process {parent}, which wanted this one, has ended")
        for number in ENDING:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
        self._work()
        raise SystemExit

    def _end(self, _number: int = signal.SIGTERM, _frame: FrameType | None = None) -> None:
        if not self._ending:
            self._ending = True
            self._ending_work()
        for pid in self._born:
            with suppress(ProcessLookupError):  # The fork has just ended by itself.
                os.kill(pid, signal.SIGTERM)


@contextmanager
def _held_back() -> Iterator[None]:
    """Within the block, SIGTERM and SIGINT are blocked."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
