# SPDX-License-Identifier: Apache-2.0
"""Administration of registrations at all hubs, by an operator; each method is a single write."""

from bson import Int64
from pymongo import ASCENDING

from app.errors import NotFound, shorten
from app.storage.hubs.registrations import ACTIVE, COLLECTION, PAUSED, Registration
from app.storage.mongod.durable import Database, durable

_UNHARMED = {"attempts": 0, "nextAttempt": None, "failingSince": None}
"""The members of a registration that has no failures."""


class HubAdministration:
    """The operator's view of the collection `hub`. A running relay takes changes up when it next reads it."""

    def __init__(self, database: Database) -> None:
        self._hubs = durable(database, COLLECTION)

    async def every(self) -> list[Registration]:
        """All registrations, in the order of their creation."""
        return await self._hubs.find({}, sort=[("registered", ASCENDING), ("_id", ASCENDING)]).to_list()

    async def find(self, id: str) -> Registration:
        """The registration `id`. Raises `NotFound`."""
        row = await self._hubs.find_one({"_id": id})
        if row is None:
            raise NotFound(f"There is no registration '{shorten(id)}' at any hub")
        return row

    async def pause(self, id: str) -> bool:
        """Pause an active listener, and return whether it was active.

        The generation stays, so that a delivery in flight can still record its outcome.
        """
        paused = await self._hubs.update_one({"_id": id, "state": ACTIVE}, {"$set": {"state": PAUSED}})
        return bool(paused.matched_count)

    async def resume(self, id: str, position: int) -> None:
        """Resume deliveries at once, behind the last delivered entry or `position`, whichever is further on."""
        active = {"$set": {"state": ACTIVE, "lastError": None, **_UNHARMED}, "$max": {"position": Int64(position)}}
        await self._hubs.update_one({"_id": id}, active | {"$inc": {"generation": 1}})

    async def rewind(self, id: str, position: int) -> bool:
        """Set the position back to `position`; false when there is no `id`, or its position is before that already."""
        back = {"$set": {"position": Int64(position), **_UNHARMED}, "$inc": {"generation": 1}}
        return bool((await self._hubs.update_one({"_id": id, "position": {"$gte": position}}, back)).matched_count)
