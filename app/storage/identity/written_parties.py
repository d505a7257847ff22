# SPDX-License-Identifier: Apache-2.0
"""What matching reads of the event log: which parties were written, in the order of the log."""

from collections.abc import Collection
from typing import NamedTuple

from pymongo import ASCENDING, DESCENDING

from app.domain.events import DUPLICATE_SUSPECTED
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Database, durable


class WrittenParty(NamedTuple):
    """A party that was written, or deleted, and the correlation id of the last write."""

    resource: str
    id: str
    correlation_id: str | None


class WrittenParties(NamedTuple):
    """The parties in some entries of the log, in the order of their last entry; `position` is that of the last entry,
    and `more` whether others may follow."""

    parties: list[WrittenParty]
    position: int
    more: bool


class PartyLog:
    """The event log, for who follows what is written about documents of some resources."""

    def __init__(self, database: Database, resources: Collection[str]) -> None:
        self._events = durable(database, COLLECTION)
        self._resources = frozenset(resources)

    async def tail(self) -> int:
        """The number of the last entry."""
        last = await self._events.find_one({}, {"_id": True}, sort=[("_id", DESCENDING)])
        return last["_id"] if last else 0

    async def behind(self, position: int, limit: int) -> WrittenParties:
        """The parties in the next entries, at most so many, behind a position; announcements write none."""
        fields = dict.fromkeys(("resource", "resourceId", "kind", "correlationId"), True)
        found = self._events.find({"_id": {"$gt": position}}, fields, sort=[("_id", ASCENDING)], limit=limit)
        entries = await found.to_list()
        written: dict[tuple[str, str], WrittenParty] = {}
        for entry in entries:
            target = entry["resource"], entry["resourceId"]
            if entry["resource"] in self._resources and entry["kind"] != DUPLICATE_SUSPECTED:
                written.pop(target, None)  # The last entry of a party decides on its place.
                written[target] = WrittenParty(*target, entry["correlationId"])
        return WrittenParties([*written.values()], entries[-1]["_id"] if entries else position, len(entries) == limit)
