# SPDX-License-Identifier: Apache-2.0
"""The states of all documents of a resource, one document after the other, from the event log."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING

from app.domain.events import DELETE, lower_camel
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Collection, Database, durable
from app.storage.sealing.sealed_payloads import SealedPayloads, open_each

Document = dict[str, Any]

BATCH = 500


class LoggedDocument(NamedTuple):
    """A document with its `states`, oldest first, each an instant and the document since then; None without payload.

    `stored` is what the database has of it, unless that has changed since: then the log does not know it yet.
    """

    id: str
    revision: int
    states: list[tuple[datetime, Document | None]]
    stored: Document | None = None


async def logged_documents(
    database: Database, resource: str, payloads: SealedPayloads | None = None
) -> AsyncIterator[LoggedDocument]:
    """All documents of a resource of which the log knows that are not deleted, in bounded memory."""
    rows = durable(database, lower_camel(resource))
    batch: list[LoggedDocument] = []
    async for each in _log_groups(database, resource, payloads):
        batch.append(each)
        if len(batch) == BATCH:
            for whole in await _with_stored(rows, batch):
                yield whole
            batch = []
    for whole in await _with_stored(rows, batch):
        yield whole


async def _log_groups(
    database: Database, resource: str, payloads: SealedPayloads | None
) -> AsyncIterator[LoggedDocument]:
    """The documents without what is stored; the index of the log on resources brings the entries of each together."""
    order = [("resource", ASCENDING), ("resourceId", ASCENDING), ("_id", ASCENDING)]
    entries = durable(database, COLLECTION).find({"resource": resource}, sort=order, batch_size=BATCH)
    one: LoggedDocument | None = None
    async for entry in open_each(aiter(entries), payloads):
        if one is None or entry["resourceId"] != one.id:
            if one and one.states:
                yield one
            one = LoggedDocument(entry["resourceId"], 0, [])
        if entry["kind"] == DELETE:
            one = LoggedDocument(one.id, 0, [])
        elif entry["revision"] != one.revision:  # A change of state and of attributes are two events of one write.
            states = [*one.states, (entry["at"], entry.get("document"))]
            one = LoggedDocument(one.id, entry["revision"], states)
    if one and one.states:
        yield one


async def _with_stored(rows: Collection, batch: Sequence[LoggedDocument]) -> list[LoggedDocument]:
    found = rows.find({"_id": {"$in": [each.id for each in batch]}}, {"revision": True, "document": True})
    stored = {(row["_id"], row["revision"]): row["document"] async for row in found}
    return [each._replace(stored=stored.get((each.id, each.revision))) for each in batch]
