# SPDX-License-Identifier: Apache-2.0
"""Referential integrity: a document with new references is written in a transaction that also writes their targets.

A deletion writes the row of the target, too, so MongoDB lets one of both transactions wait, and then see the other.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence, Set
from functools import partial
from itertools import chain
from typing import NamedTuple

from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain.events import lower_camel
from app.errors import Conflict, Unavailable
from app.storage.documents.batching import Alteration, BulkOperations, ConcurrentModification
from app.storage.documents.rows import as_seen, id_filter
from app.storage.mongod.durable import WRITE_SECONDS, Database, durable
from app.storage.mongod.failures import TOO_LARGE, as_tmf_errors, outbox_full, write_error_codes
from app.storage.mongod.transactions import transact

Target = tuple[str, str]
"""The target of a reference: the name of a resource, and an id."""

REFERRED = "referred"
"""The member of a row that counts writes by `hold`, so that each of them changes the row."""


class DanglingReference(Exception):
    """A reference leads nowhere; `existing` are those targets of the document that are there."""

    def __init__(self, existing: Set[Target]) -> None:
        super().__init__()
        self.existing = existing


Outcome = Conflict | Unavailable | DanglingReference | None


class NewRow(NamedTuple):
    """The row of a new document, and the targets of its references."""

    row: RawBSONDocument
    targets: Set[Target]


Checking = Callable[[AsyncClientSession], Awaitable[None]]
Refusing = Callable[[AsyncClientSession], Awaitable[Mapping[str, Conflict]]]


class ReferentialIntegrity:
    """Writes rows with references into the collection of one resource."""

    def __init__(self, database: Database, resource: str, many: BulkOperations) -> None:
        self._database = database
        self._resource = resource
        self._collection = database[lower_camel(resource)]
        self._many = many

    async def insert(
        self, rows: Sequence[NewRow], seconds: float = WRITE_SECONDS, refuse: Refusing | None = None
    ) -> list[Outcome]:
        """Insert rows; None for each that is inserted. A reference may lead to an earlier one of the rows.

        `refuse` gives, in the transaction, the errors for those that may not be, by their ids.
        """
        refusals: dict[str, Conflict | Unavailable] = {}
        while True:
            fitting: list[str] = []
            try:
                return await transact(self._database, partial(self._insert, rows, refusals, fitting, refuse), seconds)
            except BulkWriteError as failure:  # The first error ends a transaction.
                taken = self._many.taken_identifiers(failure)
                for index, code in write_error_codes(failure).items():
                    usual = taken.get(index) or self._many.id_conflict(fitting[index])
                    refusals[fitting[index]] = outbox_full() if code in TOO_LARGE else usual
                refusals |= {id: self._many.id_conflict(id) for id in await self._there(fitting)}

    async def alter(self, alteration: Alteration, targets: Collection[Target], check: Checking | None = None) -> None:
        """Update a row. Raises `ConcurrentModification` when it is not as it was read, `DanglingReference`,
        `TakenIdentifier`, and what `check` raises in the transaction."""
        try:
            await transact(self._database, partial(self._alter, alteration, targets, check))
        except DuplicateKeyError as failure:
            raise self._many.taken_identifiers(failure)[0] from None

    async def hold(self, targets: Collection[Target], session: AsyncClientSession) -> None:
        """Keep the targets from deletion until the transaction of `session` ends. Raises `DanglingReference`."""
        existing = await self._hold_existing(targets, session)
        if not existing.issuperset(targets):
            raise DanglingReference(existing)

    async def _alter(
        self,
        alteration: Alteration,
        targets: Collection[Target],
        check: Checking | None,
        session: AsyncClientSession,
    ) -> None:
        seen, told = alteration
        if check:
            await check(session)
        await self.hold(targets, session)
        if not (await self._collection.update_one(as_seen(seen), told, session=session)).matched_count:
            raise ConcurrentModification

    async def _insert(
        self,
        rows: Sequence[NewRow],
        refusals: dict[str, Conflict | Unavailable],
        fitting: list[str],
        refuse: Refusing | None,
        session: AsyncClientSession,
    ) -> list[Outcome]:
        """Insert the rows whose ids are `fitting`: all without an error in `refusals`."""
        refusals = {**refusals, **await refuse(session)} if refuse else refusals
        existing = await self._hold_existing(chain.from_iterable(targets for _, targets in rows), session)
        kept: dict[str, RawBSONDocument] = {}
        outcomes: list[Outcome] = []
        for row, targets in rows:
            id = row["_id"]
            if not existing.issuperset(targets):
                outcomes.append(DanglingReference(existing))
            elif id in kept or id in refusals:
                outcomes.append(refusals.get(id) or self._many.id_conflict(id))
            else:
                outcomes.append(None)
                kept[id] = row
                existing.add((self._resource, id))
        fitting[:] = kept
        if kept:
            await self._collection.insert_many(kept.values(), ordered=False, session=session)
        return outcomes

    async def _hold_existing(self, targets: Iterable[Target], session: AsyncClientSession) -> set[Target]:
        """The targets that exist, and are held until the transaction ends."""
        ids: dict[str, set[str]] = {}
        for resource, id in targets:
            ids.setdefault(resource, set()).add(id)
        held: set[Target] = set()
        for resource in sorted(ids):  # Sorted, so that no two transactions wait for each other.
            held |= {(resource, id) for id in await self._hold(resource, ids[resource], session)}
        return held

    async def _hold(self, resource: str, ids: set[str], session: AsyncClientSession) -> set[str]:
        rows = durable(self._database, lower_camel(resource))
        written = await rows.update_many(id_filter(ids), {"$inc": {REFERRED: 1}}, session=session)
        if written.matched_count == len(ids):
            return ids
        return {row["_id"] for row in await rows.find(id_filter(ids), {"_id": 1}, session=session).to_list()}

    async def _there(self, ids: Iterable[str]) -> list[str]:
        with as_tmf_errors():
            return [row["_id"] for row in await self._collection.find(id_filter(ids), {"_id": 1}).to_list()]
