# SPDX-License-Identifier: Apache-2.0
"""Child processes: started in sessions of their own, stopped, and restarted with back-off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import structlog

from app.system.backoff import Backoff

LEASH = Path(__file__).with_name("die_with_parent.py")
BEAT_SECONDS = 0.05

log = structlog.get_logger()


def never() -> bool:
    """The default of `hurried`: always false."""
    return False


class Child:
    """A running program in a session of its own, so that Ctrl-C in the terminal does not reach it.

    It is killed when the thread that started it ends, even by SIGKILL: start it from the main thread.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
        *,
        inherited: Sequence[int] = (),
        listens: bool = False,
    ) -> None:
        """Start `command`; its output goes to `output`, or where ours goes.

        It gets the descriptors `inherited` under the numbers that they have here. One that `listens` can be told
        something once on its standard input.
        """
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command],
            env=environment,
            stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=inherited,
        )

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the session."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs, the negative number of the signal that ended it."""
        return self._process.poll()

    def ended(self) -> bool:
        """Whether it has ended."""
        return self.exit_code is not None

    def tell(self, text: str) -> None:
        """Write `text` to the standard input of a child that `listens`, and close it; a child may have ended before."""
        if (told := self._process.stdin) is not None and not told.closed:
            with suppress(BrokenPipeError), told:
                told.write(text.encode())

    def stop(self, seconds: float, hurried: Callable[[], bool] = never) -> int:
        """Send SIGTERM; after `seconds`, or once `hurried()`, kill the session. Returns the exit code."""
        deadline = time.monotonic() + seconds
        if not self.ended():
            self._process.terminate()
        self.tell("")
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


class SupervisedChild:
    """A child that is started again when it ends, after the pauses of a `Backoff`."""

    def __init__(self, start: Callable[[], Child], backoff: Backoff) -> None:
        """`start` starts the child."""
        self._start, self._backoff = start, backoff
        self._child: Child | None = None
        self._due: float | None = time.monotonic()
        self._started = 0.0
        self._last_exit_code: int | None = None

    def tend(self) -> bool:
        """Start the child when that is due; when it has ended, log it and schedule the next start.

        False to give up, when it has had more short lives in a row than the `Backoff` allows.
        """
        now = time.monotonic()
        if self._child is not None and self._child.ended():
            self._retry(self._child, now)
        if self._child is None and self._due is not None and now >= self._due:
            self._child, self._started = self._start(), now
        return self._child is not None or self._due is not None

    def ended(self) -> bool:
        """Whether the child does not run at the moment."""
        return self._child is None or self._child.ended()

    @property
    def exit_code(self) -> int | None:
        """How the child ended; None while the first one runs."""
        return self._last_exit_code if self._child is None else self._child.exit_code

    def stop(self, seconds: float, hurried: Callable[[], bool] = never) -> None:
        """Stop the child, if it runs, as `Child.stop` does."""
        if self._child is not None:
            self._child.stop(seconds, hurried)

    def _retry(self, ended: Child, now: float) -> None:
        pause = self._backoff.after(now - self._started)
        self._child, self._last_exit_code = None, ended.stop(seconds=0)
        self._due = None if pause is None else now + pause
        if pause is None:
            log.error("ended too often", child=ended.name, exit_code=self._last_exit_code, times=self._backoff.times)
        else:
            log.warning("restarting", child=ended.name, exit_code=self._last_exit_code, after_seconds=pause)
