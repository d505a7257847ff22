# SPDX-License-Identifier: Apache-2.0
"""Backfill of `STATE` in rows of an earlier release, by the leading relay, while servers serve."""

from collections.abc import Mapping
from typing import Any

from pymongo import ASCENDING, UpdateOne

from app.domain.events import lower_camel
from app.storage.documents.filters import field
from app.storage.documents.rows import STATE
from app.storage.mongod.durable import Database, durable

BATCH = 500
"""Rows in one bulk write."""


class States:
    """The backfill of all resources; `fields` are the attributes that hold the state, by resource.

    Until then filters find a row by the text of its state, more slowly. Its revision and time do not change.
    """

    def __init__(self, database: Database, fields: Mapping[str, str]) -> None:
        self._database = database
        self._fields = fields

    async def complete(self) -> int:
        """Set `STATE` in each row that lacks it, and return in how many. It may be run again at any time."""
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
    """The update that sets `STATE` in a row, unless its state was changed meanwhile."""
    text = row["document"][name]
    return UpdateOne({"_id": row["_id"], STATE: None, kept: text}, {"$set": {STATE: text.lower()}})
