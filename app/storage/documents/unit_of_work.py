# SPDX-License-Identifier: Apache-2.0
"""The unit of work: writes to several documents, each with the change that it announces, in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Set
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from app.domain.events import lower_camel
from app.storage.documents.batching import ConcurrentModification, TakenIdentifier
from app.storage.documents.referential_integrity import Target
from app.storage.documents.repository import NONE, Refuse, Repository
from app.storage.documents.rows import UNIQUE, Change, Document, StoredDocument, as_seen
from app.storage.mongod.durable import BULK_SECONDS, WRITE_SECONDS, Database
from app.storage.mongod.failures import taken_keys
from app.storage.mongod.transactions import transact

MANY = 50
"""Writes beyond which a unit may take as long as a bulk."""

Write = Callable[[AsyncClientSession], Awaitable[object]]


class UnitOfWork:
    """Collects writes, and commits all of them or none. What was read for them must be as it was `seen` by then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writes: list[Write] = []
        self._updates: dict[str, list[UpdateOne]] = {}

    def insert(
        self, documents: Repository, id: str, document: Document, change: Change, targets: Set[Target] = NONE
    ) -> None:
        """Insert a document; the `targets` of its references must exist."""
        self.add(lambda session: documents.insert_within(id, document, change, targets, session))

    def replace(self, documents: Repository, seen: StoredDocument, document: Document, change: Change) -> None:
        """Write `document` over what was `seen`."""
        if documents.needs_check(seen, document):
            self.add(lambda session: documents.replace_within(seen, document, change, session))
            return
        self.update(documents.resource, as_seen(seen), documents.update_of(seen, document, change))

    def remove(self, documents: Repository, seen: StoredDocument, change: Change, refuse: Refuse | None = None) -> None:
        """Delete what was `seen`; see `Repository.remove`."""
        self.add(lambda session: documents.remove_within(seen, change, refuse, session))

    def update(self, resource: str, criteria: Mapping[str, Any], update: Mapping[str, Any]) -> None:
        """Update the row of a resource that matches; those of one resource share a round trip."""
        self._updates.setdefault(lower_camel(resource), []).append(UpdateOne(criteria, update))

    def include(self, other: "UnitOfWork") -> None:
        """Add all writes of another unit to this one."""
        self._writes += other._writes
        for name, updates in other._updates.items():
            self._updates.setdefault(name, []).extend(updates)

    def add(self, write: Write) -> None:
        """Add any other write, which takes part in the transaction of the session that it is called with."""
        self._writes.append(write)

    async def commit(self) -> None:
        """Write all.

        Raises `ConcurrentModification` when something was changed since it was read, `Conflict`, as `TakenIdentifier`
        for what another document has, `DanglingReference`, `OutboxFull` and `Unavailable`, with nothing written.
        """
        many = len(self._writes) + sum(map(len, self._updates.values())) > MANY
        await transact(self._database, self.write_within, BULK_SECONDS if many else WRITE_SECONDS)

    async def write_within(self, session: AsyncClientSession) -> None:
        """Write all in the transaction of `session`, for whoever runs that."""
        for write in self._writes:
            await write(session)
        for name, updates in self._updates.items():
            try:
                written = await self._database[name].bulk_write(updates, session=session)
            except BulkWriteError as failure:
                if taken := taken_keys(failure, UNIQUE):
                    raise TakenIdentifier.of(name, next(iter(taken.values()))) from None
                raise
            if written.matched_count < len(updates):
                raise ConcurrentModification
