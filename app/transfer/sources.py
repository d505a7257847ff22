# SPDX-License-Identifier: Apache-2.0
"""What an import reads: lines in batches, and the place in a file where the next batch begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from app.errors import StartError, TmfError

BATCH_LINES = 500
BATCH_BYTES = 4 * 1024 * 1024
"""A batch ends once it has so many lines or bytes: that is what an import holds in memory."""

LONGEST_SHOWN = 200
"""Bytes that are kept of a line that is too long to be read."""


@dataclass(frozen=True)
class Line:
    """A line with its number, from 1; `refusal` says why its text cannot be taken for a resource, if so."""

    number: int
    text: bytes
    refusal: TmfError | None = None


@dataclass(frozen=True)
class SourcePosition:
    """How far a file is read: the position behind it, the number of the last line, and a fingerprint of that part."""

    position: int = 0
    line: int = 0
    fingerprint: str = ""


START = SourcePosition()


@dataclass(frozen=True)
class Batch:
    """Lines that belong together, and the place behind them."""

    lines: list[Line]
    end: SourcePosition


class Source(Protocol):
    """A file that can be read from any place on; `size` is the position of its end."""

    size: int

    def batches(self, place: SourcePosition) -> Iterator[Batch]:
        """What follows `place`, to the end. Raises `StartError` when the file is not the one that place was in."""


def file_changed_error(name: str) -> StartError:
    """That a file is not what it was when part of it was imported."""
    return StartError(
        f"{name} has changed since its import began; put back what it was, or import it as a new file with --anew"
    )
