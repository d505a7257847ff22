# SPDX-License-Identifier: Apache-2.0
"""The retention schedule: how long what is kept, from which instant on, on which legal basis, and what then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.durations import Duration

ARCHIVE, PURGE, ERASE = ACTIONS = ("archive", "purge", "erase")


@dataclass(frozen=True)
class RetentionRule:
    """The rule for a category: documents of a `resource` are kept for a `duration` after they came into one of the
    `states`; on this `basis`, and then that `action` is due."""

    category: str
    resource: str
    states: tuple[str, ...]
    duration: Duration
    written: str
    basis: str
    action: str


@dataclass(frozen=True)
class RetentionSchedule:
    """The rules, by category."""

    rules: Mapping[str, RetentionRule]

    def due_at(self, category: str, instant: datetime) -> datetime:
        """When the action of a category is due for what its trigger befell at that instant.

        Raises `KeyError` for a category that there is not; what lies beyond the calendar is due at its end.
        """
        try:
            return self.rules[category].duration.after(instant)
        except OverflowError:
            return datetime.max.replace(tzinfo=instant.tzinfo)

    def category_of(self, resource: str, action: str) -> str | None:
        """The category by which this action befalls a resource; None when there is none."""
        found = (each.category for each in self.rules.values() if (each.resource, each.action) == (resource, action))
        return next(found, None)

    def purged_at(self, resource: str, instant: datetime) -> datetime | None:
        """When a purge is due of what there is of a resource since that instant; None where none ever is."""
        category = self.category_of(resource, PURGE)
        return self.due_at(category, instant) if category else None
