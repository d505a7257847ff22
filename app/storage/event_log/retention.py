# SPDX-License-Identifier: Apache-2.0
"""Retention: drops payloads, the content of documents, from old entries of the event log."""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING

from app.domain import dates
from app.storage.documents.legal_holds import HeldIds, LegalHolds
from app.storage.event_log.chain import DROPPED, PAYLOAD, SEALED
from app.storage.event_log.event_log import COLLECTION, WHOLE
from app.storage.hubs import registrations
from app.storage.mongod.durable import Database, StoredRow, durable

Filter = dict[str, Any]

BATCH = 500
"""Entries in one write."""


class Retention:
    """Drops the payload of entries that were logged `days` ago or earlier; none with 0 days.

    Number, hashes, names of attributes and origin stay, so the chain still verifies. Entries that an active or paused
    listener has not received yet stay whole; those that only suspended listeners lack do not. So do entries about what
    is under a legal hold, as it was before or after the change.
    """

    def __init__(self, database: Database, *, days: int, holds: LegalHolds | None = None) -> None:
        """Without `holds` there are none."""
        self._events = durable(database, COLLECTION)
        self._database = database
        self._days = days
        self._holds = holds

    async def run_once(self) -> int:
        """Drop the payloads that are old enough now, and return of how many entries."""
        return await self.drop_old(dates.now())

    async def drop_old(self, now: datetime) -> int:
        """Drop, in batches, the payloads that are old enough at `now`, and return of how many entries."""
        if not self._days:
            return 0
        old = {"loggedAt": {"$lte": now - timedelta(days=self._days)}, **WHOLE, **await received_filter(self._database)}
        dropped, last = 0, None
        while True:
            # Asked before each batch, as going through a long log takes a while.
            held = await self._holds.held_ids() if self._holds and await self._holds.any_live() else None
            some = await self._some(old, last, held)
            if not some:
                return dropped
            last = some[-1]
            update = {"$unset": dict.fromkeys(PAYLOAD, True), "$set": {DROPPED: dates.now()}}
            sequences = [entry["_id"] for entry in some if not (held and _is_held(held, entry))]
            written = await self._events.update_many({"_id": {"$in": sequences}, **WHOLE}, update)
            dropped += written.modified_count

    async def _some(self, old: Filter, last: StoredRow | None, held: HeldIds | None) -> list[StoredRow]:
        """The first entries behind the `last` one; with what says whose they are, if anything is `held`."""
        fields = {"loggedAt": 1, **(_ownership_fields(held) if held else {})}
        order = [("loggedAt", ASCENDING), ("_id", ASCENDING)]
        behind = _behind(last) if last else {}
        return await self._events.find({"$and": [old, behind]}, fields, sort=order, limit=BATCH).to_list()


async def received_filter(database: Database) -> Filter:
    """The filter on entries that all active and paused listeners have received."""
    waiting = {"state": {"$ne": registrations.SUSPENDED}}
    hubs = durable(database, registrations.COLLECTION)
    last = await hubs.find_one(waiting, {"position": True}, sort=[("position", ASCENDING)])
    return {"_id": {"$lte": last["position"]}} if last else {}


def _behind(last: StoredRow) -> Filter:
    """The filter on entries behind the `last` one, in the order of their times and numbers."""
    at, number = last["loggedAt"], last["_id"]
    return {"$or": [{"loggedAt": {"$gt": at}}, {"loggedAt": at, "_id": {"$gt": number}}]}


def _ownership_fields(held: HeldIds) -> dict[str, int]:
    names = {name for resource in held.ownership.resources for name in held.ownership.attributes(resource)}
    members = ["resource", "resourceId", SEALED, "document.parties"]
    return dict.fromkeys([*members, *(f"{part}.{name}" for part in PAYLOAD for name in names)], 1)


def _is_held(held: HeldIds, entry: StoredRow) -> bool:
    if SEALED in entry:
        parties = {party for share in entry["document"] for party in share["parties"]}
        return held.includes(entry["resource"], entry["resourceId"], parties=parties)
    return held.includes(entry["resource"], entry["resourceId"], *(entry.get(part) for part in PAYLOAD))
