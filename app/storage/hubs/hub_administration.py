# SPDX-License-Identifier: Apache-2.0
"""What an operator does to registrations, at whichever hub they are: every one of them is a single write."""

from bson import Int64
from pymongo import ASCENDING

from app.errors import NotFound, shorten
from app.storage.hubs.registrations import ACTIVE, COLLECTION, PAUSED, Registration
from app.storage.mongod.durable import Database, durable

_UNHARMED = {"attempts": 0, "nextAttempt": None, "failingSince": None}
"""As if nothing had failed."""


class HubAdministration:
    """The collection `hub` in the hands of an operator. A running relay follows when it next looks at it."""

    def __init__(self, database: Database) -> None:
        self._hubs = durable(database, COLLECTION)

    async def every(self) -> list[Registration]:
        """All registrations, in the order in which they were made."""
        return await self._hubs.find({}, sort=[("registered", ASCENDING), ("_id", ASCENDING)]).to_list()

    async def find(self, id: str) -> Registration:
        """The registration `id`. Raises `NotFound`."""
        row = await self._hubs.find_one({"_id": id})
        if row is None:
            raise NotFound(f"There is no registration '{shorten(id)}' at any hub")
        return row

    async def pause(self, id: str) -> bool:
        """Stop delivering to an active listener; whether it was active.

        The generation stays, so that the delivery that ends may still note how far it came.
        """
        paused = await self._hubs.update_one({"_id": id, "state": ACTIVE}, {"$set": {"state": PAUSED}})
        return bool(paused.matched_count)

    async def resume(self, id: str, position: int) -> None:
        """Deliver again, at once, from where it ended or from `position`, whichever is further on."""
        active = {"$set": {"state": ACTIVE, "lastError": None, **_UNHARMED}, "$max": {"position": Int64(position)}}
        await self._hubs.update_one({"_id": id}, active | {"$inc": {"generation": 1}})

    async def rewind(self, id: str, position: int) -> bool:
        """Go back to `position`, never forward; whether there is `id` and it stood there or further on."""
        back = {"$set": {"position": Int64(position), **_UNHARMED}, "$inc": {"generation": 1}}
        return bool((await self._hubs.update_one({"_id": id, "position": {"$gte": position}}, back)).matched_count)
