"""Clears what is in the log from the documents, without waiting for those that somebody has locked."""

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic

from pymongo import DeleteOne, UpdateOne, timeout
from pymongo.errors import NetworkTimeout, OperationFailure

from app.storage.durable import Collection

Writes = Mapping[str, UpdateOne | DeleteOne]
"""What is written to each document of a collection, by its `_id`."""

PATIENCE_SECONDS = 1.0
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

    async def write(self, collection: Collection, writes: Writes) -> None:
        """Do all `writes` that are possible, in any order; what was not is told by `locked`."""
        if not await _done(collection, list(writes.values())):
            ids = list(writes)
            done = await asyncio.gather(*(_done(collection, [writes[id]]) for id in ids))
            until = monotonic() + self._locked_seconds
            self._locked |= {(collection.name, id): until for id, cleared in zip(ids, done, strict=True) if not cleared}


async def _done(collection: Collection, writes: Sequence[UpdateOne | DeleteOne]) -> bool:
    try:
        with timeout(PATIENCE_SECONDS):
            await collection.bulk_write(writes, ordered=False)
    except (OperationFailure, NetworkTimeout) as failure:
        if not failure.timeout:
            raise
        return False
    return True
