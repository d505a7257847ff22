"""Date-times: RFC 3339 text in and out, UTC instants with milliseconds inside."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:[0-5]\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_REST_OF_DAY = timedelta(days=1) - timedelta(milliseconds=1)


def instant(text: str) -> datetime:
    """The UTC instant that an RFC 3339 date-time with an offset names, cut to milliseconds.

    Raises `ValueError` when it is none, names no offset, or lies outside the years 1 to 9999.
    """
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ValueError("not an RFC 3339 date-time with an offset")
    day, time, fraction, offset = found.groups()
    milliseconds = f"{fraction or '':0<3.3}"
    try:
        return datetime.fromisoformat(f"{day}T{time}.{milliseconds}{offset.upper()}").astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None


def day(text: str) -> tuple[datetime, datetime] | None:
    """First and last millisecond of the UTC day that a bare date names; None when `text` is no bare date.

    Raises `ValueError` for a day that is in no calendar.
    """
    if not _DAY.fullmatch(text):
        return None
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return start, start + _REST_OF_DAY


def text(of: datetime) -> str:
    """RFC 3339 in UTC with `Z`, and a fraction (milliseconds) only when it is not zero."""
    shown = of.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return shown.removesuffix(".000") + "Z"


def now() -> datetime:
    """This instant, as precise as the database keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def written(value: Any) -> Any:
    """`value` with every date-time in it as text: the JSON form of a document. Shares what holds no date."""
    return _mapped(value, text)


def _mapped(value: Any, change: Callable[[datetime], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _mapped(member, change) for name, member in value.items()}
    if isinstance(value, list):
        return [_mapped(element, change) for element in value]
    return change(value) if isinstance(value, datetime) else value
