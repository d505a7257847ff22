# SPDX-License-Identifier: Apache-2.0
"""Common blocking keys: those that too many parties have for one of them to be looked for by such a key."""

from collections.abc import Collection, Iterable
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from app.storage.mongod.durable import Database, durable

COLLECTION = "commonMatchKey"

MOST_REMEMBERED = 100_000
"""Common keys that a process remembers."""


class CommonKeys:
    """The collection `commonMatchKey`: `{_id: key}`. A key is the digest of what many have, so it tells of nobody.

    They are counted when all parties have their keys, and noted when they are met afterwards. A key that fewer have by
    now is one until the next count.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = durable(database, COLLECTION)
        self._remembered: dict[str, None] = {}

    async def among(self, keys: Collection[str], session: AsyncClientSession | None) -> set[str]:
        """Those of some keys that are common."""
        common = self._remembered.keys() & keys
        unknown = sorted(set(keys) - common)
        if unknown:
            rows = await self._rows.find({"_id": {"$in": unknown}}, session=session).to_list()
            found = [row["_id"] for row in rows]
            self._remember(found)
            common.update(found)
        return common

    async def note(self, keys: Collection[str], session: AsyncClientSession | None) -> None:
        """Remember that keys are common; for all processes, where this is in a transaction."""
        self._remember(keys)
        if session and keys:
            upserts = [UpdateOne({"_id": key}, {"$setOnInsert": {"_id": key}}, upsert=True) for key in sorted(keys)]
            await self._rows.bulk_write(upserts, ordered=False, session=session)

    async def count(self, of: str, more_than: int) -> None:
        """Count all keys in the rows of a collection, and keep those that more have, instead of what was known."""
        stages: list[dict[str, Any]] = [
            {"$unwind": "$keys"},
            {"$group": {"_id": "$keys", "times": {"$sum": 1}}},
            {"$match": {"times": {"$gt": more_than}}},
            {"$project": {"_id": True}},
            {"$out": COLLECTION},
        ]
        await (await durable(self._database, of).aggregate(stages, allowDiskUse=True)).to_list()
        self._remembered.clear()

    def _remember(self, keys: Iterable[str]) -> None:
        self._remembered |= dict.fromkeys(keys)
        while len(self._remembered) > MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
