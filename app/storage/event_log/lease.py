# SPDX-License-Identifier: Apache-2.0
"""A lease: which one of several processes does a piece of work now."""

from time import monotonic
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.domain.identifiers import new_id
from app.storage.mongod.durable import Database, durable

COLLECTION = "lease"

RENEWED = 4
"""How often a holder renews its lease in the time that it lasts; so it may fail a few times and still hold it."""

WAITING_SECONDS = 0.5
"""How often those who have not got the lease ask for it."""


class Lease:
    """The lease `name`, for one holder. Time is the database's, so clocks need not agree.

    Another takes over within `seconds` and `WAITING_SECONDS` after a holder died, and within the latter when it
    released the lease.

    A lease saves work; it does not exclude: a holder that hangs past `seconds` may wake beside the next one. `fence`
    grows with every new holder, for work that must refuse the older one.
    """

    def __init__(self, database: Database, name: str, *, seconds: float) -> None:
        self._leases = durable(database, COLLECTION)
        self._name = name
        self._seconds = seconds
        self.holder = new_id()
        self.fence = 0
        self._ask_again = 0.0

    async def hold(self) -> bool:
        """Take or renew the lease; whether we have it. Asks the database only when it is time to."""
        if monotonic() >= self._ask_again:
            self.fence = await self._ask()
            self._ask_again = monotonic() + (self._seconds / RENEWED if self.fence else WAITING_SECONDS)
        return bool(self.fence)

    async def release(self) -> None:
        """Let another process take over at once. Does nothing when we do not hold the lease."""
        self.fence, self._ask_again = 0, 0.0
        await self._leases.update_one(
            {"_id": self._name, "holder": self.holder}, [{"$set": {"holder": None, "expires": "$$NOW"}}]
        )

    async def _ask(self) -> int:
        try:
            row = await self._leases.find_one_and_update(
                {"_id": self._name}, self._claim(), upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # another process made the row in this moment
            return 0
        return row["fence"] if row and row["holder"] == self.holder else 0

    def _claim(self) -> list[dict[str, Any]]:
        ours = {"$eq": ["$holder", self.holder]}
        free = {"$lte": [{"$ifNull": ["$expires", "$$NOW"]}, "$$NOW"]}
        until = {"$add": ["$$NOW", int(self._seconds * 1000)]}
        fence = {"$ifNull": ["$fence", 0]}
        taken = {
            "holder": self.holder,
            "expires": until,
            "fence": {"$cond": [ours, fence, {"$add": [fence, 1]}]},
        }
        return [{"$replaceWith": {"$mergeObjects": ["$$ROOT", {"$cond": [{"$or": [ours, free]}, taken, {}]}]}}]
