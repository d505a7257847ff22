"""Clears what is in the log from the documents, without waiting for those that somebody has locked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import chain
from time import monotonic
from typing import Any

from pymongo import timeout
from pymongo.errors import NetworkTimeout, OperationFailure

from app.storage.mongod.durable import Collection

Logged = Mapping[str, Sequence[str]]
"""By the `_id` of a document, the ids of those of its events that are in the log."""

PATIENCE_SECONDS = 1.0
AT_ONCE = 32
"""How many documents are written to at a time when it is one by one: waiting for a turn does not count as locked."""
LOCKED_SECONDS = 5.0
"""How long a document that was found locked is left alone."""


class Clearing:
    """Writes to many documents of which some may be locked.

    A server that crashes in the midst of a delete leaves a transaction behind, which locks the document until MongoDB
    aborts it, after a minute unless it is told otherwise. No other document may wait for that.
    """

    def __init__(self, locked_seconds: float = LOCKED_SECONDS) -> None:
        """Documents found locked are left alone for `locked_seconds`."""
        self._locked_seconds = locked_seconds
        self._locked: dict[tuple[str, str], float] = {}

    def locked(self, collection: Collection) -> list[str]:
        """The `_id`s of the documents to leave alone now."""
        self._locked = {key: until for key, until in self._locked.items() if until > monotonic()}
        return [id for name, id in self._locked if name == collection.name]

    async def strip(self, collection: Collection, logged: Logged) -> None:
        """Remove from documents the changes that are `logged`; what is locked keeps them and is told by `locked`."""
        await self._write(_strip, collection, logged)

    async def forget(self, collection: Collection, logged: Logged) -> None:
        """Remove rows all of whose changes are `logged`, as `strip` removes changes."""
        await self._write(_forget, collection, logged)

    async def _write(self, way: "Way", collection: Collection, logged: Logged) -> None:
        """All of them together; if that is not possible, one by one."""
        if not await _done(way, collection, logged):
            places = asyncio.Semaphore(AT_ONCE)

            async def one(id: str) -> bool:
                async with places:
                    return await _done(way, collection, {id: logged[id]})

            done = await asyncio.gather(*map(one, logged))
            until = monotonic() + self._locked_seconds
            self._locked |= {(collection.name, id): until for id, well in zip(logged, done, strict=True) if not well}


Way = Callable[[Collection, Sequence[str], Sequence[str]], Awaitable[None]]
"""How documents of a collection, by their `_id`s, are rid of the changes whose events have these ids."""


async def _done(way: Way, collection: Collection, logged: Logged) -> bool:
    try:
        with timeout(PATIENCE_SECONDS):
            await way(collection, list(logged), list(chain.from_iterable(logged.values())))
    except (OperationFailure, NetworkTimeout) as failure:
        if not failure.timeout:
            raise
        return False
    return True


async def _strip(collection: Collection, ids: Sequence[str], events: Sequence[str]) -> None:
    """One write for all: one for each costs the database five times as much. A second where more was pushed since."""
    cleared = await collection.update_many({"_id": {"$in": ids}, **_only(events)}, {"$unset": {"pending": True}})
    if cleared.modified_count == len(ids):
        return
    logged = {"$in": [{"$first": "$$this.events.id"}, {"$literal": events}]}
    others = {"$filter": {"input": "$pending", "cond": {"$not": logged}}}
    absent_when_empty = {"$cond": [{"$eq": ["$pending", []]}, "$$REMOVE", "$pending"]}
    await collection.update_many(
        {"_id": {"$in": ids}, "pending.events.id": {"$in": events}},
        [{"$set": {"pending": others}}, {"$set": {"pending": absent_when_empty}}],
    )


async def _forget(collection: Collection, ids: Sequence[str], events: Sequence[str]) -> None:
    await collection.delete_many({"_id": {"$in": ids}, **_only(events)})


def _only(events: Sequence[str]) -> dict[str, Any]:
    """The filter on what carries changes, all of which caused `events`: ids are never used again."""
    return {"pending": {"$exists": True, "$not": {"$elemMatch": {"events.id": {"$nin": events}}}}}
