# SPDX-License-Identifier: Apache-2.0
"""The digests of the schemas that all stored documents conform to, or were accepted for, noted in the database.

The collection `deployment` has one row for them, beside that of the settings: `{_id: "schemas", digests: {resource:
digest}}`; and while a server checks the documents, one that says so: `{_id: "check", at: time of the database}`.
"""

from collections.abc import Mapping

from pymongo import MongoClient

from app.settings import Settings
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.noted_settings import COLLECTION

ROW = "schemas"
CHECK = "check"
LIVE_SECONDS = 30
"""How old the last sign of a check may be that still goes on."""


class NotedDigests:
    """The noted digests, by resource. All methods raise `PyMongoError`."""

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)

    async def read(self) -> Mapping[str, str]:
        """What is noted; nothing on a new database."""
        row = await self._rows.find_one({"_id": ROW})
        digests: Mapping[str, str] = row["digests"] if row else {}
        return digests

    async def note(self, digests: Mapping[str, str]) -> None:
        """Note these digests in the place of earlier ones of the same resources."""
        changed = {f"digests.{resource}": digest for resource, digest in digests.items()}
        await self._rows.update_one({"_id": ROW}, {"$set": changed}, upsert=True)

    async def say_checking(self) -> None:
        """Say that a check goes on; to be said again within `LIVE_SECONDS`."""
        await self._rows.update_one({"_id": CHECK}, {"$currentDate": {"at": True}}, upsert=True)

    async def end_check(self) -> None:
        """Say that it is over."""
        await self._rows.delete_one({"_id": CHECK})


def is_checking(settings: Settings) -> bool:
    """Whether a server checks the documents of the database of `settings` now. Raises `PyMongoError`."""
    lately = {"$gt": ["$at", {"$subtract": ["$$NOW", LIVE_SECONDS * 1000]}]}
    with MongoClient[StoredRow](settings.mongodb_uri) as client:
        return client[settings.database][COLLECTION].find_one({"_id": CHECK, "$expr": lately}) is not None
