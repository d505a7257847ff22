# SPDX-License-Identifier: Apache-2.0
"""The states of all documents of a resource, one document after the other, from the event log."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING

from app.domain.events import DELETE, lower_camel
from app.storage.documents.rows import document_paths, id_filter
from app.storage.event_log.chain import DROPPED, OMISSION, SEALED
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Database, durable
from app.storage.sealing.sealed_payloads import SealedPayloads, open_each

Document = dict[str, Any]

BATCH = 500

READ = ("resourceId", "kind", "revision", "at", "document", "eventId", "loggedAt", SEALED, OMISSION, DROPPED)
"""The members of an entry that are read: those that tell a state, and those by which it is opened."""


class LoggedDocument(NamedTuple):
    """A document with its `states`, oldest first, each an instant and the document since then; None without payload.

    `stored` is what the database has of it, as far as it was read, unless that has changed since: then the log does not
    know it yet.
    """

    id: str
    revision: int
    states: list[tuple[datetime, Document | None]]
    stored: Document | None = None


async def logged_documents(
    database: Database, resource: str, payloads: SealedPayloads | None = None, stored: Collection[str] = ()
) -> AsyncIterator[LoggedDocument]:
    """All documents of a resource of which the log knows that are not deleted, in bounded memory.

    Of what the database has, the first-level attributes `stored` are read; without any, nothing.
    """
    batch: list[LoggedDocument] = []
    async for each in _log_groups(database, resource, payloads):
        batch.append(each)
        if len(batch) == BATCH:
            for whole in await _with_stored(database, resource, batch, stored):
                yield whole
            batch = []
    for whole in await _with_stored(database, resource, batch, stored):
        yield whole


async def _log_groups(
    database: Database, resource: str, payloads: SealedPayloads | None
) -> AsyncIterator[LoggedDocument]:
    """The documents without what is stored; the index of the log on resources brings the entries of each together."""
    order = [("resource", ASCENDING), ("resourceId", ASCENDING), ("_id", ASCENDING)]
    entries = durable(database, COLLECTION).find({"resource": resource}, READ, sort=order, batch_size=BATCH)
    id, revision, states = None, 0, list[tuple[datetime, Document | None]]()
    async for entry in open_each(aiter(entries), payloads):
        if entry["resourceId"] != id:
            if id is not None and states:
                yield LoggedDocument(id, revision, states)
            id, revision, states = entry["resourceId"], 0, []
        if entry["kind"] == DELETE:
            revision, states = 0, []
        elif entry["revision"] != revision:  # A change of state and of attributes are two events of one write.
            revision = entry["revision"]
            states.append((entry["at"], entry.get("document")))
    if id is not None and states:
        yield LoggedDocument(id, revision, states)


async def _with_stored(
    database: Database, resource: str, batch: Sequence[LoggedDocument], attributes: Collection[str]
) -> Sequence[LoggedDocument]:
    if not batch or not attributes:
        return batch
    names = ["revision", *document_paths(attributes)]
    found = durable(database, lower_camel(resource)).find(id_filter(each.id for each in batch), names)
    stored = {(row["_id"], row["revision"]): row.get("document", {}) for row in await found.to_list()}
    return [each._replace(stored=stored.get((each.id, each.revision))) for each in batch]
