# SPDX-License-Identifier: Apache-2.0
"""Date-times: what is read, what is refused and why, and that writing and reading are each other's opposite."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import dates

FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


precise = st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None), timezones=st.just(UTC))
instants = precise.map(to_milliseconds)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(instants)
def test_what_is_written_is_read_back(at: datetime) -> None:
    assert dates.instant(dates.text(at)) == at


@given(precise | precise.map(lambda at: at.replace(microsecond=at.microsecond % 1000)))
def test_what_is_written_is_iso_8601_with_milliseconds_only_where_there_are_any(at: datetime) -> None:
    written = to_milliseconds(at).replace(tzinfo=None).isoformat(timespec="milliseconds")
    assert dates.text(at) == written.removesuffix(".000") + "Z"


@given(instants, offsets)
def test_an_instant_is_the_same_in_any_offset(at: datetime, offset: timezone) -> None:
    elsewhere = at.astimezone(offset)
    assert dates.instant(elsewhere.isoformat()) == at
    assert dates.text(elsewhere) == dates.text(at)
    assert dates.text(at.replace(tzinfo=None)) == dates.text(at), "without a zone it is UTC"


@given(instants)
def test_what_is_read_is_in_utc(at: datetime) -> None:
    assert dates.instant(at.astimezone(timezone(timedelta(hours=5))).isoformat()).tzinfo is UTC


@given(instants, st.text("0123456789", min_size=1, max_size=30))
def test_a_fraction_of_any_length_is_cut_to_milliseconds(at: datetime, digits: str) -> None:
    whole = at.replace(microsecond=0)
    read = dates.instant(f"{dates.text(whole)[:-1]}.{digits}Z")
    assert read == whole + int(f"{digits:0<3.3}") * MILLISECOND


@given(instants)
def test_lower_case_letters_are_read_alike(at: datetime) -> None:
    assert dates.instant(dates.text(at).lower()) == at


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00-00:01", datetime(1, 1, 1, 0, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        ("2024-02-29T00:00:00-00:00", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_the_edges_of_the_calendar_are_read(text: str, at: datetime) -> None:
    assert dates.instant(text) == at


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-05-01", "offset"),
        ("2024-05-01T10:00:00", "offset"),
        ("2024-05-01 10:00:00Z", "RFC 3339"),
        ("2024-05-01T10:00Z", "RFC 3339"),
        ("2024-05-01T10:00:00.Z", "RFC 3339"),
        ("2024-05-01T10:00:00+0200", "RFC 3339"),
        ("2024-05-01T10:00:00+02", "RFC 3339"),
        ("2024-05-01T10:00:00+10:60", "RFC 3339"),
        ("2024-05-01T10:00:00+24:00", "offset"),
        ("٢٠٢٤-05-01T10:00:00Z", "RFC 3339"),
        ("2024-05-01T10:00:00Z\n", "RFC 3339"),
        ("2024-05-01T24:00:00Z", "hour"),
        ("2016-12-31T23:59:60Z", "second must be in 0..59"),
        ("2023-02-29T00:00:00Z", "day"),
        ("2024-13-01T00:00:00Z", "month"),
        ("0000-01-01T00:00:00Z", "year"),
        ("0001-01-01T00:00:00+00:01", "outside the years 1 to 9999"),
        ("9999-12-31T23:59:59-00:01", "outside the years 1 to 9999"),
        ("", "RFC 3339"),
        ("yesterday", "RFC 3339"),
    ],
)
def test_what_is_no_instant_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        dates.instant(text)


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)"))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        read = dates.instant(text)
    except ValueError:
        return
    assert dates.instant(dates.text(read)) == read


@given(instants)
def test_a_bare_day_holds_exactly_the_instants_of_that_utc_day(at: datetime) -> None:
    bounds = dates.day(dates.text(at)[:10])
    assert bounds is not None
    first, last = bounds
    assert first <= at <= last
    assert (first - MILLISECOND).date() < at.date() < (last + MILLISECOND).date()


def test_the_last_day_of_the_calendar_is_a_day() -> None:
    assert dates.day("9999-12-31") == (
        datetime(9999, 12, 31, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
    )


@pytest.mark.parametrize("text", ["2024-05-01T10:00:00Z", "2024-5-1", "2024", "", "2024-05-01 ", "٢٠٢٤-05-01"])
def test_what_is_no_bare_day_is_told_apart(text: str) -> None:
    assert dates.day(text) is None


@pytest.mark.parametrize("text", ["2023-02-29", "2024-00-10", "0000-01-01"])
def test_a_day_that_is_in_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"range|must be in"):
        dates.day(text)


def test_now_is_as_precise_as_the_database() -> None:
    at = dates.now()
    assert at.tzinfo is UTC
    assert at.microsecond % 1000 == 0
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)


def test_every_date_time_in_a_document_is_written() -> None:
    at = datetime(2024, 5, 1, 10, tzinfo=UTC)
    plain: Any = {"n": 1, "t": "text", "none": None}
    document = {**plain, "at": at, "list": [at, {"at": at}, [at]]}
    shown = "2024-05-01T10:00:00Z"
    assert dates.with_text_dates(document) == {**plain, "at": shown, "list": [shown, {"at": shown}, [shown]]}
    assert document["at"] is at
