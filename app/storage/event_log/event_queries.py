# SPDX-License-Identifier: Apache-2.0
"""Queries of the event log as a list (TMF688): filtered and sorted by members of entries."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bson import Int64, decode
from pymongo import ASCENDING, IndexModel

from app.domain.query.cursor import Position
from app.storage.documents.batches import Row
from app.storage.documents.counting import Counting
from app.storage.documents.filters import Filter, is_search
from app.storage.documents.order import BY_ID, Order
from app.storage.documents.page_query import PageQuery, PageReader
from app.storage.documents.repository import Page
from app.storage.documents.rows import Item, decode_document
from app.storage.event_log.chain import SALT, SEALED
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors
from app.storage.outbox.outbox import DECODED
from app.storage.sealing.sealed_payloads import SealedPayloads, open_each, open_entries

IN_ORDER = replace(BY_ID, root=())
"""The order of the log: by number."""

_LONGEST_NUMBER = 18

INDEXES = tuple(
    IndexModel([(name, ASCENDING) for name in ("api", *names, "_id")]) for names in ((), ("eventType",), ("loggedAt",))
)
"""The indexes beside those of the log itself, which are for the entries about one resource."""


@dataclass(frozen=True)
class _Entries(PageQuery):
    """A page of entries, whose sort keys begin at the row itself rather than at a document within."""

    def projection(self) -> Mapping[str, int]:
        return {"before": 0, SALT: 0}

    def place(self, row: Row) -> Position | None:
        return self.order.position(row["_id"], decode_document(row))


class EventQueries:
    """Read-only queries of the event log; none takes longer than `query_timeout_ms`."""

    def __init__(self, database: Database, query_timeout_ms: int, payloads: SealedPayloads | None = None) -> None:
        """Sealed payloads are opened by `payloads`; no filter sees what they contain."""
        self._events = durable(database, COLLECTION)
        self._payloads = payloads
        self._timeout = query_timeout_ms
        self._lists = PageReader(self._events, query_timeout_ms)

    async def prepare(self) -> None:
        """Create the indexes that these queries need."""
        await self._events.create_indexes(list(INDEXES))

    async def find(
        self,
        criteria: Filter,
        offset: int,
        limit: int,
        *,
        order: Order = IN_ORDER,
        behind: Position | None = None,
        attributes: Collection[str] | None = None,
        counting: Counting = Counting.EXACT,
        most_bytes: int | None = None,
    ) -> Page:
        """The entries that match, as `Repository.find` finds documents: each is the document of a row whose id is its
        number, as text. They are read whole, whatever `attributes` says."""
        part = _Entries(offset, limit, order, _numeric_position(behind), most_bytes=most_bytes)
        with as_tmf_errors(searching=is_search(criteria)):
            page = await self._lists.read(criteria, part, counting)
        entries = await open_entries([_decode_entry(row) for row in page.rows], self._payloads)
        return Page([Item(str(entry["_id"]), entry) for entry in entries], page.total, page.more)

    async def open_first(self, criteria: Filter, most: int) -> AsyncIterator[dict[str, Any]]:
        """The first entries that match, at most so many, in the order of the log, opened. Raises as `find` does."""
        with as_tmf_errors(searching=is_search(criteria)):
            found = self._events.find(criteria, sort=[("_id", ASCENDING)], limit=most, max_time_ms=self._timeout)
            async for entry in open_each(aiter(found), self._payloads):
                yield entry


def _decode_entry(row: Row) -> dict[str, Any]:
    """An entry, with date-times without a zone, as lists have them; a sealed one as it is opened, with their zone."""
    entry = decode_document(row)
    return decode(row.raw, DECODED) if SEALED in entry else entry


def _numeric_position(place: Position | None) -> Position | None:
    """The position with the id as a number; None when the id, which a client may have made up, is none."""
    text = str(place.id) if place else ""
    if place is None or not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_NUMBER:
        return None
    return replace(place, id=Int64(text))
