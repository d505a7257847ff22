# SPDX-License-Identifier: Apache-2.0
"""The rewrite of the chain: payloads that earlier releases logged are sealed or salted, and all hashes made anew.

It can be repeated after a crash: what was rewritten is noted in the transaction that rewrites it.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, NamedTuple

from bson import Int64
from pymongo import ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain import dates
from app.domain.identifiers import new_id
from app.storage.archive import archived_rows
from app.storage.event_log.chain import DROPPED, START, Entry, Mark, fault, relink, tells_content
from app.storage.event_log.event_log import COLLECTION, EventLog, bson_size
from app.storage.event_log.verification import BrokenChain
from app.storage.mongod import noted_settings
from app.storage.mongod.durable import BULK_SECONDS, Database, durable
from app.storage.mongod.transactions import transact
from app.storage.sealing.sealed_payloads import SealedPayloads

PROGRESS = "chainRewrite"
"""The `_id` of the row of `deployment` that notes how far a rewrite has come."""

BATCH = 200
BATCH_BYTES = 4 * 1024 * 1024

EVENT_LOG = "EventLog"
"""The resource of the entry that records a rewrite."""


class Progress(NamedTuple):
    """A rewrite from the entry `first` on, up to `former` as it was before, and `present` as it is now.

    `event` is the id of the entry that will record it.
    """

    first: int
    former: Mark
    present: Mark
    event: str


class ChainRewrite:
    """Rewrites a log that nothing is appended to meanwhile; `payloads` seals what is plain and concerns a party."""

    def __init__(self, database: Database, payloads: SealedPayloads | None) -> None:
        self._database = database
        self._payloads = payloads
        self._log = EventLog(database, payloads)
        self._events = durable(database, COLLECTION)
        self._pointers = durable(database, archived_rows.COLLECTION)
        self._notes = durable(database, noted_settings.COLLECTION)

    async def run(self) -> AsyncGenerator[Progress]:
        """Rewrite all entries from the first on that needs it; yields after each batch, and never if none does.

        Raises `BrokenChain` at an entry that does not follow the one before it, as it was.
        """
        progress = await self._resume() or await self._begin()
        if progress is None:
            return
        batch: list[dict[str, Any]] = []
        size = 0
        async for entry in self._log.walk_stored(progress.present.sequence):
            batch.append(entry)
            size += bson_size(entry)
            if len(batch) == BATCH or size > BATCH_BYTES:
                yield (progress := await self._rewrite(batch, progress))
                batch, size = [], 0
        yield (progress := await self._rewrite(batch, progress))
        await self._log.append([_record(progress)])
        await self._notes.delete_one({"_id": PROGRESS})

    async def _resume(self) -> Progress | None:
        row = await self._notes.find_one({"_id": PROGRESS})
        if row is None:
            return None
        return Progress(row["first"], Mark(*row["former"]), Mark(*row["present"]), row["event"])

    async def _begin(self) -> Progress | None:
        before = START
        async for entry in self._log.walk_stored(0):
            plain = await self._seal([entry]) != [entry]
            if plain or (tells_content(entry) and not await self._archived_payloads([entry])):
                return Progress(entry["_id"], before, before, new_id())
            before = Mark(entry["_id"], entry["hash"])
        return None

    async def _seal(self, entries: Sequence[Entry]) -> list[Entry]:
        return await self._payloads.seal(entries) if self._payloads else list(entries)

    async def _archived_payloads(self, entries: Sequence[Entry]) -> set[int]:
        """The numbers of those entries whose payloads are gone because they are in the archive."""
        about = {entry["_id"]: f"{entry['resource']}/{entry['resourceId']}" for entry in entries if DROPPED in entry}
        if not about:
            return set()
        pointers = self._pointers.find({"_id": {"$in": sorted(set(about.values()))}}, {"_id": True})
        archived = {row["_id"] async for row in pointers}
        return {number for number, target in about.items() if target in archived}

    async def _rewrite(self, batch: Sequence[dict[str, Any]], progress: Progress) -> Progress:
        former, present, now = progress.former, progress.present, dates.now()
        archived, writes = await self._archived_payloads(batch), []
        for entry, sealed in zip(batch, await self._seal(batch), strict=True):
            reasons = [fault(entry, sequence=former.sequence + 1, previous=mark.hash) for mark in (former, present)]
            if all(reasons):  # What was logged after a rewrite that was killed at its end follows the present mark.
                raise BrokenChain(former.sequence + 1, str(reasons[0]))
            new = relink(sealed, previous=present.hash, now=now, archived=entry["_id"] in archived)
            writes.append(ReplaceOne({"_id": entry["_id"], "hash": entry["hash"]}, new))
            former, present = Mark(entry["_id"], entry["hash"]), Mark(entry["_id"], new["hash"])
        reached = progress._replace(former=former, present=present)

        async def write(session: AsyncClientSession) -> None:
            if writes:
                await self._events.bulk_write(writes, session=session)
            await self._notes.replace_one({"_id": PROGRESS}, _row(reached), upsert=True, session=session)

        await transact(self._database, write, BULK_SECONDS)
        return reached


def _row(progress: Progress) -> dict[str, Any]:
    marks = {name: [Int64(mark.sequence), mark.hash] for name, mark in progress._asdict().items() if name in _MARKS}
    return {"first": Int64(progress.first), "event": progress.event, **marks}


_MARKS = ("former", "present")


def _record(progress: Progress) -> dict[str, Any]:
    """The entry that tells of a rewrite: which marks were noted before, and what they are now."""
    document = {"first": progress.first, "former": str(progress.former), "present": str(progress.present)}
    return {
        "eventId": progress.event,
        "eventType": "EventLogRewriteEvent",
        "kind": "Rewrite",
        "api": "liaison",
        "resource": EVENT_LOG,
        "resourceId": "rewrite",
        "revision": 1,
        "at": dates.now(),
        "correlationId": None,
        "actor": None,
        "changed": sorted(document),
        "before": {},
        "document": document,
    }
