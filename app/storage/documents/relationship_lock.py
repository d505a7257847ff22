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
    """The collection `hierarchy`: `{_id: "Organization", writes}`, a row for each resource."""

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
