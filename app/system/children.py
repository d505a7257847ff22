"""Child processes: how one is started, watched and ended, and how one that must not stay away comes back."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

import structlog

LEASH = Path(__file__).with_name("leash.py")
BEAT_SECONDS = 0.05

log = structlog.get_logger()


def never() -> bool:
    """The patient answer to `hurried`."""
    return False


class Child:
    """A running program in a session of its own, so that Ctrl-C in the terminal does not reach it.

    It is sent SIGTERM when the thread that started it ends, even by SIGKILL: start it from the main thread.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
    ) -> None:
        """Start `command`; its output goes to `output`, or where ours goes."""
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id, which is also the id of its session."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs, minus the signal when a signal ended it."""
        return self._process.poll()

    def ended(self) -> bool:
        """Whether it has ended."""
        return self.exit_code is not None

    def stop(self, seconds: float, hurried: Callable[[], bool] = never) -> int:
        """Ask it to end; after `seconds`, or once `hurried()`, kill it and all it started. Returns its exit code."""
        deadline = time.monotonic() + seconds
        if not self.ended():
            self._process.terminate()
        while not self.ended() and time.monotonic() < deadline and not hurried():
            time.sleep(BEAT_SECONDS)
        if not self.ended():
            log.warning("killed", child=self.name, pid=self.pid, waited_seconds=seconds)
        self._kill_session()
        return self._process.wait()

    def _kill_session(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class Revived:
    """A child that is started again when it ends: soon at first, then after twice as long each time."""

    def __init__(self, start: Callable[[], Child], first_seconds: float = 1.0, longest_seconds: float = 60.0) -> None:
        """`start` starts the child. A child that ran for `longest_seconds` is again restarted after `first_seconds`."""
        self._start = start
        self._first_seconds, self._longest_seconds = first_seconds, longest_seconds
        self._delay_seconds = first_seconds
        self._child: Child | None = None
        self._due = self._started = time.monotonic()

    def tend(self) -> None:
        """Start the child when it is due; when it has ended, say so once and set the time of the next start."""
        now = time.monotonic()
        if self._child is None and now >= self._due:
            self._child, self._started = self._start(), now
        elif self._child is not None and self._child.ended():
            self._retry(self._child, now)

    def stop(self, seconds: float, hurried: Callable[[], bool] = never) -> None:
        """Stop the child, if it runs, as `Child.stop` does."""
        if self._child is not None:
            self._child.stop(seconds, hurried)

    def _retry(self, ended: Child, now: float) -> None:
        if now - self._started >= self._longest_seconds:
            self._delay_seconds = self._first_seconds
        exit_code = ended.stop(seconds=0)
        log.warning("restarting", child=ended.name, exit_code=exit_code, after_seconds=self._delay_seconds)
        self._child, self._due = None, now + self._delay_seconds
        self._delay_seconds = min(2 * self._delay_seconds, self._longest_seconds)
