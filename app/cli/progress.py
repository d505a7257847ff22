# SPDX-License-Identifier: Apache-2.0
"""Progress of a command on standard error: a bar in a terminal, elsewhere a line every `LINE_SECONDS`."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

LINE_SECONDS = 10.0
"""Seconds between two lines where there is no terminal."""

Advance = Callable[[int], None]
"""Called with the amount done since the last call."""


@contextmanager
def progress(label: str, length: int | None, of: str = "") -> Iterator[Advance]:
    """Show on standard error how much of `length` is done, in the unit `of`; None for an unknown length."""
    if sys.stderr.isatty() and length is not None:
        with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
            yield bar.update
    else:
        yield _Lines(label, length, of).advance


class _Lines:
    def __init__(self, label: str, length: int | None, of: str) -> None:
        self._label, self._length, self._of = label, length, f" {of}" if of else ""
        self._done = 0
        self._due = time.monotonic() + LINE_SECONDS

    def advance(self, more: int) -> None:
        """Add the amount done, and write a line when one is due."""
        self._done += more
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + LINE_SECONDS
            click.echo(f"{self._label}: {self._done}{self._total()}{self._of}", err=True)

    def _total(self) -> str:
        if not self._length:
            return ""
        return f" of {self._length} ({min(100 * self._done // self._length, 100)} %)"
