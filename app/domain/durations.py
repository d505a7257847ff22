# SPDX-License-Identifier: Apache-2.0
"""Durations (ISO 8601), which are added to instants by the calendar: a month after 31 January is 28 February."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

_WEEKS = re.compile(r"P(\d{1,6})W", re.ASCII)
_DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d{1,4})Y)?(?:(\d{1,6})M)?(?:(\d{1,7})D)?"
    r"(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?",
    re.ASCII,
)
MONTHS_OF_YEAR = 12


@dataclass(frozen=True)
class Duration:
    """A duration: months, which are as long as the calendar says, and then an exact span."""

    months: int = 0
    span: timedelta = timedelta()

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """The duration that a text names, such as `P7Y`, `P1Y6M` or `PT12H`. Raises `ValueError`."""
        if weeks := _WEEKS.fullmatch(text):
            return cls(span=timedelta(weeks=int(weeks[1])))
        match = _DURATION.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text}' is no duration of ISO 8601, such as P7Y, P18M, P30D or PT12H")
        years, months, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(years * MONTHS_OF_YEAR + months, timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))

    def after(self, instant: datetime) -> datetime:
        """The instant so much later; the last day of its month where that has no such day.

        Raises `OverflowError` beyond the year 9999.
        """
        month = instant.year * MONTHS_OF_YEAR + instant.month - 1 + self.months
        year, month = divmod(month, MONTHS_OF_YEAR)
        if year > datetime.max.year:
            raise OverflowError("beyond the year 9999")
        day = min(instant.day, monthrange(year, month + 1)[1])
        return instant.replace(year=year, month=month + 1, day=day) + self.span
