# SPDX-License-Identifier: Apache-2.0
"""The report of an adoption: notes on what was not carried over, and why a file cannot be adopted."""

from dataclasses import dataclass, field
from typing import NamedTuple

from app.errors import StartError, shorten

MOST_LINES = 1000
"""Lines of a report at most."""


class Note(NamedTuple):
    """A note on what was not carried over: the place (a JSON Pointer as a fragment), why, and what would be right."""

    pointer: str
    why: str
    right: str

    def line(self, source: str) -> str:
        """The note as one line about the file `source`; unprintable characters become question marks."""
        line = f"{source}{shorten(self.pointer, 300)}: {shorten(self.why, 300)}; {shorten(self.right, 300)}"
        return "".join(each if each.isprintable() else "?" for each in line)


class AdoptionError(StartError):
    """A file that cannot be adopted; `notes` say why, one by one."""

    def __init__(self, *notes: Note) -> None:
        self.notes = notes[:MOST_LINES]
        super().__init__("; ".join(note.why for note in self.notes[:3]))


@dataclass
class Report:
    """The notes on one file, each once."""

    notes: dict[Note, None] = field(default_factory=dict)

    def add(self, pointer: str, why: str, right: str) -> None:
        """Note what was not carried over, unless there are too many notes already."""
        if len(self.notes) < MOST_LINES:
            self.notes[Note(pointer, why, right)] = None


def pointer(*keys: str) -> str:
    """A JSON Pointer (RFC 6901) as a fragment, of these keys."""
    return "#" + "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
