# SPDX-License-Identifier: Apache-2.0
"""What is asked of interactions: dimensions, filters, range of time; read from the parameters of a query string."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from app.domain import dates
from app.domain.query.operators import percent_decode
from app.errors import InvalidQuery, shorten
from app.interactions.insight.periods import DAY, PERIODS, midnight

CHANNEL, REASON, ROLE, PERIOD = DIMENSIONS = ("channel", "reason", "role", "period")
DEFAULT_DAYS = 30
LONGEST = timedelta(days=3660)
"""The longest range of time."""
MOST_VALUES = 100
"""Values of a filter at most."""
_SINGLE = ("period", "from", "to", "asOf", "timeZone")


@dataclass(frozen=True)
class Question:
    """Slices by the dimensions `group_by`, of what was created from `begin` until before `end`.

    Backlog and breaches are those at `as_of`. Empty filters let everything pass.
    """

    group_by: tuple[str, ...]
    period: str | None
    zone: ZoneInfo
    begin: datetime
    end: datetime
    as_of: datetime
    channels: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    @property
    def has_dimensions(self) -> bool:
        """Whether it matters what an answer is about."""
        return bool(self.channels or self.reasons or self.roles or set(self.group_by) - {PERIOD})


def read_question(query: str, now: datetime) -> Question:
    """The question in an undecoded query string, of known parameters. Raises `InvalidQuery`."""
    values = _values(query)
    single = {name: _one(name, values[name]) for name in _SINGLE if name in values}
    group_by = _dimensions(values.get("groupBy", ()))
    zone = _zone(single.get("timeZone", "UTC"))
    as_of = _instant("asOf", single["asOf"], zone) if "asOf" in single else now
    end = _instant("to", single["to"], zone) if "to" in single else now
    begin = _instant("from", single["from"], zone) if "from" in single else _default_begin(end, zone)
    if as_of > now:
        raise InvalidQuery(f"asOf should not be later than now, {dates.text(now)}: nothing is known of it")
    if begin >= end:
        raise InvalidQuery(f"from should be earlier than to; they are {dates.text(begin)} and {dates.text(end)}")
    if end - begin > LONGEST:
        raise InvalidQuery(f"from and to are more than {LONGEST.days} days apart; ask for less at a time")
    filters = [frozenset(values.get(name, ())) for name in (CHANNEL, REASON, ROLE)]
    return Question(group_by, _period(single.get("period"), group_by), zone, begin, end, as_of, *filters)


def _values(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for piece in filter(None, re.split("[&;]", query)):
        name, _, value = piece.partition("=")
        values.setdefault(percent_decode(name), []).append(percent_decode(value))
    for name, some in values.items():
        if len(some) > MOST_VALUES:
            raise InvalidQuery(f"{name} has {len(some)} values; at most {MOST_VALUES} are taken")
    return values


def _one(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise InvalidQuery(f"{name} should be there once, not {len(values)} times")
    return values[0]


def _dimensions(values: Sequence[str]) -> tuple[str, ...]:
    names = [name for value in values for name in value.split(",") if name]
    for name in names:
        if name not in DIMENSIONS:
            raise InvalidQuery(f"groupBy '{shorten(name, 60)}' should be one of {', '.join(DIMENSIONS)}")
    return tuple(name for name in DIMENSIONS if name in names)


def _period(value: str | None, group_by: Sequence[str]) -> str | None:
    if value is not None and value not in PERIODS:
        raise InvalidQuery(f"period '{shorten(value, 60)}' should be one of {', '.join(PERIODS)}")
    if value is not None and PERIOD not in group_by:
        raise InvalidQuery("period says how long the periods of groupBy=period are; group by it, too, or leave it out")
    return (value or DAY) if PERIOD in group_by else None


def _zone(name: str) -> ZoneInfo:
    if name not in available_timezones():
        raise InvalidQuery(f"timeZone '{shorten(name, 60)}' is no time zone, such as Europe/Amsterdam")
    return ZoneInfo(name)


def _instant(name: str, text: str, zone: ZoneInfo) -> datetime:
    """The instant of a date-time, or at which a day begins in the zone."""
    try:
        at = midnight(date.fromisoformat(text), zone) if dates.is_day(text) else dates.instant(text)
        at - LONGEST, at + LONGEST
    except (ValueError, OverflowError):
        told = (
            "should be a date, as 2026-06-01, or a date-time with an offset, as 2026-06-01T00:00:00Z (+ is %2B in URLs)"
        )
        raise InvalidQuery(f"{name} '{shorten(text, 60)}' {told}") from None
    return at.astimezone(UTC)


def _default_begin(end: datetime, zone: ZoneInfo) -> datetime:
    return midnight(end.astimezone(zone).date() - timedelta(days=DEFAULT_DAYS), zone)
