# SPDX-License-Identifier: Apache-2.0
"""The checkpoint of an import: its terms and progress, in a small file beside the imported one."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import orjson

from app.errors import StartError
from app.transfer import durable_files
from app.transfer.ids import Ids
from app.transfer.sources import START, SourcePosition

FORMAT = 1
"""The version of the file format; a checkpoint of another one is refused."""


@dataclass(frozen=True)
class Counts:
    """The counts of outcomes so far; blank lines do not count."""

    created: int = 0
    there: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.created + self.there + self.rejected

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.created + other.created, self.there + other.there, self.rejected + other.rejected)


@dataclass(frozen=True)
class Terms:
    """The terms of an import: resource and version, the `size` of its file, and the file of rejects."""

    resource: str
    version: str
    size: int
    rejects: str


@dataclass(frozen=True)
class Checkpoint:
    """The progress of an import; `rejected_bytes` is the length of its file of rejects."""

    terms: Terms
    ids: Ids
    place: SourcePosition = START
    counts: Counts = field(default_factory=Counts)
    rejected_bytes: int = 0

    @property
    def is_done(self) -> bool:
        return self.place.position == self.terms.size

    def save(self, path: Path) -> None:
        """Replace the file atomically. Raises `StartError`."""
        durable_files.replace(path, orjson.dumps({"format": FORMAT, **asdict(self)}) + b"\n")


def load(path: Path) -> Checkpoint | None:
    """Read a checkpoint; None when there is no file. Raises `StartError` for a file that is no checkpoint."""
    if not path.exists():
        return None
    with durable_files.file_errors(path):
        text = path.read_bytes()
    try:
        return _read(orjson.loads(text))
    except (ValueError, TypeError, KeyError):
        raise StartError(f"{path} is no checkpoint of an import; remove it, or start anew with --anew") from None


def _read(saved: dict[str, Any]) -> Checkpoint:
    if saved.pop("format") != FORMAT:
        raise ValueError("written by another release")
    return Checkpoint(
        terms=Terms(**saved["terms"]),
        ids=Ids(**saved["ids"]),
        place=SourcePosition(**saved["place"]),
        counts=Counts(**saved["counts"]),
        rejected_bytes=int(saved["rejected_bytes"]),
    )
