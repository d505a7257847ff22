# SPDX-License-Identifier: Apache-2.0
"""The states of all documents of a resource, one document after the other, from the event log."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from pymongo import ASCENDING

from app.domain.events import DELETE
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Database, durable
from app.storage.sealing.sealed_payloads import SealedPayloads, open_each

Document = dict[str, Any]


class LoggedDocument(NamedTuple):
    """A document with its `states`, oldest first, each an instant and the document since then; None without payload."""

    id: str
    states: list[tuple[Any, Document | None]]


async def logged_documents(
    database: Database, resource: str, payloads: SealedPayloads | None = None
) -> AsyncIterator[LoggedDocument]:
    """All documents of a resource of which the log knows that are not deleted, in bounded memory.

    The index of the log on resources brings the entries of one document together.
    """
    order = [("resource", ASCENDING), ("resourceId", ASCENDING), ("_id", ASCENDING)]
    entries = durable(database, COLLECTION).find({"resource": resource}, sort=order, batch_size=1000)
    one: LoggedDocument | None = None
    revision = 0
    async for entry in open_each(aiter(entries), payloads):
        if one is None or entry["resourceId"] != one.id:
            if one and one.states:
                yield one
            one, revision = LoggedDocument(entry["resourceId"], []), 0
        if entry["kind"] == DELETE:
            one.states.clear()
            revision = 0
        elif entry["revision"] != revision:  # A change of state and of attributes are two events of one write.
            one.states.append(_state(entry))
            revision = entry["revision"]
    if one and one.states:
        yield one


def _state(entry: Mapping[str, Any]) -> tuple[Any, Document | None]:
    return entry["at"], entry.get("document")
