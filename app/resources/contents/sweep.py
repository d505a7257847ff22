# SPDX-License-Identifier: Apache-2.0
"""The sweep of bytes that no document names: what a crash has left, and what went with documents."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

from app.domain import dates
from app.domain.attachments import Place, keys_in
from app.domain.events import lower_camel
from app.storage.archive import archived_rows
from app.storage.contents.content_store import ContentRow, ContentStore
from app.storage.mongod.driver import Session
from app.storage.mongod.durable import durable
from app.storage.mongod.transactions import transact

GRACE = timedelta(hours=1)
"""How old bytes are before they are looked at: no request takes that long from its first byte to its document."""
AT_ONCE = 500
"""Rows that one transaction looks at."""


class Sweep:
    """Deletes the bytes of attachments whose document is neither there nor archived, or does not name them."""

    def __init__(self, store: ContentStore, places: Mapping[str, tuple[Place, ...]]) -> None:
        """`places` are those of the attachments, by resource."""
        self._store = store
        self._places = places

    async def run_once(self, now: datetime | None = None) -> int:
        """Look at all that is older than `GRACE`, and return how many were deleted."""
        until, behind, deleted = (now or dates.now()) - GRACE, "", 0
        while rows := await self._store.rows(behind, until, AT_ONCE):
            orphans = await transact(self._store.database, partial(self._orphans, rows))
            await self._store.purge(orphans)
            deleted += len(orphans)
            behind = rows[-1].key
        return deleted

    async def _orphans(self, rows: Collection[ContentRow], session: Session) -> list[str]:
        """The keys that nothing names, in the snapshot of a transaction: what moves to the archive, or back, meanwhile
        is in one of both."""
        named: set[str] = set()
        for resource in {row.owner[0] for row in rows}:
            places, ids = self._places.get(resource, ()), {row.owner[1] for row in rows if row.owner[0] == resource}
            paths = [".".join((*place, "url")) for place in places]
            found = await self._store.urls_of(lower_camel(resource), ids, paths, session) if paths else {}
            for document in found.values():
                named |= keys_in(document, places)
            archived = await self._archived_owners(resource, ids - found.keys(), session)
            named |= {row.key for row in rows if row.owner in archived}
        return [row.key for row in rows if row.key not in named]

    async def _archived_owners(self, resource: str, ids: Collection[str], session: Session) -> set[tuple[str, str]]:
        pointers = durable(self._store.database, archived_rows.COLLECTION)
        keys = [f"{resource}/{id}" for id in sorted(ids)]
        found = pointers.find({"_id": {"$in": keys}}, {"_id": 1}, session=session)
        return {(resource, row["_id"].partition("/")[2]) async for row in found}
