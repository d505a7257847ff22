# SPDX-License-Identifier: Apache-2.0
"""Archiving by the retention schedule, and finding by strong identifiers: what processes and commands call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.domain import dates
from app.domain.origin import UNKNOWN, Origin
from app.domain.ownership import texts_at
from app.domain.query.predicates import Path
from app.domain.retention import ARCHIVE, PURGE, RetentionSchedule
from app.resources.archive.archive import Archive, RegisteredBundle, bundle_id
from app.resources.archive.collecting import Estate
from app.storage.documents.repository import Repository

Fingerprint = Callable[[bytes], str]
"""A keyed hash, which nobody can guess without the key."""

IDENTIFIER = b"archive identifier\n"
"""The context of the hashes of identifiers, which separates them from other uses of the key."""


@dataclass(frozen=True)
class ScheduledArchive:
    """An archive with its retention schedule.

    `identifiers` are the paths of strong identifiers in the stored documents of parties, by resource; without a
    `fingerprint` bundles are not found by them.
    """

    archive: Archive
    schedule: RetentionSchedule
    identifiers: Mapping[str, Sequence[Path]]
    parties: Mapping[str, Repository]
    fingerprint: Fingerprint | None

    async def put(self, resource: str, id: str, *, origin: Origin = UNKNOWN, reason: str = "") -> RegisteredBundle:
        """As `Archive.archive`, in the category of the schedule, and kept as long as that says."""
        if (known := await self.archive.find(bundle_id(resource, id))) and known.is_archived:
            return await self.archive.archive(resource, id, str(known.document["category"]))
        purging = self.schedule.category_of(self.archive.register.resource.name, PURGE)
        until = self.schedule.due_at(purging, dates.now()) if purging else None
        category = self.schedule.category_of(resource, ARCHIVE) or resource
        hashes = await self._hashes(await self.archive.collect(resource, id))
        return await self.archive.archive(
            resource, id, category, until=until, hashes=hashes, origin=origin, reason=reason
        )

    async def find(self, identifier: str) -> list[RegisteredBundle]:
        """The bundles, whatever has become of them, of the party with this strong identifier."""
        wanted = self._hash(identifier)
        if wanted is None:
            return []
        found = [each async for each in self.archive.bundles()]
        return [each for each in found if wanted in each.document.get("identifierHash", ())]

    async def _hashes(self, estate: Estate) -> list[str]:
        """The hashes of the strong identifiers of the parties of an estate."""
        hashes: set[str] = set()
        for name, paths in self.identifiers.items():
            for document, _ in (await self.parties[name].beginnings(estate.parties)).values():
                texts = {text for path in paths for text in texts_at(document, path)}
                hashes |= {found for each in texts if (found := self._hash(each))}
        return sorted(hashes)

    def _hash(self, identifier: str) -> str | None:
        """The hash of an identifier, however that is spaced and in whatever case."""
        text = "".join(identifier.split()).casefold()
        return self.fingerprint(IDENTIFIER + text.encode()) if self.fingerprint else None
