# SPDX-License-Identifier: Apache-2.0
"""The retention schedule: durations by the calendar, and what is told of a schedule that is wrong."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.composition.retention_schedule import retention_schedule
from app.domain.durations import Duration
from app.domain.retention import ARCHIVE, PURGE
from app.errors import DocumentsError
from app.settings import Settings

INSTANTS = st.datetimes(datetime(1, 1, 1), datetime(5000, 1, 1), timezones=st.just(UTC))
GOOD = """
customer:
  trigger: {resource: Customer, state: [terminated]}
  duration: P18M
  legalBasis: Law
  action: archive
"""


@given(INSTANTS, st.integers(0, 500), st.integers(0, 11), st.integers(0, 1000), st.integers(0, 100_000))
def test_a_duration_is_added_by_the_calendar(
    instant: datetime, years: int, months: int, days: int, seconds: int
) -> None:
    later = Duration.parse(f"P{years}Y{months}M{days}DT{seconds}S").after(instant)
    month = Duration.parse(f"P{years * 12 + months}M").after(instant)
    assert (month.year * 12 + month.month) - (instant.year * 12 + instant.month) == years * 12 + months
    assert month.day == min(instant.day, monthrange(month.year, month.month)[1])
    assert month.time() == instant.time()
    assert later - month == timedelta(days=days, seconds=seconds)


@pytest.mark.parametrize(
    ("duration", "begin", "end"),
    [
        ("P1Y", "2024-02-29", "2025-02-28"),
        ("P4Y", "2024-02-29", "2028-02-29"),
        ("P1M", "2026-01-31", "2026-02-28"),
        ("P1M1D", "2026-01-31", "2026-03-01"),
        ("P2W", "2026-12-25", "2027-01-08"),
        ("PT36H", "2026-01-01", "2026-01-02T12:00"),
        ("P0D", "2026-01-01", "2026-01-01"),
    ],
)
def test_known_durations(duration: str, begin: str, end: str) -> None:
    assert Duration.parse(duration).after(datetime.fromisoformat(begin)) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1", "1Y", "P1Y2", "P-1Y", "P1S", "P1YT", "p1y", "P1.5Y", "P1W2D", "7 years"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        Duration.parse(text)


def schedule_in(directory: Path, text: str) -> Settings:
    file = directory / "retention.yaml"
    file.write_text(text)
    return Settings(retention=str(file))


def test_the_schedule_in_the_package_fits_the_server() -> None:
    schedule = retention_schedule(Settings())
    assert schedule.category_of("Customer", ARCHIVE) == "customer"
    assert schedule.category_of("ArchiveBundle", PURGE) == "customerArchive"
    assert schedule.category_of("Customer", PURGE) is None
    assert all(rule.basis for rule in schedule.rules.values())


def test_what_is_due_beyond_the_calendar_is_due_at_its_end(tmp_path: Path) -> None:
    schedule = retention_schedule(schedule_in(tmp_path, GOOD.replace("P18M", "P9999Y")))
    assert schedule.due_at("customer", datetime(2026, 1, 1, tzinfo=UTC)).year == 9999
    with pytest.raises(KeyError):
        schedule.due_at("supplier", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Customer", "Custmer", "customer.trigger.resource: 'Custmer' is no resource with states"),
        ("terminated", "Gone", "customer.trigger.state: 'Gone' is no state of Customer; there are Prospect"),
        ("P18M", "7 years", "customer.duration: '7 years' is no duration of ISO 8601"),
        ("legalBasis: Law", "basis: Law", "customer.legalBasis: Missing data"),
        ("action: archive", "action: burn", "customer.action: Must be one of: archive, purge, erase"),
        ("action: archive", "action: purge", "customer.action: 'purge' is for ArchiveBundle alone, not for Customer"),
        (
            "resource: Customer, state: [terminated]",
            "resource: PartyInteraction, state: [completed]",
            "for Customer alone",
        ),
        ("customer:", "customer: [", "cannot be read"),
        (GOOD, "- a\n", "should map each category"),
        (GOOD, "a: 7\n", "a: Invalid input type"),
    ],
)
def test_a_wrong_schedule_is_told_line_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(DocumentsError) as refused:
        retention_schedule(schedule_in(tmp_path, GOOD.replace(old, new)))
    (line,) = [line for line in str(refused.value).splitlines() if told in line]
    assert line.startswith("LIAISON_RETENTION=")


def test_the_command_checks_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIAISON_RETENTION", schedule_in(tmp_path, GOOD).retention)
    assert CliRunner().invoke(main, ["retention", "check"]).output == "1 categories: customer\n"
    assert "P18M" in CliRunner().invoke(main, ["retention", "list"]).output
    schedule_in(tmp_path, GOOD.replace("P18M", "x") + GOOD.replace("customer:", "second:").replace("Law", "''"))
    checked = CliRunner().invoke(main, ["retention", "check"])
    assert checked.exit_code == 2
    assert ["customer.duration" in checked.output, "second.legalBasis" in checked.output] == [True, True]
