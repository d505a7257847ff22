# SPDX-License-Identifier: Apache-2.0
"""The ids that an import gives to lines without one: the same ones whenever it is tried again."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

TAG_BITS = 34
LINE_BITS = 40
"""Of the 74 bits that a UUIDv7 leaves to chance: what tells imports of one millisecond apart, and the line."""

_LOW_BITS = 62
_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62


@dataclass(frozen=True)
class Ids:
    """The ids of one import, which began at this instant (milliseconds since 1970, UTC) and drew this tag."""

    milliseconds: int
    tag: int

    @classmethod
    def generate(cls, at: datetime) -> "Ids":
        """Those of an import that begins at this instant."""
        return cls(round(at.timestamp() * 1000), secrets.randbelow(1 << TAG_BITS))

    def of(self, line: int) -> str:
        """The UUIDv7 (RFC 9562) of a line: the ids of later lines sort behind it, as those of later imports do."""
        chance = self.tag << LINE_BITS | line
        high, low = chance >> _LOW_BITS, chance & ((1 << _LOW_BITS) - 1)
        return str(UUID(int=self.milliseconds << 80 | _VERSION | high << 64 | _VARIANT | low))

    @property
    def name(self) -> str:
        """What tells this import from others, for log entries and the database."""
        return f"import-{UUID(self.of(0))}"
