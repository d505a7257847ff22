# SPDX-License-Identifier: Apache-2.0
"""Working time (business hours): adding and subtracting it, and measuring it between two instants."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[int, int]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE = 60_000_000
DAY = 1440 * MINUTE
FARTHEST = 36_525
"""Days that are searched at most: a hundred years."""


class NoWorkingTime(Exception):
    """A calendar has too little working time: what is asked for lies farther away than a hundred years."""


@dataclass(frozen=True)
class WorkingTime:
    """An instant is working time while the clock of the `zone` reads a time within one of the intervals, in minutes of
    the day, that the `week` (Monday first) has for that day, and the day is no holiday.

    So an hour that the clock shows twice counts twice, and one that it leaps over does not count.
    """

    zone: ZoneInfo
    week: tuple[tuple[Interval, ...], ...]
    holidays: frozenset[date] = frozenset()
    _days: dict[int, tuple[Interval, ...]] = field(default_factory=dict, compare=False, repr=False)

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The first instant by which `amount` of working time has passed since `start`. Raises `NoWorkingTime`."""
        at, left = (start - EPOCH) // TICK, amount // TICK
        for day in range(at // DAY, at // DAY + FARTHEST) if left else ():
            for first, last in self._spans(day):
                if last > at and left <= last - max(first, at):
                    return EPOCH + (max(first, at) + left) * TICK
                left -= max(last - max(first, at), 0)
        return _require_enough(start, left)

    def subtract(self, end: datetime, amount: timedelta) -> datetime:
        """The last instant from which `amount` of working time passes until `end`. Raises `NoWorkingTime`."""
        at, left = (end - EPOCH) // TICK, amount // TICK
        for day in range(at // DAY, at // DAY - FARTHEST, -1) if left else ():
            for first, last in reversed(self._spans(day)):
                if first < at and left <= min(last, at) - first:
                    return EPOCH + (min(last, at) - left) * TICK
                left -= max(min(last, at) - first, 0)
        return _require_enough(end, left)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The working time from `start` until `end`; none where that is not later."""
        since, until = (start - EPOCH) // TICK, (end - EPOCH) // TICK
        spans = (span for day in range(since // DAY, until // DAY + 1) for span in self._spans(day))
        return sum(max(min(last, until) - max(first, since), 0) for first, last in spans) * TICK

    def _spans(self, day: int) -> tuple[Interval, ...]:
        """The working time of a UTC day, which is counted from 1970, in order; in microseconds from then."""
        if (spans := self._days.get(day)) is None:
            spans = self._days[day] = tuple(self._working(day))
        return spans

    def _working(self, day: int) -> Iterator[Interval]:
        for start, end, offset in _pieces(self.zone, day * DAY, (day + 1) * DAY):
            for local in range((start + offset) // DAY, (end - 1 + offset) // DAY + 1):
                if (on := date.fromordinal(local + EPOCH.toordinal())) not in self.holidays:
                    for first, last in self.week[on.weekday()]:
                        span = (
                            max(local * DAY + first * MINUTE - offset, start),
                            min(local * DAY + last * MINUTE - offset, end),
                        )
                        if span[0] < span[1]:
                            yield span


def _pieces(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The parts of a span, of a day at most, in which the offset of the zone is the same, each with that."""
    if (offset := _offset(zone, start)) == _offset(zone, end - 1) == _offset(
        zone, (start + end) // 2
    ) or end - start < 2:
        yield start, end, offset
    else:
        yield from _pieces(zone, start, (start + end) // 2)
        yield from _pieces(zone, (start + end) // 2, end)


def _offset(zone: ZoneInfo, at: int) -> int:
    return ((EPOCH + at * TICK).astimezone(zone).utcoffset() or timedelta()) // TICK


def _require_enough(at: datetime, left: int) -> datetime:
    """The instant, if no working time is left to be found. Raises `NoWorkingTime`."""
    if left:
        raise NoWorkingTime
    return at
