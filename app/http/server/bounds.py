# SPDX-License-Identifier: Apache-2.0
"""Bounds of a server process: connections, and what each of them may use."""

from dataclasses import dataclass

from app.settings import Settings
from app.system.files import file_limit

MOST_HEADERS = 100
"""Header lines of a request; clients and proxies send some twenty."""

MOST_PIPELINED = 100
"""Requests that wait on one connection for the answers to those before them."""

DRAINED = 16 * 1024 * 1024
"""Bytes that are read and discarded before a connection is closed, so that its client can read the last answer."""

LINGER_SECONDS = 5.0
"""Seconds for which they are read."""

SPARE_CONNECTIONS = 32
"""Connections beyond the bound, on which `/health` is answered, and 503 to anything else."""

OTHER_FILES = 256
"""Open files of a server process beside its clients' connections."""

UNREAD_BYTES = 128 * 1024 * 1024
"""Bytes of unread answers that a process buffers, for all clients together."""


@dataclass(frozen=True)
class Bounds:
    """The bounds that a deployment may choose."""

    header_bytes: int = Settings.max_header_bytes
    request_seconds: int = Settings.request_seconds
    idle_seconds: int = Settings.idle_seconds
    connections: int = Settings.max_connections

    @classmethod
    def of(cls, settings: Settings) -> "Bounds":
        """The bounds of the settings; connections limited by the open files that the system allows."""
        return cls(
            settings.max_header_bytes,
            settings.request_seconds,
            settings.idle_seconds,
            max(1, min(settings.max_connections, file_limit() - SPARE_CONNECTIONS - OTHER_FILES)),
        )
