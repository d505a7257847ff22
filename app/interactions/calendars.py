# SPDX-License-Identifier: Apache-2.0
"""Calendars (business hours): what a policies file says of them, resolved to the days on which nobody works."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from app.interactions.working_time import Interval, WorkingTime

YEARS = range(2020, 2046)
"""The years whose holidays are resolved. They are the same for all servers and all times, and so are digests."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_DAYS = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))?")
WHOLE_DAY = 1440


class WrongCalendar(Exception):
    """Something about a calendar is wrong; the message says what would be right."""


def working_time(calendar: Mapping[str, Any]) -> WorkingTime:
    """The working time of a resolved calendar. Raises `WrongCalendar`."""
    if calendar["timeZone"] not in available_timezones():
        raise WrongCalendar(f"timeZone: '{calendar['timeZone']}' is no time zone, such as Europe/Amsterdam")
    days = frozenset(map(date.fromisoformat, calendar.get("holidays", ())))
    week = _week(calendar["week"])
    for year in YEARS:
        dates = map(date.fromordinal, range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()))
        if not any(week[day.weekday()] and day not in days for day in dates):
            raise WrongCalendar(f"has no working time in {year}: nothing would ever be due")
    return WorkingTime(ZoneInfo(calendar["timeZone"]), week, days)


def resolve_calendar(calendar: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A calendar as a policies file in `folder` declares it, with the dates of its holidays in the place of where they
    come from. Raises `WrongCalendar`."""
    days = {each.isoformat() for each in _public_holidays(calendar.get("holidays") or {})}
    for name in calendar.get("holidayFiles", ()):
        days |= {each.isoformat() for each in _file_holidays(folder / name)}
    days = (days | set(calendar.get("closed", ()))) - set(calendar.get("open", ()))
    return {"timeZone": calendar["timeZone"], "week": calendar["week"], "holidays": sorted(days)}


def _week(declared: Mapping[str, Iterable[str]]) -> tuple[tuple[Interval, ...], ...]:
    week: list[list[Interval]] = [[] for _ in DAYS]
    for days, times in declared.items():
        match = _DAYS.fullmatch(days)
        first, last = (DAYS.index(day) if day else None for day in match.groups()) if match else (None, None)
        if first is None or (last is not None and last < first):
            raise WrongCalendar(f"week: '{days}' should be a day or days, such as sat or mon-fri")
        for text in times:
            for day in range(first, (first if last is None else last) + 1):
                week[day].append(_interval(text))
    return tuple(tuple(_disjoint(intervals)) for intervals in week)


def _interval(text: str) -> Interval:
    match = _TIMES.fullmatch(text)
    hours = [int(part) for part in match.groups()] if match else [0, 0, 0, 0]
    first, last = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if not first < last <= WHOLE_DAY:
        raise WrongCalendar(f"week: '{text}' should be times of one day such as 09:00-12:30, the later one behind")
    return first, last


def _disjoint(intervals: Iterable[Interval]) -> Iterator[Interval]:
    end = 0
    for first, last in sorted(intervals):
        if first < end:
            raise WrongCalendar("week: times of one day overlap; each minute should stand there once")
        yield first, last
        end = last


def _public_holidays(declared: Mapping[str, Any]) -> Iterator[date]:
    if not declared:
        return
    if find_spec("holidays") is None:
        raise WrongCalendar("holidays: needs holidays, which is not installed: `pip install 'liaison[calendars]'`")
    import holidays  # imported late: it takes long to load

    try:
        found = holidays.country_holidays(declared["country"], subdiv=declared.get("subdivision"), years=YEARS)
    except NotImplementedError as wrong:
        raise WrongCalendar(f"holidays: {' '.join(str(wrong).split())[:300]}") from None
    yield from found


def _file_holidays(file: Path) -> Iterator[date]:
    """The days of the events of an iCalendar file (RFC 5545), also of those that recur."""
    if find_spec("icalendar") is None:
        raise WrongCalendar("holidayFiles: needs icalendar, which is not installed: `pip install 'liaison[calendars]'`")
    import icalendar  # imported late, as above

    try:
        calendar = icalendar.Calendar.from_ical(file.read_bytes())
        for event in calendar.walk("VEVENT"):
            yield from _event_days(event)
    except OSError as wrong:
        raise WrongCalendar(f"holidayFiles: {file} cannot be read: {wrong.strerror}") from None
    except (ValueError, KeyError, TypeError) as wrong:
        raise WrongCalendar(f"holidayFiles: {file} is no iCalendar file (RFC 5545): {wrong}") from None


def _event_days(event: Any) -> Iterator[date]:
    first = _day(event.decoded("DTSTART"))
    if "DTEND" in event:
        # The end of an event of whole days is the day behind it; one that ends at a time ends on that day.
        end = event.decoded("DTEND")
        behind = _day(end) if not isinstance(end, datetime) else _day(end - timedelta(microseconds=1)) + timedelta(1)
    else:
        behind = first + timedelta(1)
    length = max((behind - first).days, 1)
    for start in _starts(event, first):
        yield from (start + timedelta(days) for days in range(length))


def _starts(event: Any, first: date) -> Iterator[date]:
    if "RRULE" not in event:
        yield first
        return
    from dateutil.rrule import rrulestr

    declared = event["RRULE"].to_ical().decode()
    # Rules count days, so that the time and the zone in which a rule ends do not matter.
    rule = re.sub(r"(UNTIL=\d{8})T\d{6}Z?", r"\1", declared)
    begin, end = datetime(first.year, first.month, first.day), datetime(YEARS.stop, 1, 1)
    without = {_day(each.dt) for dates in _as_list(event.get("EXDATE")) for each in dates.dts}
    for start in rrulestr(rule, dtstart=begin):
        if start >= end:
            return
        if start.date() not in without:
            yield start.date()


def _as_list(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
