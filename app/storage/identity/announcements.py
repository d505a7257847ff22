# SPDX-License-Identifier: Apache-2.0
"""Announcements of suspected duplicates: events about a party that wait in the outbox like its other ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.events import DUPLICATE_SUSPECTED
from app.domain.identifiers import new_id
from app.storage.documents.repository import TOMBSTONES
from app.storage.mongod.durable import Database, durable

SUSPECTS = "duplicateSuspect"
"""The member of an announcement with the suspected duplicates, each with its `id`."""

SUSPECT = (SUSPECTS, "id")
"""The path in an announcement that leads to their ids: it concerns these parties, too."""


class Announcement(NamedTuple):
    """What is announced of a party as it is in its `revision`: the `content` of the event, with `SUSPECTS`."""

    resource: str
    id: str
    revision: int
    correlation_id: str | None
    content: dict[str, Any]


class Announcements:
    """Announcements in the outbox: rows beside those of deleted documents, which the relay logs and removes."""

    def __init__(self, database: Database) -> None:
        self._waiting = durable(database, TOMBSTONES)

    async def add(self, announcements: Sequence[Announcement], at: datetime, session: AsyncClientSession) -> None:
        """Insert announcements, in the transaction of `session`."""
        if announcements:
            await self._waiting.insert_many([_row(each, at) for each in announcements], session=session)


def _row(announced: Announcement, at: datetime) -> dict[str, Any]:
    event = {"id": new_id(), "kind": DUPLICATE_SUSPECTED, "changed": [SUSPECTS], "before": {}}
    change = {
        "revision": announced.revision,
        "at": at,
        "correlationId": announced.correlation_id,
        "actor": None,
        "events": [event],
        "document": announced.content,
    }
    return {
        "_id": f"{announced.resource}/{announced.id}/{event['id']}",
        "resource": announced.resource,
        "id": announced.id,
        "pending": [change],
    }
