# SPDX-License-Identifier: Apache-2.0
"""Kept totals: large exact counts that are known to hold still, as no change of their collection came since.

Every change of a document waits in its row, or in a tombstone, until it is in the event log (transactional outbox). So
a count holds on, if in the snapshot of now nothing waits, and the log has no entry of the resource that it had not in
that of then.
"""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.events import lower_camel
from app.storage.documents.filters import Filter
from app.storage.mongod.durable import Database

LARGE = 5_000
"""Matching documents from which on to ask whether a count holds is cheaper than to count again."""
FILTERS = 1_000
"""Filters whose totals are kept at most."""
BEHIND = 5_000
"""Entries of the log, of any resource, that are looked through at most; after more of them it is counted again."""

TOMBSTONES, LOG = "departed", "event"
_WAITS = "waits"

Count = Callable[[], Awaitable[int]]


class _MarkedTotal(NamedTuple):
    """A total, and the last number of the log in its snapshot, in which nothing waited; None where something did."""

    number: int
    tail: int | None


class KeptTotals:
    """The kept totals of one resource, by filter; in the memory of a process, as what decides is in the database."""

    def __init__(self, database: Database, resource: str, large: int = LARGE) -> None:
        """Totals are kept from `large` on."""
        self._database, self._resource, self._large = database, resource, large
        self._collection = lower_camel(resource)
        self._kept: dict[str, _MarkedTotal] = {}

    def snapshot(self) -> AsyncClientSession:
        """A session whose reads see one instant, that of the first of them (read concern `snapshot`)."""
        return self._database.client.start_session(snapshot=True)

    def is_large(self, criteria: Filter) -> bool:
        """Whether many documents matched a filter when they were counted last."""
        return bool(self._kept) and repr(criteria) in self._kept

    def note(self, criteria: Filter, number: int) -> None:
        """Note that so many match, by a count of any kind; later ones are taken in a snapshot if it is large."""
        if number >= self._large and not self.is_large(criteria):
            self._keep(criteria, _MarkedTotal(number, None))

    async def total(self, criteria: Filter, session: AsyncClientSession, count: Count) -> int:
        """The exact number of matches in the snapshot of `session`; calls `count`, in it, unless the kept one holds."""
        tail, kept = await self._tail(session), self._kept.get(repr(criteria))
        if kept is None or not await self._holds(kept, tail, session):
            kept = _MarkedTotal(await count(), tail)
        self._kept.pop(repr(criteria), None)
        if kept.number >= self._large:
            self._keep(criteria, _MarkedTotal(kept.number, tail))
        return kept.number

    async def _holds(self, kept: _MarkedTotal, tail: int | None, session: AsyncClientSession) -> bool:
        if kept.tail is None or tail is None or tail - kept.tail > BEHIND:
            return False
        later = {"_id": {"$gt": kept.tail, "$lte": tail}, "resource": self._resource}
        if kept.tail == tail:
            return True
        return await self._database[LOG].find_one(later, {"_id": True}, session=session, hint="_id_") is None

    async def _tail(self, session: AsyncClientSession) -> int | None:
        """The last number of the log; None while a change of the resource waits."""
        found = await self._database[LOG].aggregate(self._stages(), session=session)
        rows = await found.to_list()
        if any(_WAITS in row for row in rows):
            return None
        return int(rows[0]["_id"]) if rows else 0

    def _stages(self) -> list[Filter]:
        """The last number, and a row with `_WAITS` for each collection in which something does: one round trip."""
        first: list[Filter] = [{"$limit": 1}, {"$project": {"_id": False, _WAITS: {"$literal": True}}}]
        # The order is that of the index on what waits, which alone makes the database take it.
        pending: list[Filter] = [{"$match": {"pending": {"$exists": True}}}, {"$sort": {"pending.at": 1}}, *first]
        gone: list[Filter] = [{"$match": {"resource": self._resource}}, *first]
        return [
            {"$sort": {"_id": -1}},
            {"$limit": 1},
            {"$project": {"_id": True}},
            {"$unionWith": {"coll": self._collection, "pipeline": pending}},
            {"$unionWith": {"coll": TOMBSTONES, "pipeline": gone}},
        ]

    def _keep(self, criteria: Filter, kept: _MarkedTotal) -> None:
        self._kept[repr(criteria)] = kept
        if len(self._kept) > FILTERS:
            del self._kept[next(iter(self._kept))]
