# SPDX-License-Identifier: Apache-2.0
"""The scan of a resource: all parties are read, and those with a blocking key in common compared, each pair once."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from app.domain import dates
from app.identity.party_rules import PartyRules
from app.identity.scanning import work
from app.identity.scanning.spool import BUCKETS, Buckets, Spool
from app.storage.identity.party_rows import PartyRows
from app.storage.identity.scans import LeftOut, ScanCheckpoint, ScanCounts, Scans, ScanTerms
from app.storage.identity.suspicions import SuspectedPair, Suspicions
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import BULK_SECONDS, Database
from app.storage.mongod.transactions import transact
from app.system.worker_pool import WorkerPool

LARGEST_BLOCK = 300
"""Parties with one key in common that are compared with each other; of more, the key says too little."""
PORTION = 4000
"""Pairs, about, that a process compares at a time."""
AHEAD = 3
"""Buckets that are compared while the one before them is recorded."""
CHECKPOINT_SECONDS = 1.0
"""Seconds of work at most, about, that are done again after a kill, once all parties are read."""

LOST = "A process of the scan ended; the same command goes on from the last checkpoint"

Advance = Callable[[int], None]
"""Called with how much more was done."""


@dataclass(frozen=True)
class ScanSettings:
    """How a scan is done: by the rules of a `file` (empty for the server's own), in so many `workers`."""

    rules: PartyRules
    file: str
    workers: int
    largest_block: int = LARGEST_BLOCK
    anew: bool = False
    checkpoint_seconds: float = CHECKPOINT_SECONDS


class _Bucket(NamedTuple):
    """A bucket whose blocks are being compared."""

    number: int
    left_out: list[LeftOut]
    compared: "list[asyncio.Task[work.BlockResult]]"


class Scan:
    """The scan of a resource.

    What is found is recorded in one transaction with the checkpoint behind it. A scan that is killed goes on behind
    that, and finds what it would have found: in which block a pair is compared depends on the keys of both alone.
    """

    def __init__(self, database: Database, resource: str, settings: ScanSettings) -> None:
        self._database, self._resource, self._settings = database, resource, settings
        self._scans, self._suspicions = Scans(database), Suspicions(database)
        self._rows = PartyRows(database, settings.rules.attributes)
        self.parties = 0

    async def run(self, stop: asyncio.Event, reading: Advance, comparing: Advance) -> ScanCheckpoint:
        """Compare all parties, or fewer where `stop` is set before. Raises `Conflict` where another scan took over."""
        settings, rules = self._settings, self._settings.rules
        terms = ScanTerms(rules.rules.version, rules.digest, settings.largest_block)
        at = await self._scans.take(self._resource, terms, dates.now(), anew=settings.anew)
        with (
            closing(Spool()) as spool,
            closing(Buckets()) as buckets,
            WorkerPool(settings.workers, LOST, work.start, settings.file, rules.resources, spool) as pool,
        ):
            async for extracted in self._extract(pool, stop):
                _keep(extracted, spool, buckets)
                reading(len(extracted))
            spool.flush()
            comparing(at.bucket)
            done, due = list[_Bucket](), time.monotonic() + settings.checkpoint_seconds
            async for bucket in self._compare(pool, buckets, at, stop):
                done.append(bucket)
                if time.monotonic() >= due or bucket.number == BUCKETS - 1:
                    at = await self._record(at, done)
                    comparing(len(done))
                    done, due = [], time.monotonic() + settings.checkpoint_seconds
        return at

    async def end(self, at: ScanCheckpoint) -> None:
        """Note that all is done. Raises `Conflict` as `run` does."""
        await transact(self._database, partial(self._scans.end, at, dates.now(), self.parties))

    async def _extract(self, pool: WorkerPool, stop: asyncio.Event) -> AsyncIterator[list[work.RecordKeys]]:
        """The records of all parties, in the order of their ids."""
        waiting = deque[asyncio.Task[list[work.RecordKeys]]]()
        async for page in self._rows.pages(self._resource):
            if stop.is_set():
                break
            self.parties += len(page)
            waiting.append(asyncio.create_task(pool.call(work.extract, self._resource, page)))
            if len(waiting) > pool.at_once:
                yield await waiting.popleft()
        while waiting:
            yield await waiting.popleft()

    async def _compare(
        self, pool: WorkerPool, buckets: Buckets, at: ScanCheckpoint, stop: asyncio.Event
    ) -> AsyncIterator[_Bucket]:
        """The buckets from the checkpoint on, in their order, as each is compared."""
        waiting = deque[_Bucket]()
        common = {int(each.key, 16) for each in at.left_out}
        for number in range(at.bucket, BUCKETS):
            if stop.is_set():
                break
            waiting.append(await self._begin(pool, number, buckets, common))
            if len(waiting) > AHEAD:
                await asyncio.gather(*waiting[0].compared)
                yield waiting.popleft()
        while waiting and not stop.is_set():
            await asyncio.gather(*waiting[0].compared)
            yield waiting.popleft()
        for task in [task for bucket in waiting for task in bucket.compared]:
            task.cancel()

    async def _begin(self, pool: WorkerPool, number: int, buckets: Buckets, common: set[int]) -> _Bucket:
        """Have the blocks of a bucket compared, but for those that are too large: their keys become too `common`."""
        left_out, blocks = list[LeftOut](), list[work.Block]()
        for key, places in buckets.blocks(number):
            if len(places) <= self._settings.largest_block:
                blocks.append((key, places))
                continue
            common.add(key)
            name = await pool.call(work.name_of, key, places[0])
            left_out.append(LeftOut(f"{key:016x}", name, len(places), _pairs(places)))
        compared = [
            asyncio.create_task(pool.call(work.compare, self._resource, portion, frozenset(common)))
            for portion in _portions(blocks)
        ]
        return _Bucket(number, left_out, compared)

    async def _record(self, at: ScanCheckpoint, buckets: Sequence[_Bucket]) -> ScanCheckpoint:
        """Record what is found in the next buckets, and that they are done."""
        compared = [task.result() for bucket in buckets for task in bucket.compared]
        suspected = [pair for each in compared for pair in each.suspected]
        new = await self._suspicions.unknown(suspected)
        counts = ScanCounts(sum(each.pairs for each in compared), len(suspected), len(new))
        left_out = [*at.left_out, *(each for bucket in buckets for each in bucket.left_out)]
        after = replace(at, bucket=buckets[-1].number + 1, counts=at.counts.plus(counts), left_out=left_out)
        await transact(self._database, partial(self._write, after, new), BULK_SECONDS)
        return after

    async def _write(self, at: ScanCheckpoint, new: Sequence[SuspectedPair], session: Session) -> None:
        await self._scans.save(at, session)
        await self._suspicions.record(new, dates.now(), session)


def _keep(extracted: Sequence[work.RecordKeys], spool: Spool, buckets: Buckets) -> None:
    for each, place in zip(extracted, spool.add([each.record for each in extracted]), strict=True):
        for key in each.keys:
            buckets.add(key, place)


def _pairs(places: Sequence[int]) -> int:
    return len(places) * (len(places) - 1) // 2


def _portions(blocks: Sequence[work.Block]) -> Iterator[list[work.Block]]:
    """The blocks in portions of about the same work."""
    portion, pairs = list[work.Block](), 0
    for block in blocks:
        portion.append(block)
        pairs += _pairs(block[1])
        if pairs >= PORTION:
            yield portion
            portion, pairs = [], 0
    if portion:
        yield portion
