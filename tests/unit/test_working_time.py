# SPDX-License-Identifier: Apache-2.0
"""Working time is what a count of the minutes of the UTC line says, whatever the clocks of a zone do."""

import random
from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from time import process_time
from zoneinfo import ZoneInfo

import businesstimedelta
import pytest
import pytz

from app.interactions.working_time import Interval, NoWorkingTime, WorkingTime

MINUTE, DAYS = timedelta(minutes=1), 12
ZONES = (
    "Europe/Amsterdam",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "UTC",
)
CASES = 105
"""For each of three spans in each zone: 2,520 together."""

OFFICE = (((540, 750), (810, 1050)),) * 5 + ((), ())


def changes_of_clocks(zone: ZoneInfo) -> list[datetime]:
    """The days of 2025 and 2026 on which the offset changes."""
    days = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(number) for number in range(730)]
    return [
        day for day in days if day.astimezone(zone).utcoffset() != (day + timedelta(1)).astimezone(zone).utcoffset()
    ]


def random_week(dice: random.Random) -> tuple[tuple[Interval, ...], ...]:
    """A week with at least one day of work, up to three intervals on each."""
    week = []
    for _ in range(7):
        ends = sorted(dice.sample(range(0, 1441, 15), 2 * dice.randint(0, 3)))
        week.append(tuple(zip(ends[::2], ends[1::2], strict=True)))
    return tuple(week) if any(week) else random_week(dice)


class MinuteCount:
    """The minutes of a span of the UTC line, of which each counts or does not: whoever can count can check it."""

    def __init__(self, hours: WorkingTime, start: datetime) -> None:
        self.start = start
        flags = [_counts(hours, start + number * MINUTE) for number in range(DAYS * 1440)]
        self.before = [0, *accumulate(flags)]
        """How many minutes before each one count."""

    def between(self, start: int, end: int) -> int:
        return self.before[end] - self.before[start]

    def add(self, start: int, amount: int) -> int:
        return bisect_left(self.before, self.before[start] + amount) if amount else start

    def subtract(self, end: int, amount: int) -> int:
        return bisect_right(self.before, self.before[end] - amount) - 1 if amount else end


def _counts(hours: WorkingTime, at: datetime) -> bool:
    local = at.astimezone(hours.zone)
    minute = local.hour * 60 + local.minute
    return local.date() not in hours.holidays and any(a <= minute < b for a, b in hours.week[local.weekday()])


@pytest.mark.parametrize("name", ZONES)
def test_working_time_equals_a_count_of_minutes(name: str) -> None:
    dice, zone = random.Random(name), ZoneInfo(name)
    around = changes_of_clocks(zone)[:3] or [datetime(2026, month, 1, tzinfo=UTC) for month in (2, 6, 12)]
    cases = 0
    for change in (*around, *around)[:3]:
        begin = change - timedelta(DAYS // 2)
        holidays = frozenset({(begin + timedelta(dice.randrange(DAYS))).date()})
        hours = WorkingTime(zone, random_week(dice), holidays)
        count = MinuteCount(hours, begin)
        for _ in range(CASES):
            first, last = sorted(dice.sample(range(DAYS * 1440), 2))
            start, end, passed = begin + first * MINUTE, begin + last * MINUTE, count.between(first, last)
            assert hours.between(start, end) == passed * MINUTE
            amount = dice.randint(0, passed)
            assert hours.add(start, amount * MINUTE) == begin + count.add(first, amount) * MINUTE
            assert hours.subtract(end, amount * MINUTE) == begin + count.subtract(last, amount) * MINUTE
            cases += 1
    assert cases == 3 * CASES


@pytest.mark.parametrize("name", ["Australia/Lord_Howe", "Africa/Casablanca", "Europe/Amsterdam"])
def test_a_clock_that_knows_one_offset_alone_is_wrong_where_clocks_change(name: str) -> None:
    zone = ZoneInfo(name)
    start = changes_of_clocks(zone)[0] - timedelta(1)
    hours = WorkingTime(zone, (((0, 1440),),) * 7)
    fixed = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=3)
    naive = fixed.replace(tzinfo=zone).astimezone(UTC)
    assert hours.add(start, timedelta(days=3)) == start + timedelta(days=3) != naive


def test_seconds_count_too() -> None:
    hours = WorkingTime(ZoneInfo("UTC"), OFFICE)
    start = datetime(2026, 3, 2, 17, 29, 59, 250_000, tzinfo=UTC)
    assert hours.add(start, timedelta(seconds=1)) == datetime(2026, 3, 3, 9, 0, 0, 250_000, tzinfo=UTC)


def test_what_is_due_at_the_end_of_a_day_is_not_due_in_the_morning() -> None:
    hours = WorkingTime(ZoneInfo("UTC"), OFFICE)
    assert hours.add(datetime(2026, 3, 2, 16, 30, tzinfo=UTC), timedelta(hours=1)) == datetime(
        2026, 3, 2, 17, 30, tzinfo=UTC
    )


def test_what_no_calendar_has_is_not_searched_for_ever() -> None:
    hours = WorkingTime(ZoneInfo("UTC"), ((),) * 7)
    for search in (hours.add, hours.subtract):
        with pytest.raises(NoWorkingTime):
            search(datetime(2026, 3, 2, tzinfo=UTC), MINUTE)


@pytest.mark.parametrize(
    "start", ["2026-03-25T08:17:00+00:00", "2026-10-22T07:00:00+00:00", "2027-03-24T12:34:00+00:00"]
)
def test_another_library_comes_to_the_same_over_changes_of_clocks(start: str) -> None:
    lunch = ((9, 0), (12, 30)), ((13, 30), (17, 30))
    rules = [
        businesstimedelta.WorkDayRule(
            start_time=datetime(2026, 1, 1, *first).time(),
            end_time=datetime(2026, 1, 1, *last).time(),
            working_days=[0, 1, 2, 3, 4],
            tz=pytz.timezone("Europe/Amsterdam"),
        )
        for first, last in lunch
    ]
    theirs = datetime.fromisoformat(start) + businesstimedelta.BusinessTimeDelta(
        businesstimedelta.Rules(rules), hours=40
    )
    hours = WorkingTime(ZoneInfo("Europe/Amsterdam"), OFFICE, frozenset({date(2020, 1, 1)}))
    assert hours.add(datetime.fromisoformat(start), timedelta(hours=40)) == theirs


def test_forty_hours_are_added_in_less_than_50_microseconds_of_the_processor() -> None:
    hours, start, rounds = WorkingTime(ZoneInfo("Europe/Amsterdam"), OFFICE), datetime(2026, 3, 25, 9, tzinfo=UTC), 2000
    best = min(_seconds(hours, start, rounds) for _ in range(5)) / rounds
    print(f"\nAdding 40 hours of working time takes {best * 1e6:.1f} µs")
    assert best < 50e-6


def _seconds(hours: WorkingTime, start: datetime, rounds: int) -> float:
    begin = process_time()
    for number in range(rounds):
        hours.add(start + number % 600 * MINUTE, timedelta(hours=40))
    return process_time() - begin
