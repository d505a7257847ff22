# SPDX-License-Identifier: Apache-2.0
"""The versions of the policies of interactions under which promises were made, each kept as long as the database."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "interactionPolicy"


class KeptPolicies:
    """The collection of versions, by their digests. No version ever changes."""

    def __init__(self, database: Database) -> None:
        self._versions = durable(database, COLLECTION)

    async def keep(self, digest: str, content: Mapping[str, Any], at: datetime) -> None:
        """Keep the content of a version that is in force since `at`, unless it is there already."""
        with as_tmf_errors():
            row = {"content": content, "since": at}
            await self._versions.update_one({"_id": digest}, {"$setOnInsert": row}, upsert=True)

    async def find(self, digest: str) -> Mapping[str, Any] | None:
        """The content of a version; None where nobody has kept it."""
        with as_tmf_errors():
            row = await self._versions.find_one({"_id": {"$eq": digest}})
        content: Mapping[str, Any] | None = row["content"] if row else None
        return content

    async def all(self) -> AsyncIterator[Mapping[str, Any]]:
        """The contents of all versions."""
        async for row in self._versions.find({}):
            yield row["content"]
