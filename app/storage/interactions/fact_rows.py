# SPDX-License-Identifier: Apache-2.0
"""The rows of interactions as insight reads them: packed facts, out of two covering indexes; documents are not read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from pymongo import ASCENDING, UpdateOne
from pymongo.errors import PyMongoError

from app.domain.events import lower_camel
from app.storage.documents.rows import FACT_INDEXES, FACTS, NAIVE
from app.storage.event_log.lease import Lease
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors, summary
from app.storage.mongod.noted_settings import COLLECTION as NOTES
from app.system.tasks import end

BATCH = 1000
"""Rows that are completed at a time."""
READ_BATCH = 10_000
"""Facts that are read at a time; in between others have their turn."""
SMALL = 10_000
"""Rows that a start completes before it serves."""
NOTE = "insight"
"""The row of `deployment` that says by which rules all rows have their facts."""
SPANS = (timedelta(hours=8), timedelta(days=2), timedelta(days=14), timedelta(days=90))
"""Bounds between what lasts shorter and longer; the last part is of what is open, too."""
_LEASE_SECONDS = 15.0
_PROJECTION = {"_id": False, f"{FACTS}.at": True, f"{FACTS}.end": True, f"{FACTS}.of": True}

Facts = Mapping[str, Any]
Pack = Callable[[Mapping[str, Any]], dict[str, Any] | None]

log = structlog.get_logger()


class FactRows:
    """The facts in the rows of `resource`, which `pack` makes of documents by the rules with a `digest`.

    Date-times are naive, in UTC.
    """

    def __init__(self, database: Database, resource: str, pack: Pack, digest: str, timeout_ms: int) -> None:
        self._database = database
        self._rows = durable(database, lower_camel(resource))
        self._facts = self._rows.with_options(codec_options=NAIVE)
        self._notes = durable(database, NOTES)
        self._pack = pack
        self._digest = digest
        self._timeout = timeout_ms
        self._tasks: list[asyncio.Task[None]] = []

    async def prepare(self) -> None:
        """Create the indexes, and complete rows that were written without facts: of many in the background."""
        await self._rows.create_indexes(FACT_INDEXES)
        if await self.is_complete():
            return
        if await self._rows.estimated_document_count() <= SMALL:
            await self.complete()
        else:
            self._tasks = [asyncio.create_task(self._complete_as_leader())]

    async def stop(self) -> None:
        """End what completes rows; the next start begins again."""
        await end(self._tasks)

    async def is_complete(self) -> bool:
        """Whether all rows have their facts by these rules."""
        with as_tmf_errors():
            return await self._notes.find_one({"_id": NOTE, "digest": self._digest}) is not None

    async def complete(self, lease: Lease | None = None) -> int:
        """Write the facts of all rows that have others, and return in how many; with a `lease`, as long as it is held.

        A row that changes meanwhile has its facts from whoever changed it.
        """
        written, last = 0, ""
        while lease is None or await lease.hold():
            found = self._rows.find(
                {"_id": {"$gt": last}}, {"revision": 1, "changed": 1, "document": 1, FACTS: 1}, limit=BATCH
            ).sort("_id", ASCENDING)
            rows = await found.to_list()
            if not rows:
                await self._notes.replace_one({"_id": NOTE}, {"digest": self._digest}, upsert=True)
                return written
            updates = [update for row in rows if (update := self._update(row))]
            if updates:
                written += (await self._rows.bulk_write(updates, ordered=False)).modified_count
            last = rows[-1]["_id"]
            await asyncio.sleep(0)
        return written

    async def created_between(self, begin: datetime, last: datetime) -> AsyncIterator[list[Facts]]:
        """The facts of what was created from `begin` to `last`, in batches."""
        async for batch in self._batches({f"{FACTS}.at": {"$gte": begin, "$lte": last}}, 0):
            yield batch

    async def open_at(self, begin: datetime) -> AsyncIterator[list[Facts]]:
        """The facts of what was created before `begin` and was not over then, in batches.

        What did not last long was created not long before: so few entries of the index are read in vain.
        """
        for span, longest in enumerate((*SPANS, None)):
            since = {} if longest is None else {"$gt": begin - longest}
            criteria = {f"{FACTS}.span": span, f"{FACTS}.at": {**since, "$lt": begin}, f"{FACTS}.end": {"$gt": begin}}
            async for batch in self._batches(criteria, 1):
                yield batch

    async def of_ids(self, ids: Collection[str]) -> dict[str, Facts]:
        """The facts of these interactions, by id, of those that there are."""
        with as_tmf_errors():
            found = self._facts.find({"_id": {"$in": list(ids)}}, {FACTS: True}, max_time_ms=self._timeout)
            return {row["_id"]: row[FACTS] for row in await found.to_list() if FACTS in row}

    async def _batches(self, criteria: Mapping[str, Any], index: int) -> AsyncIterator[list[Facts]]:
        hint = FACT_INDEXES[index].document["name"]
        with as_tmf_errors():
            found = self._facts.find(criteria, _PROJECTION, hint=hint, batch_size=READ_BATCH, max_time_ms=self._timeout)
            async with found:
                while batch := await found.to_list(READ_BATCH):
                    yield [row[FACTS] for row in batch]

    def _update(self, row: Mapping[str, Any]) -> UpdateOne | None:
        facts = self._pack(row["document"])
        if facts == row.get(FACTS):
            return None
        as_read = {"_id": row["_id"], "revision": row["revision"], "changed": row["changed"]}
        return UpdateOne(as_read, {"$set": {FACTS: facts}} if facts else {"$unset": {FACTS: True}})

    async def _complete_as_leader(self) -> None:
        """Complete all rows in one process of all that would; the others wait for it."""
        lease = Lease(self._database, "insight", seconds=_LEASE_SECONDS)
        while True:
            try:
                if await self.is_complete():
                    return
                if await lease.hold():
                    log.info("interactions are prepared for insight", rows=await self.complete(lease))
                    await lease.release()
            except PyMongoError as failure:
                log.warning("interactions are not prepared for insight yet", error=summary(failure))
            await asyncio.sleep(1)


async def forget_facts(database: Database) -> None:
    """Note that rows are written without facts from now on."""
    await durable(database, NOTES).delete_one({"_id": NOTE})


async def answered_surveys(
    database: Database, kinds: Iterable[str], begin: datetime, end: datetime, timeout_ms: int
) -> AsyncIterator[list[tuple[str, dict[str, Any]]]]:
    """The surveys of these kinds whose state last changed from `begin` until before `end`: ids and documents, in
    batches."""
    members = ("surveyType", "status", "statusDate", "score", "ratedEntity")
    criteria = {"document.surveyType": {"$in": list(kinds)}, "document.statusDate": {"$gte": begin, "$lt": end}}
    with as_tmf_errors():
        found = durable(database, "satisfactionSurvey").find(
            criteria, {f"document.{name}": True for name in members}, batch_size=BATCH, max_time_ms=timeout_ms
        )
        async with found:
            while batch := await found.to_list(BATCH):
                yield [(row["_id"], row["document"]) for row in batch]
