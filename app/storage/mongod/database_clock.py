# SPDX-License-Identifier: Apache-2.0
"""The clock of the database, for work that changes between servers whose own clocks need not agree."""

from datetime import UTC, datetime, timedelta
from time import monotonic

from app.domain import dates
from app.storage.mongod.durable import Database


class DatabaseClock:
    """Reads the time of the database, in milliseconds, as of when it was last `set`, and goes on from there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read, self._at = dates.now(), monotonic()

    def __call__(self) -> datetime:
        """The time by now."""
        return self._read + timedelta(milliseconds=int((monotonic() - self._at) * 1000))

    async def set(self) -> None:
        """Read the time of the database. It is late by the way of its answer, never early."""
        answer = await self._database.command("hello")
        read: datetime = answer["localTime"]
        self._read, self._at = read if read.tzinfo else read.replace(tzinfo=UTC), monotonic()
