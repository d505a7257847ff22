# SPDX-License-Identifier: Apache-2.0
"""Archiving by the retention schedule."""

from dataclasses import dataclass

from app.domain import dates
from app.domain.origin import UNKNOWN, Origin
from app.domain.retention import ARCHIVE, RetentionSchedule
from app.resources.archive.archive import Archive, RegisteredBundle


@dataclass(frozen=True)
class ScheduledArchive:
    """An archive with its retention schedule."""

    archive: Archive
    schedule: RetentionSchedule

    async def put(self, resource: str, id: str, *, origin: Origin = UNKNOWN, reason: str = "") -> RegisteredBundle:
        """As `Archive.archive`, in the category of the schedule, and kept as long as that says."""
        category = self.schedule.category_of(resource, ARCHIVE) or resource
        until = self.schedule.purged_at(self.archive.register.resource.name, dates.now())
        return await self.archive.archive(resource, id, category, until=until, origin=origin, reason=reason)
