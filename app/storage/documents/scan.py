# SPDX-License-Identifier: Apache-2.0
"""Scans of collections: all documents in the order of their ids, in bounded memory, while others change them."""

from collections.abc import AsyncIterator

from pymongo import ASCENDING

from app.domain.events import lower_camel
from app.storage.documents.rows import StoredDocument, projection, stored_of
from app.storage.mongod.durable import Database, durable

PAGE = 1000
"""Documents of one query. The next begins behind the last id (keyset), so that no cursor is open for minutes.

A batch of a cursor has at most 16 MiB, however large the documents are.
"""


class Scan:
    """A scan of the documents of one resource: each that exists all the while is read once, as it is at that moment."""

    def __init__(self, database: Database, resource: str) -> None:
        self._rows = durable(database, lower_camel(resource))

    async def length(self) -> int:
        """The estimated number of documents, by the metadata of the collection."""
        return await self._rows.estimated_document_count()

    async def documents(self) -> AsyncIterator[StoredDocument]:
        """The documents, in the order of their ids. Raises `PyMongoError`."""
        last, count = "", PAGE
        while count == PAGE:
            behind = {"_id": {"$gt": last}}
            count = 0
            async for row in self._rows.find(behind, projection(None), sort=[("_id", ASCENDING)], limit=PAGE):
                yield stored_of(row)
                last, count = row["_id"], count + 1
