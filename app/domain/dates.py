# SPDX-License-Identifier: Apache-2.0
"""Date-times: RFC 3339 text in and out, UTC instants with milliseconds inside."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

_DATE_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:[0-5]\d)", re.ASCII)
_USUAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NO_DAY = "there is no day"
"""How the message begins about a date that is in no calendar, such as 2025-02-30."""

_REST_OF_DAY = timedelta(days=1) - timedelta(milliseconds=1)
_UTC = (None, UTC)
_WRITTEN = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
_MAY_HOLD = frozenset({dict, list, datetime})


def instant(text: str) -> datetime:
    """The UTC instant that an RFC 3339 date-time with an offset names, cut to milliseconds.

    Raises `ValueError` when `text` is no such date-time, names no offset, or lies outside the years 1 to 9999.
    """
    if _USUAL.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            _refuse_no_day(text[:10])
            raise
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 date-time with an offset")
    day, time, fraction, offset = match.groups()
    milliseconds = f"{fraction or '':0<3.3}"
    _refuse_no_day(day)
    try:
        return datetime.fromisoformat(f"{day}T{time}.{milliseconds}{offset.upper()}").astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999") from None


def day(text: str) -> tuple[datetime, datetime] | None:
    """First and last millisecond of the UTC day that a bare date names; None when `text` is no bare date.

    Raises `ValueError` for a day that is in no calendar.
    """
    if not is_day(text):
        return None
    _refuse_no_day(text)
    start = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return start, start + _REST_OF_DAY


def is_day(text: str) -> bool:
    """Whether `text` is written as a bare date."""
    return _DAY.fullmatch(text) is not None


def _refuse_no_day(text: str) -> None:
    """Raise `ValueError` for a date, as RFC 3339 writes it, that is in no calendar."""
    try:
        date.fromisoformat(text)
    except ValueError as why:
        raise ValueError(f"{NO_DAY} {text} ({why})") from None


def text(of: datetime) -> str:
    """RFC 3339 in UTC with `Z`, and a fraction (milliseconds) only when it is not zero; without a zone it is UTC."""
    # orjson is several times as fast as `isoformat`, and lists have very many date-times.
    shown = orjson.dumps(of if of.tzinfo in _UTC else of.astimezone(UTC), None, _WRITTEN).decode()
    return f"{shown[1:24].removesuffix('.000')}Z" if of.microsecond else shown[1:-1]


def now() -> datetime:
    """This instant, as precise as the database keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def with_text_dates(value: Any) -> Any:
    """`value` with every date-time in it as text: the JSON form of a document. Shares what holds no date."""
    steps: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        steps = value.items()
    elif isinstance(value, list):
        steps = enumerate(value)
    else:
        return text(value) if isinstance(value, datetime) else value
    new: Any = value
    for step, inner in steps:
        if type(inner) in _MAY_HOLD and (changed := with_text_dates(inner)) is not inner:
            new = value.copy() if new is value else new
            new[step] = changed
    return new
