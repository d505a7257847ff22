# SPDX-License-Identifier: Apache-2.0
"""NDJSON files: lines of JSON, read in batches."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.errors import PayloadTooLarge
from app.transfer.sources import (
    BATCH_BYTES,
    BATCH_LINES,
    LONGEST_SHOWN,
    START,
    Batch,
    Line,
    SourcePosition,
    file_changed_error,
)

BLOCK = 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_AROUND = len(_BOM) + len("\r\n")


class Ndjson:
    """A file of JSON lines, ended by LF or CRLF but for the last; blank lines are skipped."""

    def __init__(self, path: Path, longest: int) -> None:
        """Lines of more than `longest` bytes are rejected."""
        self._path = path
        self._longest = longest
        self.size = path.stat().st_size

    def batches(self, place: SourcePosition) -> Iterator[Batch]:
        """See `Source`."""
        with self._path.open("rb", buffering=BLOCK) as file:
            reading = _Reading(file, place.line, self._longest)
            reading.skip(place.position)
            if place != START and reading.place() != place:
                raise file_changed_error(self._path.name)
            while batch := reading.batch():
                yield batch
            if reading.position != self.size:
                raise file_changed_error(self._path.name)


class _Reading:
    """One pass through a file; the fingerprint is a digest of all bytes read."""

    def __init__(self, file: BinaryIO, line: int, longest: int) -> None:
        self._file = file
        self._line = line
        self._longest = longest
        self._digest = hashlib.blake2b(digest_size=16)
        self.position = 0

    def place(self) -> SourcePosition:
        return SourcePosition(self.position, self._line, self._digest.hexdigest())

    def skip(self, position: int) -> None:
        """Read up to `position`, for the fingerprint; a shorter file ends before it."""
        while self.position < position and self._read(min(BLOCK, position - self.position), whole_lines=False):
            pass

    def batch(self) -> Batch | None:
        """The next batch of lines; None at the end."""
        begin, lines, room = self.position, list[Line](), BATCH_BYTES
        while len(lines) < BATCH_LINES and room > 0 and (raw := self._read(self._longest + _AROUND)):
            line = self._whole(raw)
            room -= len(raw)
            if line.refusal or line.text.strip():
                lines.append(line)
        return Batch(lines, self.place()) if self.position > begin else None

    def _whole(self, raw: bytes) -> Line:
        """The line that begins with `raw`; the rest of one that is too long is read and discarded."""
        self._line += 1
        ended = raw
        while not ended.endswith(b"\n") and (rest := self._read(BLOCK)):
            ended = rest
        text = raw.removesuffix(b"\n").removesuffix(b"\r")
        text = text.removeprefix(_BOM) if self._line == 1 else text
        if len(text) <= self._longest:
            return Line(self._line, text)
        message = f"The line is longer than {self._longest} bytes; LIAISON_MAX_BODY_BYTES allows more"
        return Line(self._line, text[:LONGEST_SHOWN], PayloadTooLarge(message))

    def _read(self, most: int, *, whole_lines: bool = True) -> bytes:
        """The next bytes, at most `most`; with `whole_lines` up to the end of a line."""
        raw = self._file.readline(most) if whole_lines else self._file.read(most)
        self.position += len(raw)
        self._digest.update(raw)
        return raw
