# SPDX-License-Identifier: Apache-2.0
"""The ids of imported lines without one: derived from the line's number, so that a retry gives the same ones."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

TAG_BITS = 34
LINE_BITS = 40
"""Bits of a UUIDv7 for the number of the line; the rest of its 74 random bits tell imports of a millisecond apart."""

_LOW_BITS = 62
_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62


@dataclass(frozen=True)
class Ids:
    """The ids of one import: by the instant of its begin (milliseconds since 1970, UTC), and a random tag."""

    milliseconds: int
    tag: int

    @classmethod
    def generate(cls, at: datetime) -> "Ids":
        """The ids of an import that begins `at` this instant."""
        return cls(round(at.timestamp() * 1000), secrets.randbelow(1 << TAG_BITS))

    def of(self, line: int) -> str:
        """The UUIDv7 (RFC 9562) of a line: the ids of later lines sort behind it, as those of later imports do."""
        chance = self.tag << LINE_BITS | line
        high, low = chance >> _LOW_BITS, chance & ((1 << _LOW_BITS) - 1)
        return str(UUID(int=self.milliseconds << 80 | _VERSION | high << 64 | _VARIANT | low))

    @property
    def name(self) -> str:
        """The name of this import, in log entries and the database."""
        return f"import-{UUID(self.of(0))}"
