# SPDX-License-Identifier: Apache-2.0
"""Retention: drops payloads, the content of documents, from old entries of the event log."""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING

from app.domain import dates
from app.storage.event_log.chain import DROPPED, PAYLOAD
from app.storage.event_log.event_log import COLLECTION, WHOLE
from app.storage.hubs import registrations
from app.storage.mongod.durable import Database, durable

BATCH = 500
"""Entries in one write."""


class Retention:
    """Drops the payload of entries that were logged `days` ago or earlier; none with 0 days.

    Number, hashes, names of attributes and origin stay, so the chain still verifies. Entries that an active or paused
    listener has not received yet stay whole; those that only suspended listeners lack do not.
    """

    def __init__(self, database: Database, *, days: int) -> None:
        self._events = durable(database, COLLECTION)
        self._hubs = durable(database, registrations.COLLECTION)
        self._days = days

    async def run_once(self) -> int:
        """Drop the payloads that are old enough now, and return of how many entries."""
        return await self.drop_old(dates.now())

    async def drop_old(self, now: datetime) -> int:
        """Drop, in batches, the payloads that are old enough at `now`, and return of how many entries."""
        if not self._days:
            return 0
        old = {"loggedAt": {"$lte": now - timedelta(days=self._days)}, **WHOLE, **await self._consumed_filter()}
        dropped = 0
        while sequences := await self._some(old):
            update = {"$unset": dict.fromkeys(PAYLOAD, True), "$set": {DROPPED: dates.now()}}
            written = await self._events.update_many({"_id": {"$in": sequences}, **WHOLE}, update)
            dropped += written.modified_count
        return dropped

    async def _some(self, old: dict[str, Any]) -> list[int]:
        found = self._events.find(old, {"_id": True}, sort=[("loggedAt", ASCENDING), ("_id", ASCENDING)], limit=BATCH)
        return [entry["_id"] async for entry in found]

    async def _consumed_filter(self) -> dict[str, Any]:
        """The filter on entries that all active and paused listeners have received."""
        waiting = {"state": {"$ne": registrations.SUSPENDED}}
        last = await self._hubs.find_one(waiting, {"position": True}, sort=[("position", ASCENDING)])
        return {"_id": {"$lte": last["position"]}} if last else {}
