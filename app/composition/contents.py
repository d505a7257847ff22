# SPDX-License-Identifier: Apache-2.0
"""Wiring of the bytes of attachments: where resources have them, what is accepted, and the sweep of what is left."""

from collections.abc import Iterable

from app.composition.api_resources import ApiVersion
from app.domain.attachments import Place
from app.errors import StartError
from app.resources.contents.contents import ContentLimits, Contents
from app.resources.contents.scanning import scan_of
from app.resources.contents.sweep import Sweep
from app.settings import Settings
from app.storage.contents.content_store import ContentStore
from app.storage.documents.legal_holds import LegalHolds
from app.storage.mongod.durable import Database


class ContentWiring:
    """The bytes of attachments on one database."""

    def __init__(self, settings: Settings, database: Database, parts: Iterable[ApiVersion], holds: LegalHolds) -> None:
        """Raises `StartError` for a command line of the scan that cannot be read."""
        places: dict[str, tuple[Place, ...]] = {
            name: each.contents for part in parts for name, each in part.resources.items() if each.contents
        }
        self.store = ContentStore(database)
        self.sweep = Sweep(self.store, places)
        types = [each.strip() for each in settings.attachment_types.split(",") if each.strip()]
        limits = ContentLimits(settings.attachment_bytes, types)
        try:
            scan = scan_of(settings.attachment_scan, settings.attachment_scan_seconds)
        except ValueError as error:
            raise StartError(f"LIAISON_ATTACHMENT_SCAN is no command line: {error}") from None
        self._of = {name: Contents(name, some, self.store, limits, holds, scan) for name, some in places.items()}

    def of(self, resource: str) -> Contents | None:
        """The bytes of the attachments of a resource; None where the server keeps none."""
        return self._of.get(resource)

    async def prepare(self) -> None:
        """Create the indexes."""
        if self._of:
            await self.store.prepare()
