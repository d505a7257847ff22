"""Reads and writes of many rows of a collection in one round trip, and what each of them came to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from app.errors import Conflict, NotFound, Unavailable, shortened
from app.storage.documents.filters import identified
from app.storage.documents.page_query import projection
from app.storage.documents.rows import Stored, as_seen, stored
from app.storage.mongod.durable import Collection
from app.storage.mongod.failures import TOO_LARGE, outbox_full, refused

Alteration = tuple[Stored, Mapping[str, Any]]
"""What a row was when it was seen, and what it is told."""

Refusal = TypeVar("Refusal")


class ConcurrentModification(Exception):
    """Somebody else wrote the document after it was read."""


class BulkOperations:
    """The rows of the resources named `resource`; no query takes longer than `timeout`, in milliseconds."""

    def __init__(self, collection: Collection, resource: str, timeout: int) -> None:
        self._collection = collection
        self._resource = resource
        self._timeout = timeout

    async def get(self, ids: Sequence[str]) -> list[Stored | NotFound]:
        """The documents with these ids, one for each."""
        found = self._collection.find(identified({*ids}), projection(None), max_time_ms=self._timeout)
        known = {row["_id"]: stored(row) for row in await found.to_list()}
        return [known.get(id) or self.missing(id) for id in ids]

    async def insert(self, rows: Sequence[RawBSONDocument]) -> list[Conflict | Unavailable | None]:
        """Keep new rows; None for each that is kept."""
        try:
            await self._collection.insert_many(rows, ordered=False)
        except BulkWriteError as failure:
            return _each(len(rows), failure, lambda index: self.taken(rows[index]["_id"]))
        return [None] * len(rows)

    async def alter(self, alterations: Sequence[Alteration]) -> list[ConcurrentModification | Unavailable | None]:
        """Change rows; None for each that is changed, `ConcurrentModification` for one that was not as it was seen.

        Of many updates the database tells only how many rows they matched in all. Of upserts it tells which failed.
        """
        writes = [UpdateOne(as_seen(seen), told, upsert=True) for seen, told in alterations]
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as failure:
            return _each(len(writes), failure, lambda _: ConcurrentModification())
        return [None] * len(writes)

    def missing(self, id: str) -> NotFound:
        """What it is to ask for an id that no row has."""
        return NotFound(f"There is no {self._resource} with the id '{shortened(id)}'")

    def taken(self, id: str) -> Conflict:
        """What it is to keep a row under an id that another has."""
        return Conflict(f"{self._resource} {id} exists already")


def _each(count: int, failure: BulkWriteError, refusal: Callable[[int], Refusal]) -> list[Refusal | Unavailable | None]:
    """What each of many writes came to of which the database refused some; `refusal` tells what that usually is."""
    codes = refused(failure)

    def outcome(index: int) -> Refusal | Unavailable | None:
        if index not in codes:
            return None
        return outbox_full() if codes[index] in TOO_LARGE else refusal(index)

    return [outcome(index) for index in range(count)]
