# SPDX-License-Identifier: Apache-2.0
"""What one connection may take of a server process, and how many of them there may be."""

from dataclasses import dataclass

from app.settings import Settings
from app.system.files import file_limit

MOST_HEADERS = 100
"""Header lines of a request; clients and proxies send some twenty."""

MOST_PIPELINED = 100
"""Requests that wait on one connection for the answers to those before them."""

DRAINED = 16 * 1024 * 1024
"""Bytes that are still taken off a connection, and thrown away, so that its client gets to hear the last answer."""

LINGER_SECONDS = 5.0
"""How long that is done."""

SPARE_CONNECTIONS = 32
"""Connections beyond the bound, on which `/health` is answered and anything else is told to come again."""

OTHER_FILES = 256
"""Open files that a server process needs for other things than its clients' connections."""

UNREAD_BYTES = 128 * 1024 * 1024
"""Bytes of answers that a process keeps for clients that do not read them yet, whoever they are."""


@dataclass(frozen=True)
class Bounds:
    """What a deployment may choose of it."""

    header_bytes: int = Settings.max_header_bytes
    request_seconds: int = Settings.request_seconds
    idle_seconds: int = Settings.idle_seconds
    connections: int = Settings.max_connections

    @classmethod
    def of(cls, settings: Settings) -> "Bounds":
        """Those of the settings, and no more connections than the system lets the process open."""
        return cls(
            settings.max_header_bytes,
            settings.request_seconds,
            settings.idle_seconds,
            max(1, min(settings.max_connections, file_limit() - SPARE_CONNECTIONS - OTHER_FILES)),
        )
