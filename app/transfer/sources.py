# SPDX-License-Identifier: Apache-2.0
"""Sources of an import: lines in batches, and the position at which the next batch begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from app.errors import StartError, TmfError

BATCH_LINES = 500
BATCH_BYTES = 4 * 1024 * 1024
"""Bounds of a batch, in lines and bytes: so much an import has in memory."""

LONGEST_SHOWN = 200
"""Bytes that are kept of a line that is too long."""


@dataclass(frozen=True)
class Line:
    """A line with its number, from 1; `refusal` is the error if it cannot be parsed."""

    number: int
    text: bytes
    refusal: TmfError | None = None


@dataclass(frozen=True)
class SourcePosition:
    """A position in a file: bytes or rows read, the number of the last line, and a fingerprint of the part read."""

    position: int = 0
    line: int = 0
    fingerprint: str = ""


START = SourcePosition()


@dataclass(frozen=True)
class Batch:
    """The lines of a batch, and the position behind them."""

    lines: list[Line]
    end: SourcePosition


class Source(Protocol):
    """The interface of a file that can be read from any position on; `size` is the position of its end."""

    size: int

    def batches(self, place: SourcePosition) -> Iterator[Batch]:
        """The batches behind `place`. Raises `StartError` when the file is not the one of that position."""


def file_changed_error(name: str) -> StartError:
    """The error for a file that was changed since a part of it was imported."""
    return StartError(
        f"{name} has changed since its import began; put back what it was, or import it as a new file with --anew"
    )
