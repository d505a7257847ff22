# SPDX-License-Identifier: Apache-2.0
"""Leases: leader election among processes for a piece of work, by a row that expires."""

from time import monotonic
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from app.domain.identifiers import new_id
from app.storage.mongod.durable import Database, durable

COLLECTION = "lease"

RENEWED = 4
"""Renewals within the duration of a lease, so that a holder may fail to renew a few times and still hold it."""

WAITING_SECONDS = 0.5
"""Seconds between two attempts of a process without the lease to take it."""


class Lease:
    """The lease `name`, for one holder. Time is that of the database, so clocks need not agree.

    Another process takes over within `seconds` and `WAITING_SECONDS` after the holder died, and within the latter
    after it released the lease.

    A lease does not exclude two holders: one that hangs past `seconds` may go on beside the next one. `fence`, a
    fencing token, grows with every new holder, for work that must refuse the older one.
    """

    def __init__(self, database: Database, name: str, *, seconds: float) -> None:
        self._leases = durable(database, COLLECTION)
        self._name = name
        self._seconds = seconds
        self.holder = new_id()
        self.fence = 0
        self._ask_again = 0.0

    async def hold(self) -> bool:
        """Take or renew the lease, and return whether this process holds it. Calls the database only when due."""
        if monotonic() >= self._ask_again:
            self.fence = await self._ask()
            self._ask_again = monotonic() + (self._seconds / RENEWED if self.fence else WAITING_SECONDS)
        return bool(self.fence)

    async def release(self) -> None:
        """Release the lease, if this process holds it, so that another one takes over at once."""
        self.fence, self._ask_again = 0, 0.0
        await self._leases.update_one(
            {"_id": self._name, "holder": self.holder}, [{"$set": {"holder": None, "expires": "$$NOW"}}]
        )

    async def _ask(self) -> int:
        try:
            row = await self._leases.find_one_and_update(
                {"_id": self._name}, self._claim(), upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:  # Another process inserted the row in this moment.
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
