# SPDX-License-Identifier: Apache-2.0
"""How values are worded for a recipient: dates, times, durations and numbers (CLDR), and text that harms no message."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from app.interactions.mail.headers import plain

LONGEST_VALUE = 400
"""Characters of one value that a message shows at most."""
LONGEST_LINK = 2000

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
"""What keeps the direction of a text from those around it (Unicode standard annex 9, FSI and PDI)."""

_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))

Style = Literal["short", "medium", "long", "full"]


class Link(str):
    """A URL, which stands as it is: what surrounded it would be taken for a part of it."""

    __slots__ = ()


@dataclass(frozen=True)
class LocalInstant:
    """An instant as the clocks of a zone show it, in the words of a locale."""

    at: datetime
    locale: Locale

    def date(self, style: Style = "long") -> str:
        """The day."""
        return format_date(self.at, style, self.locale)

    def time(self, style: Style = "short") -> str:
        """The time of the day."""
        return format_time(self.at, style, locale=self.locale)

    def zone(self, width: Literal["short", "long"] = "short") -> str:
        """What that zone is called on that day."""
        name = get_timezone_name(self.at, width, locale=self.locale)
        # Where a language has no name of a zone, Babel gives bare digits.
        return get_timezone_gmt(self.at, "long", self.locale) if name[:1] in "+-" else name


@dataclass(frozen=True)
class Duration:
    """A length of time, in the words of a locale."""

    length: timedelta
    locale: Locale

    def words(self, length: Literal["short", "long", "narrow"] = "long") -> str:
        """The two greatest units that it has, rounded down: whole minutes, and at least one."""
        rest, parts = max(abs(self.length) // timedelta(seconds=1), 60), list[str]()
        for unit, seconds in _UNITS:
            amount, rest = divmod(rest, seconds)
            if amount:
                parts.append(format_unit(amount, f"duration-{unit}", length, locale=self.locale))
        return format_list(parts[:2], "standard", self.locale)


@dataclass(frozen=True)
class Number:
    """A whole number, in the digits of a locale."""

    value: int
    locale: Locale

    def __bool__(self) -> bool:
        return bool(self.value)

    def digits(self) -> str:
        """With the signs between thousands."""
        return format_decimal(self.value, locale=self.locale)


FILTERS: Mapping[str, tuple[type, tuple[str, ...], Callable[..., str]]] = {
    "date": (LocalInstant, ("short", "medium", "long", "full"), LocalInstant.date),
    "time": (LocalInstant, ("short", "medium", "long", "full"), LocalInstant.time),
    "zone": (LocalInstant, ("short", "long"), LocalInstant.zone),
    "duration": (Duration, ("short", "long", "narrow"), Duration.words),
    "number": (Number, (), Number.digits),
}
"""The filters of templates: what each takes, which arguments, of which it has at most one, and what it does."""


def locale_of(tag: str) -> Locale | None:
    """The locale of a language tag (BCP 47), such as `nl-BE`; None where CLDR has none."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(1000)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name; UTC where there is none, which a message then says."""
    return ZoneInfo(name if name in available_timezones() else "UTC")


def value_text(text: str) -> str:
    """A value as it may stand in a message: on one line, bounded, without what steers the direction of writing."""
    cleaned = " ".join(plain(text, 2 * LONGEST_VALUE).split())
    return cleaned if len(cleaned) <= LONGEST_VALUE else f"{cleaned[: LONGEST_VALUE - 1]}…"


def isolate(value: object, *, right_to_left: bool) -> str:
    """A value within text of a direction, isolated where it might disturb the order of what stands around it."""
    text = str(value)
    if not text or isinstance(value, Link) or not (right_to_left or _has_right_to_left(text)):
        return text
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}"


def _has_right_to_left(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(each) in _RIGHT_TO_LEFT for each in text)
