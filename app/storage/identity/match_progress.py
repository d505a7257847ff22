# SPDX-License-Identifier: Apache-2.0
"""How far matching is: up to which entry the event log was followed, and which stored parties have their keys."""

from typing import Any, NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from app.storage.mongod.durable import Database, StoredRow, durable

COLLECTION = "matchProgress"
ROW = {"_id": "matching"}


class Completion(NamedTuple):
    """Which stored documents of a resource have keys: those up to the `last` id, or all when it is `done`."""

    last: str | None = None
    done: bool = False


class MatchProgress:
    """One row: `{_id, position, completed: {Individual: {digest, last}}}`.

    All transactions of matching write it. So two at once conflict, whatever else they write.
    """

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)

    async def prepare(self) -> None:
        """Create the row, which no transaction has to create then."""
        await self._rows.update_one(ROW, {"$setOnInsert": {"completed": {}}}, upsert=True)

    async def completion(self, resource: str, digest: str, session: AsyncClientSession | None = None) -> Completion:
        """Which documents of a resource have their keys by the rules with this digest."""
        row: StoredRow = await self._rows.find_one(ROW, session=session) or {}
        known: dict[str, Any] = row.get("completed", {}).get(resource, {})
        return (
            Completion(known.get("last"), known.get("last") is None) if known.get("digest") == digest else Completion()
        )

    async def complete_up_to(self, resource: str, digest: str, last: str | None, session: AsyncClientSession) -> None:
        """Note that the documents have their keys up to the `last` one; None for all."""
        known = {"digest": digest, "last": last}
        await self._rows.update_one(ROW, {"$set": {f"completed.{resource}": known}}, session=session)

    async def position(self) -> int | None:
        """The number of the entry up to which the event log was followed; None before the first time."""
        row = await self._rows.find_one(ROW) or {}
        position: int | None = row.get("position")
        return position

    async def move(self, seen: int | None, position: int, session: AsyncClientSession) -> bool:
        """Move the position on from the `seen` one; False, with nothing written, if another process did so before."""
        moved = await self._rows.update_one(
            {**ROW, "position": seen}, {"$set": {"position": position}}, session=session
        )
        return moved.matched_count > 0

    async def interrupt(self, session: AsyncClientSession) -> None:
        """Make all transactions of matching that are under way begin anew, once that of `session` is committed."""
        await self._rows.update_one(ROW, {"$inc": {"interruptions": 1}}, session=session)
