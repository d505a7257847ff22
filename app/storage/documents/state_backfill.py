# SPDX-License-Identifier: Apache-2.0
"""Puts the state beside documents that a former release has written, by the leading relay, while the server works."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING, UpdateOne

from app.domain.events import lower_camel
from app.storage.documents.filters import field
from app.storage.documents.rows import STATE
from app.storage.mongod.durable import Database, durable

BATCH = 500
"""Rows that one write changes."""


class States:
    """The states of documents; `fields` are the attributes that have them, by resource.

    A row without one is found by its text until then, only more slowly. Neither its revision nor its time changes.
    """

    def __init__(self, database: Database, fields: Mapping[str, str]) -> None:
        self._database = database
        self._fields = fields

    async def complete(self) -> int:
        """Put a state beside each document that has none; answers of how many. It may be run again any time."""
        return sum([await self._complete(resource, name) for resource, name in self._fields.items()])

    async def _complete(self, resource: str, name: str) -> int:
        rows, kept = durable(self._database, lower_camel(resource)), field((name,))
        completed, last = 0, ""
        while True:
            lacking = {STATE: None, kept: {"$type": "string"}, "_id": {"$gt": last}}
            batch = await rows.find(lacking, {kept: True}, sort=[("_id", ASCENDING)], limit=BATCH).to_list()
            if not batch:
                return completed
            written = await rows.bulk_write([_state_update(row, name, kept) for row in batch], ordered=False)
            completed, last = completed + written.modified_count, batch[-1]["_id"]


def _state_update(row: Mapping[str, Any], name: str, kept: str) -> UpdateOne:
    """Writes the state of a row, unless somebody else has written another meanwhile."""
    text = row["document"][name]
    return UpdateOne({"_id": row["_id"], STATE: None, kept: text}, {"$set": {STATE: text.lower()}})
