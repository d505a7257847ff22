# SPDX-License-Identifier: Apache-2.0
"""Notes, in the database, of the resources that a server itself makes: who reads the event log learns what changed."""

from collections.abc import Mapping
from functools import partial

from app.domain import dates
from app.domain.origin import Origin
from app.errors import Conflict, NotFound
from app.resources.create import created_change
from app.resources.resource import Document, Resource
from app.storage.documents.batching import ConcurrentModification
from app.storage.documents.repository import Repository
from app.storage.documents.rows import StoredDocument
from app.storage.documents.scan import Scan

START = Origin(actor="liaison serve")
"""The origin of the changes that a start finds."""


class SourceNotes:
    """The noted documents of a resource, each a row with the events of its changes, as any resource has them."""

    def __init__(self, resource: Resource, rows: Repository, scan: Scan) -> None:
        self._resource = resource
        self._rows = rows
        self._scan = scan

    async def note(self, documents: Mapping[str, Document]) -> None:
        """Note these documents, by id, in the place of the noted ones, with an event for each that differs.

        Servers that start at the same time tell of each change once: a row is written over what was read of it, or
        read again. Raises `Unavailable` and other failures of the database; what was noted until then stays.
        """
        noted = {stored.id: stored async for stored in self._scan.documents()}
        for id in sorted(noted.keys() | documents.keys()):
            if id not in noted or noted[id].document != documents.get(id):
                await self._rows.in_turn(id, partial(self._note, id, documents.get(id)))

    async def _note(self, id: str, document: Document | None) -> None:
        before = await self._find(id)
        if before is None:
            if document is not None:
                await self._insert(id, document)
            return
        change = self._resource.change(before.revision + 1, before.document, document, dates.now(), START)
        if change is None:
            return
        if document is None:
            await self._rows.remove(before, change)
        else:
            await self._rows.replace(before, document, change)

    async def _find(self, id: str) -> StoredDocument | None:
        try:
            return await self._rows.get(id)
        except NotFound:
            return None

    async def _insert(self, id: str, document: Document) -> None:
        try:
            await self._rows.insert(id, document, created_change(self._resource, document, dates.now(), START))
        except Conflict:
            raise ConcurrentModification from None
