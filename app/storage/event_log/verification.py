# SPDX-License-Identifier: Apache-2.0
"""Verification of the event log: entries are complete and unchanged, by their hashes and a mark noted elsewhere."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.storage.event_log.chain import DROPPED, START, Entry, Mark, fault
from app.storage.event_log.event_log import EventLog


class BrokenChain(Exception):
    """The entry `sequence` of the log is missing or was changed; the message says what is wrong with it."""

    def __init__(self, sequence: int, reason: str) -> None:
        super().__init__(f"The event log is broken at entry {sequence}: {reason}")
        self.sequence = sequence


@dataclass(frozen=True)
class VerificationResult:
    """The last verified entry, the number of verified entries, and how many of them have a dropped payload."""

    last: Mark = START
    entries: int = 0
    dropped: int = 0

    def and_then(self, entry: Entry) -> "VerificationResult":
        """The result with the next `entry`. Raises `BrokenChain` when it does not follow."""
        sequence = self.last.sequence + 1
        if reason := fault(entry, sequence=sequence, previous=self.last.hash):
            raise BrokenChain(sequence, reason)
        return VerificationResult(Mark(sequence, entry["hash"]), self.entries + 1, self.dropped + (DROPPED in entry))


async def verify_chain(log: EventLog, first: int = 1, noted: Mark | None = None) -> AsyncIterator[VerificationResult]:
    """Verify all entries of `log` from the number `first` on; yields the result before the first and after each entry.

    Raises `BrokenChain` at the first entry that is missing or was changed. Missing entries at the end are found only
    with `noted`, a mark of an earlier verification, of an entry not before the one before `first`.
    """
    so_far = VerificationResult(await _in_front_of(log, first))
    _compare(so_far.last, noted)
    yield so_far
    async for entry in log.walk_stored(first - 1):
        so_far = so_far.and_then(entry)
        _compare(so_far.last, noted)
        yield so_far
    if noted and noted.sequence > so_far.last.sequence:
        raise BrokenChain(so_far.last.sequence + 1, f"the log ends before it, but entry {noted.sequence} was noted")


async def _in_front_of(log: EventLog, first: int) -> Mark:
    mark = await log.mark(first - 1)
    if mark is None:
        raise BrokenChain(first - 1, "it is missing")
    return mark


def _compare(reached: Mark, noted: Mark | None) -> None:
    if noted and noted.sequence == reached.sequence and noted.hash != reached.hash:
        raise BrokenChain(reached.sequence, "it is not the one that was noted")
