# SPDX-License-Identifier: Apache-2.0
"""Mentions: the documents of a resource in which an id stands, wherever it does, also where no document declares it."""

from collections.abc import AsyncIterator, Collection

from pymongo import ASCENDING

from app.domain.events import lower_camel
from app.storage.documents.rows import UNDECODED, StoredDocument, decode_document
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

PAGE = 1000
"""Documents of one query."""


class Mentions:
    """Looks through whole collections: no index knows of what is undeclared. The rows are compared as bytes, and only
    those that have an id in them are decoded."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, resource: str, ids: Collection[str]) -> AsyncIterator[StoredDocument]:
        """The documents of a resource, in the order of their ids, with one of these `ids` as a text in them."""
        rows = durable(self._database, lower_camel(resource)).with_options(codec_options=UNDECODED)
        texts, last, count = [id.encode() for id in ids], "", PAGE
        fields = {"document": 1, "revision": 1, "changed": 1}
        while count == PAGE:
            with as_tmf_errors():
                page = await rows.find({"_id": {"$gt": last}}, fields, sort=[("_id", ASCENDING)], limit=PAGE).to_list()
            for row in page:
                if any(text in row.raw for text in texts):
                    yield StoredDocument(row["_id"], row["revision"], decode_document(row["document"]), row["changed"])
            count = len(page)
            last = page[-1]["_id"] if page else last
