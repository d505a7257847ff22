# SPDX-License-Identifier: Apache-2.0
"""The imports begun into this database, so that none is resumed in another database."""

from collections.abc import Mapping
from typing import Any

from pymongo import timeout

from app.storage.mongod.durable import WRITE_SECONDS, Database, durable
from app.storage.mongod.failures import as_tmf_errors


class Imports:
    """The collection `import`: `{_id: name, …}`, a row for each import."""

    def __init__(self, database: Database) -> None:
        self._collection = durable(database, "import")

    async def begin(self, name: str, what: Mapping[str, Any]) -> None:
        """Note that the import of this name begins; `what` describes its file."""
        with as_tmf_errors(), timeout(WRITE_SECONDS):
            await self._collection.insert_one({"_id": name, **what})

    async def knows(self, name: str) -> bool:
        """Whether the import of this name was begun in this database."""
        with as_tmf_errors(), timeout(WRITE_SECONDS):
            return await self._collection.find_one({"_id": {"$eq": name}}, {"_id": 1}) is not None
