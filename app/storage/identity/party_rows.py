# SPDX-License-Identifier: Apache-2.0
"""Rows of parties as they are stored, for who reads all of them: other processes decode them."""

from collections.abc import AsyncIterator, Collection
from typing import Any, NamedTuple

from bson import decode
from pymongo import ASCENDING

from app.domain.events import lower_camel
from app.storage.documents.rows import NAIVE, UNDECODED, document_paths
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

PAGE = 500
"""Rows of one query."""


class PartyRow(NamedTuple):
    """The id and document of a party; date-times are UTC, without a zone."""

    id: str
    document: dict[str, Any]


class PartyRows:
    """The rows of parties, with these `attributes` of their documents."""

    def __init__(self, database: Database, attributes: Collection[str]) -> None:
        self._database = database
        self._fields = dict.fromkeys(document_paths(attributes), 1)

    async def count(self, resource: str) -> int:
        """How many rows there are, about."""
        return await durable(self._database, lower_camel(resource)).estimated_document_count()

    async def pages(self, resource: str) -> AsyncIterator[list[bytes]]:
        """All rows in the order of their ids, undecoded."""
        rows = durable(self._database, lower_camel(resource)).with_options(codec_options=UNDECODED)
        last, count = "", PAGE
        while count == PAGE:
            behind = {"_id": {"$gt": last}}
            with as_tmf_errors():
                page = await rows.find(behind, self._fields, sort=[("_id", ASCENDING)], limit=PAGE).to_list()
            if page:
                yield [bytes(row.raw) for row in page]
                last = page[-1]["_id"]
            count = len(page)

    async def read(self, resource: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The documents with these ids, by id; those that are gone are missing."""
        rows = durable(self._database, lower_camel(resource)).with_options(codec_options=NAIVE)
        with as_tmf_errors():
            found = await rows.find({"_id": {"$in": sorted(ids)}}, self._fields).to_list()
        return {row["_id"]: row.get("document", {}) for row in found}


def decode_row(raw: bytes) -> PartyRow:
    """The row of these bytes."""
    row = decode(raw, NAIVE)
    return PartyRow(row["_id"], row.get("document", {}))
