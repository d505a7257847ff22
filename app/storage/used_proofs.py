# SPDX-License-Identifier: Apache-2.0
"""Used proofs of possession (DPoP), noted for all server processes, so that none counts twice (RFC 9449 §11.1)."""

from datetime import UTC, datetime

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "proof"
INDEX = IndexModel([("expires", ASCENDING)], expireAfterSeconds=0)
"""A TTL index: MongoDB deletes a proof when it is too old to be sent again."""


class UsedProofs:
    """The collection `proof`: `{_id: digest, expires}`."""

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)

    async def prepare(self) -> None:
        """Create the collection's index."""
        await self._rows.create_indexes([INDEX])

    async def use(self, digest: str, until: float) -> bool:
        """Note that a proof is used, until an instant in seconds since 1970; false if it was used before."""
        with as_tmf_errors():
            try:
                await self._rows.insert_one({"_id": digest, "expires": datetime.fromtimestamp(until, UTC)})
            except DuplicateKeyError:
                return False
        return True
