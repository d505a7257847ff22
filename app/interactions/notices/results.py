# SPDX-License-Identifier: Apache-2.0
"""Results of sending: written onto the notice, and onto the interaction that it is about, where that has to know."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from app.errors import NotFound, Unavailable
from app.interactions.notices.outbound import ORIGIN, relationship, with_outcome
from app.interactions.notices.transport import Outcome
from app.interactions.tracking import INFORMED_BY, Tracking
from app.resources.resource import Document, Resource
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.interactions.notices import Delivery, NoticeRows
from app.storage.mongod.durable import Database

UNREACHED = "unreachedDate"
"""The attribute of an interaction that says since when a notice about it has reached nobody."""

ATTEMPTS = 20
PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Result:
    """What came of an attempt: the status of the notice then, and over which channel it went.

    It `waits` to be sent again, or is over. The interaction `unreached` gets onto the working list of those of which
    somebody could not be told; of that which is `informed`, the party has heard of its progress.
    """

    status: str
    outcome: Outcome
    channel: str = ""
    waits: Delivery | None = None
    unreached: str = ""
    informed: str = ""


class Results:
    """Writes what came of the notices of one resource, in the shape that is stored."""

    def __init__(
        self,
        database: Database,
        resource: Resource,
        documents: Repository,
        tracking: Tracking,
        rows: NoticeRows,
        clock: Callable[[], datetime],
    ) -> None:
        self._database, self._resource, self._documents = database, resource, documents
        self._tracking, self._rows, self._clock = tracking, rows, clock

    async def end(self, notice: StoredDocument) -> None:
        """Have a notice wait no more that is over."""
        # Who was first has it wait no more, or sees that it is over.
        await self._rows.write(self._rows.end(notice, {}))

    async def write_surely(self, notice: StoredDocument, delivery: Delivery, result: Result, seconds: float) -> None:
        """As `write`, and again for so many seconds while the database cannot be reached: until then the notice is
        nobody else's."""
        began = monotonic()
        while True:
            try:
                return await self.write(notice, delivery, result)
            except Unavailable:
                if monotonic() - began > seconds:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)

    async def write(self, notice: StoredDocument, delivery: Delivery, result: Result) -> None:
        """Write what came of an attempt to send a notice. Raises `Unavailable`."""
        for _ in range(ATTEMPTS):
            if self._tracking.is_over(notice.document):
                await self.end(notice)
                return
            if await self._attempt(notice, delivery, result):
                return
            try:
                seen, notice = notice, await self._documents.get(notice.id)
            except NotFound:
                return
            if result.waits and seen.revision == notice.revision:
                return  # Somebody else has claimed it since, and will say what came of it.
        raise Unavailable("What came of a notice could not be written, as others write it all the time")

    async def _attempt(self, notice: StoredDocument, delivery: Delivery, result: Result) -> bool:
        """Whether it could be written, as nobody was first to change something of it."""
        at = self._clock()
        after = with_outcome(self._resource, notice.document, result.status, result.outcome, result.channel, at)
        update = self._update(notice, after, at)
        if result.waits:
            write = self._rows.put_off(notice, update, delivery, result.waits)
        else:
            write = self._rows.end(notice, update)
        if not (result.unreached or result.informed):
            return await self._rows.write(write)
        work = UnitOfWork(self._database)
        self._rows.add(work, write)
        if result.unreached:
            await self._change(work, result.unreached, at, partial(_with_unreached_date, at=at))
        if result.informed:
            related = relationship(notice.id, INFORMED_BY)
            await self._change(work, result.informed, at, partial(_with_relationship, related=related))
        return await _commit(work)

    def _update(self, seen: StoredDocument, after: Document, at: datetime) -> Mapping[str, Any]:
        announced = self._resource.change(seen.revision + 1, seen.document, after, at, ORIGIN)
        assert announced is not None, "it has another item"
        return self._documents.update_of(seen, after, announced)

    async def _change(self, work: UnitOfWork, id: str, at: datetime, change: Callable[[Document], Document]) -> None:
        """Add to `work` a change of an interaction, unless it is gone, with all that follows for its promises."""
        try:
            seen = await self._documents.get(id)
        except NotFound:
            return
        after = change(seen.document)
        await self._tracking.ready(seen.document)
        self._tracking.advance(seen.document, after, at)
        self._resource.rules.touch(after, at)
        announced = self._resource.change(seen.revision + 1, seen.document, after, at, ORIGIN)
        if announced:
            work.replace(self._documents, seen, after, announced)


async def _commit(work: UnitOfWork) -> bool:
    try:
        await work.commit()
    except ConcurrentModification:
        return False
    return True


def _with_unreached_date(document: Document, at: datetime) -> Document:
    """An interaction of which somebody could not be told; since when, is that of the first time."""
    return {UNREACHED: at, **document}


def _with_relationship(document: Document, related: Document) -> Document:
    there = document.get("interactionRelationship", [])
    return document.copy() if related in there else {**document, "interactionRelationship": [*there, related]}
