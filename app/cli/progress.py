# SPDX-License-Identifier: Apache-2.0
"""How far a command has come: a bar in a terminal, elsewhere a line now and then."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

LINE_SECONDS = 10.0
"""How often there is a line where there is no terminal."""

Advance = Callable[[int], None]
"""Told how much more is done."""


@contextmanager
def progress(label: str, length: int | None, of: str = "") -> Iterator[Advance]:
    """Show on standard error how much of a `length` is done, counted in what `of` says; None for one nobody knows."""
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
        """Note how much more is done, and tell it when it is time."""
        self._done += more
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + LINE_SECONDS
            click.echo(f"{self._label}: {self._done}{self._total()}{self._of}", err=True)

    def _total(self) -> str:
        if not self._length:
            return ""
        return f" of {self._length} ({min(100 * self._done // self._length, 100)} %)"
