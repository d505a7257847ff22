# SPDX-License-Identifier: Apache-2.0
"""Calendar periods of a time zone: days, weeks from Monday (ISO 8601), and months."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.errors import InvalidQuery

DAY, WEEK, MONTH = PERIODS = ("day", "week", "month")
MOST_PERIODS = 1000
"""Periods of one question at most."""


class Periods:
    """The periods from `begin` until `end`: of the first and the last, what lies within. One, if there is no `kind`.

    Raises `InvalidQuery` for more than `MOST_PERIODS`.
    """

    def __init__(self, kind: str | None, zone: ZoneInfo, begin: datetime, end: datetime) -> None:
        self.starts = [begin, *(_later_starts(kind, zone, begin, end) if kind else ())]
        self.ends = [*self.starts[1:], end]

    def number(self, instant: datetime) -> int:
        """The number of the period of an instant between begin and end."""
        return bisect_right(self.starts, instant) - 1


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins; where its clock leaps over midnight, that of the leap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _later_starts(kind: str, zone: ZoneInfo, begin: datetime, end: datetime) -> Sequence[datetime]:
    day = _next(kind, begin.astimezone(zone).date())
    starts: list[datetime] = []
    while (start := midnight(day, zone)) < end:
        if len(starts) == MOST_PERIODS - 1:
            raise InvalidQuery(
                f"From {begin:%Y-%m-%d} to {end:%Y-%m-%d} are more than {MOST_PERIODS} periods of a {kind}"
            )
        starts.append(start)
        day = _next(kind, day)
    return starts


def _next(kind: str, day: date) -> date:
    """The first day of the period after that of a day."""
    if kind == DAY:
        return day + timedelta(days=1)
    if kind == WEEK:
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
