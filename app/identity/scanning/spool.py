# SPDX-License-Identifier: Apache-2.0
"""Files of a scan without a name, which are gone with it: the records, and the keys in buckets.

So its memory stays small however many parties there are, and nothing of a party is left on the disk when it is killed.
"""

import os
from array import array
from collections.abc import Iterator, Sequence
from multiprocessing import reduction
from tempfile import TemporaryFile
from typing import Any

BUCKETS = 256
"""How many buckets of keys there are: those of one begin with the same two hexadecimal digits."""

_LENGTH_BITS = 24
_LONGEST = (1 << _LENGTH_BITS) - 1
BUFFERED = 1 << 12
"""Numbers that wait in memory for the file of a bucket."""


class Spool:
    """Records as bytes, each at a place, which says where it begins and how long it is. Other processes read them
    through their own descriptor of the file."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._descriptor, self._end = self._file.fileno(), 0

    def __getstate__(self) -> Any:
        return reduction.DupFd(self._descriptor)

    def __setstate__(self, duplicate: Any) -> None:
        self._descriptor = duplicate.detach()

    def add(self, records: Sequence[bytes]) -> list[int]:
        """Append records; returns the place of each."""
        places = []
        for each in records:
            assert len(each) <= _LONGEST, "what counts of values is limited"
            places.append(self._end << _LENGTH_BITS | len(each))
            self._end += len(each)
        self._file.write(b"".join(records))
        return places

    def flush(self) -> None:
        """Let others read all that was added."""
        self._file.flush()

    def read(self, place: int) -> bytes:
        """The record at a place."""
        return os.pread(self._descriptor, place & _LONGEST, place >> _LENGTH_BITS)

    def close(self) -> None:
        """Give the file up."""
        self._file.close()


class Buckets:
    """The keys of all records with the places of these, in buckets, each in the order of its keys."""

    def __init__(self) -> None:
        self._files = [TemporaryFile(buffering=0) for _ in range(BUCKETS)]  # noqa: SIM115 - `close` closes them
        self._waiting = [array("Q") for _ in range(BUCKETS)]

    def add(self, key: int, place: int) -> None:
        """Note that the record at a place has a key."""
        number = key >> 56
        waiting = self._waiting[number]
        waiting.append(key)
        waiting.append(place)
        if len(waiting) >= BUFFERED:
            self._write(number)

    def blocks(self, number: int) -> Iterator[tuple[int, list[int]]]:
        """The keys of a bucket that several records have, in order, each with the places of these."""
        self._write(number)
        self._files[number].seek(0)
        pairs = array("Q", self._files[number].read())
        last, places = -1, list[int]()
        for key, place in sorted(zip(pairs[::2], pairs[1::2], strict=True)):
            if key != last:
                if len(places) > 1:
                    yield last, places
                last, places = key, []
            places.append(place)
        if len(places) > 1:
            yield last, places

    def close(self) -> None:
        """Give the files up."""
        for each in self._files:
            each.close()

    def _write(self, number: int) -> None:
        self._files[number].write(self._waiting[number].tobytes())
        self._waiting[number] = array("Q")
