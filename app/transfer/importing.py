# SPDX-License-Identifier: Apache-2.0
"""An import: batch after batch is read, created and noted, so that it may end anywhere and go on from there."""

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
    """The import of a source: `creator` makes resources of its lines, `actor` is who asks for them."""

    def __init__(self, source: Source, creator: Creator, actor: str) -> None:
        self._source = source
        self._creator = creator
        self._actor = actor

    async def run(
        self, at: Checkpoint, path: Path, rejects: Path, stop: asyncio.Event, report: Callable[[Checkpoint], None]
    ) -> Checkpoint:
        """Go on from `at` to the end or until `stop`; after each batch a checkpoint is saved at `path`, and reported.

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
        """The batches in their order, with what became of their lines; some of the next are under way meanwhile."""
        batches, under_way = self._source.batches(at.place), deque[UnderWay]()
        try:
            while self._fill(under_way, batches, at, stop):
                batch, task = under_way.popleft()
                yield batch, await self._retry_refused(batch, await task, at)
                await asyncio.sleep(0)  # without a write to wait for, only here it is heard that we are to stop
        finally:
            for _, task in under_way:
                task.cancel()

    def _fill(self, under_way: deque[UnderWay], batches: Iterator[Batch], at: Checkpoint, stop: asyncio.Event) -> bool:
        """Begin with further batches while that is worth it; whether there is anything under way."""
        while len(under_way) < self._creator.at_once and not stop.is_set() and (batch := next(batches, None)):
            portion = Portion(batch.lines, at.ids, self._actor)
            under_way.append((batch, asyncio.create_task(self._creator.ends(portion))))
        return bool(under_way)

    async def _retry_refused(self, batch: Batch, ends: list[End], at: Checkpoint) -> list[End]:
        """What became of the lines of a batch once all before it are done: what was refused may refer to these."""
        refused = [line for line, end in _pairs(batch.lines, ends) if isinstance(end, TmfError)]
        if self._creator.at_once == 1 or not refused:
            return ends
        again = iter(await self._creator.ends(Portion(refused, at.ids, self._actor)))
        return [next(again) if isinstance(end, TmfError) else end for end in ends]


def _pairs(lines: list[Line], ends: list[End]) -> Iterator[tuple[Line, End]]:
    return zip(lines, ends, strict=True)
