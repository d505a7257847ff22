# SPDX-License-Identifier: Apache-2.0
"""The export of the event log: from an entry on, each entry as a whole line, once and in order."""

import asyncio
import os
from contextlib import suppress

from app.audit.lines import line
from app.errors import StartError
from app.storage.event_log.chain import START, Mark
from app.storage.event_log.event_log import EventLog

FOLLOW_SECONDS = 1.0
"""Seconds between two reads of a followed log."""


class Export:
    """Writes entries to the file `descriptor`; `next` is always the number of the first that is not written yet."""

    def __init__(self, log: EventLog, descriptor: int, first: int) -> None:
        self._log = log
        self._descriptor = descriptor
        self.next = first

    async def run(self, stop: asyncio.Event, *, follow: bool) -> None:
        """Write the entries of the log, and with `follow` further ones as it grows; until `stop` is set.

        Raises `StartError` when the next entry is missing from the log, and as `write_whole` does.
        """
        await self._write(stop)
        while follow and not stop.is_set():
            with suppress(TimeoutError):  # The timeout: read on.
                await asyncio.wait_for(stop.wait(), FOLLOW_SECONDS)
            await self._write(stop)

    async def _write(self, stop: asyncio.Event) -> None:
        async for entry in self._log.walk(self.next - 1):
            await asyncio.sleep(0)  # Lets the signal handler run, as a page of entries is read at once.
            if stop.is_set():
                return
            if entry["_id"] != self.next:
                raise StartError(f"Entry {self.next} is missing from the event log; `liaison audit verify` tells more")
            write_whole(self._descriptor, line(entry))
            self.next += 1


async def beginning(log: EventLog, last: Mark, first: int | None) -> int:
    """The number of the first entry to export: behind `last`, the end of the file, or `first`, which must follow that.

    Raises `StartError` when it does not, or when the file is of another log.
    """
    if last != START and await log.mark(last.sequence) != last:
        raise StartError(f"The file ends with entry {last.sequence} as this event log does not hold it; choose another")
    if last != START and first not in (None, last.sequence + 1):
        raise StartError(f"The file ends with entry {last.sequence}; leave --from out, or write to another file")
    tail, begin = await log.tail(), first or last.sequence + 1
    if begin > tail.sequence + 1:
        raise StartError(f"The event log ends with entry {tail.sequence}; --from {begin} would leave a gap")
    return begin


def write_whole(descriptor: int, data: bytes) -> None:
    """Write all of `data`, by one system call if possible.

    Raises `StartError` when that fails, `BrokenPipeError` when the reader has gone.
    """
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StartError(f"The export cannot be written: {error.strerror}") from None
