# SPDX-License-Identifier: Apache-2.0
"""The lock of a hierarchy: of two transactions that put something below something, one sees what the other wrote.

Each alone may be right and both together close a cycle, though they write different documents (write skew).
"""

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from app.storage.documents.batching import ConcurrentModification
from app.storage.mongod.durable import Database, durable

COLLECTION = "hierarchy"


class RelationshipLock:
    """The collection `hierarchy`: `{_id: "Organization", writes, complete}`, a row for each resource.

    `complete` tells the relationships whose other ends all documents have, also those of before.
    """

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)

    async def take(self, resource: str, session: AsyncClientSession) -> None:
        """Write the row of a resource, as the first thing that the transaction of `session` does.

        MongoDB then begins one of two such transactions anew. Raises `ConcurrentModification` where both would create
        the row.
        """
        try:
            await self._rows.update_one({"_id": resource}, {"$inc": {"writes": 1}}, upsert=True, session=session)
        except DuplicateKeyError:
            raise ConcurrentModification from None

    async def is_complete(self, resource: str, declared: str) -> bool:
        """Whether all documents of a resource have the other ends of these relationships."""
        return bool(await self._rows.find_one({"_id": resource, "complete": declared}))

    async def note_complete(self, resource: str, declared: str) -> None:
        """Note that they have."""
        await self._rows.update_one({"_id": resource}, {"$set": {"complete": declared}}, upsert=True)
