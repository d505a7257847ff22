# SPDX-License-Identifier: Apache-2.0
"""Imports: batches are read, created and noted in a checkpoint, so that an import can be resumed anywhere."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from app.errors import TmfError
from app.transfer.batch import Creator, End, ImportOutcome, Portion
from app.transfer.checkpoint import Checkpoint, Counts
from app.transfer.rejects import Rejects
from app.transfer.sources import Batch, Line, Source

UnderWay = tuple[Batch, "asyncio.Task[list[End]]"]


class Import:
    """The import of a source: `creator` creates resources of its lines, `actor` is that of the changes."""

    def __init__(self, source: Source, creator: Creator, actor: str) -> None:
        self._source = source
        self._creator = creator
        self._actor = actor

    async def run(
        self, at: Checkpoint, path: Path, rejects: Path, stop: asyncio.Event, report: Callable[[Checkpoint], None]
    ) -> Checkpoint:
        """Run from the checkpoint `at` to the end or until `stop`; saves a checkpoint to `path` after each batch.

        Raises `StartError` for a file that cannot be read or written, and when the database stays away.
        """
        with Rejects(rejects, at.rejected_bytes) as file:
            async with aclosing(self._completed_batches(at, stop)) as done:
                async for batch, ends in done:
                    refused = [(line, end) for line, end in _pairs(batch.lines, ends) if isinstance(end, TmfError)]
                    file.add(refused)
                    counts = at.counts + Counts(
                        ends.count(ImportOutcome.CREATED), ends.count(ImportOutcome.THERE), len(refused)
                    )
                    at = replace(at, place=batch.end, counts=counts, rejected_bytes=file.size)
                    at.save(path)
                    report(at)
        return at

    async def _completed_batches(self, at: Checkpoint, stop: asyncio.Event) -> AsyncGenerator[tuple[Batch, list[End]]]:
        """The batches in their order, with the outcomes of their lines; some of the next are in flight meanwhile."""
        batches, under_way = self._source.batches(at.place), deque[UnderWay]()
        try:
            while self._fill(under_way, batches, at, stop):
                batch, task = under_way.popleft()
                yield batch, await self._retry_refused(batch, await task, at)
                await asyncio.sleep(0)  # Lets the signal handler run, where no write is awaited.
        finally:
            for _, task in under_way:
                task.cancel()

    def _fill(self, under_way: deque[UnderWay], batches: Iterator[Batch], at: Checkpoint, stop: asyncio.Event) -> bool:
        """Start batches up to the creator's `at_once`; whether any is in flight."""
        while len(under_way) < self._creator.at_once and not stop.is_set() and (batch := next(batches, None)):
            portion = Portion(batch.lines, at.ids, self._actor)
            under_way.append((batch, asyncio.create_task(self._creator.ends(portion))))
        return bool(under_way)

    async def _retry_refused(self, batch: Batch, ends: list[End], at: Checkpoint) -> list[End]:
        """The outcomes after a retry of refused lines, once earlier batches, which they may refer to, are done."""
        refused = [line for line, end in _pairs(batch.lines, ends) if isinstance(end, TmfError)]
        if self._creator.at_once == 1 or not refused:
            return ends
        again = iter(await self._creator.ends(Portion(refused, at.ids, self._actor)))
        return [next(again) if isinstance(end, TmfError) else end for end in ends]


def _pairs(lines: list[Line], ends: list[End]) -> Iterator[tuple[Line, End]]:
    return zip(lines, ends, strict=True)
