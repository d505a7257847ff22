# SPDX-License-Identifier: Apache-2.0
"""The policies of interactions: what a file may say, a line for each fault, and a digest that tells versions apart."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain.channels import DIRECTIONS, UNKNOWN
from app.errors import StartError
from app.interactions.policies_file import policy_version, read_policies

OFFICE: dict[str, Any] = {"timeZone": "Europe/Amsterdam", "week": {"mon-fri": ["09:00-12:30", "13:30-17:30"]}}
POLICY: dict[str, Any] = {"name": "complaint", "calendar": "office", "resolution": "PT40H"}
GOOD: dict[str, Any] = {"calendars": {"office": OFFICE}, "policies": [POLICY]}

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//example//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20260105\r
DTEND;VALUE=DATE:20260107\r
RRULE:FREQ=YEARLY;UNTIL=20280101T000000Z\r
EXDATE;VALUE=DATE:20270105\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART:20260514T000000Z\r
DTEND:20260515T000000Z\r
END:VEVENT\r
END:VCALENDAR\r
"""


def written(content: Any, folder: Path) -> str:
    """The path of a file with that content."""
    file = folder / "interaction-policies.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return str(file)


def holidays(calendar: dict[str, Any], folder: Path) -> list[str]:
    version = read_policies(written({**GOOD, "calendars": {"office": calendar}}, folder))
    found: list[str] = version.content["calendars"]["office"]["holidays"]
    return found


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("[", "cannot be read"),
        ("- policies", "should be a mapping"),
        ({**GOOD, "policies": []}, "policies: "),
        ({**GOOD, "polices": []}, "polices: Unknown field"),
        ({**GOOD, "appliesTo": "Customer"}, "appliesTo: "),
        ({**GOOD, "policies": [{"name": "nothing"}]}, "policies.0: promises nothing"),
        ({**GOOD, "policies": [POLICY, POLICY]}, "policies.1.name: 'complaint' is that of another"),
        ({**GOOD, "policies": [{**POLICY, "calendar": "ofice"}]}, "policies.0.calendar: 'ofice' is no calendar"),
        ({**GOOD, "policies": [{**POLICY, "resolution": "P1M"}]}, "policies.0.resolution: 'P1M' should be a duration"),
        ({**GOOD, "policies": [{**POLICY, "resolution": "PT0S"}]}, "policies.0.resolution: 'PT0S' should be"),
        ({**GOOD, "policies": [{**POLICY, "when": {"color": ["red"]}}]}, "policies.0.when.color: "),
        ({**GOOD, "policies": [{**POLICY, "reopening": "never"}]}, "policies.0.reopening: "),
        (
            {**GOOD, "policies": [{**POLICY, "notices": [{"promise": "progress", "tell": "party", "after": "PT0S"}]}]},
            "policies.0.notices: tell of progress, which",
        ),
        (
            {**GOOD, "policies": [{**POLICY, "notices": [{"promise": "resolution", "tell": "party"}]}]},
            "policies.0.notices.0: should have one of before and after",
        ),
        ({**GOOD, "calendars": {"office": {**OFFICE, "timeZone": "Mars"}}}, "calendars.office.timeZone: 'Mars' is no"),
        ({**GOOD, "calendars": {"office": {**OFFICE, "week": {"funday": ["09:00-10:00"]}}}}, "calendars.office.week: "),
        ({**GOOD, "calendars": {"office": {**OFFICE, "week": {"mon": ["10:00-09:00"]}}}}, "calendars.office.week: "),
        (
            {**GOOD, "calendars": {"office": {**OFFICE, "week": {"mon": ["09:00-12:00", "11:00-13:00"]}}}},
            "calendars.office.week: times of one day overlap",
        ),
        ({**GOOD, "calendars": {"office": {**OFFICE, "week": {}}}}, "calendars.office.has no working time in 2020"),
        ({**GOOD, "calendars": {"office": {**OFFICE, "holidays": {"country": "XX"}}}}, "calendars.office.holidays: "),
        (
            {**GOOD, "calendars": {"office": {**OFFICE, "holidayFiles": ["none.ics"]}}},
            "calendars.office.holidayFiles: ",
        ),
    ],
)
def test_each_fault_is_a_line_with_its_place(content: Any, place: str, tmp_path: Path) -> None:
    file = written(content, tmp_path)
    with pytest.raises(StartError) as refused:
        read_policies(file)
    lines = str(refused.value).splitlines()
    assert [line for line in lines if line.startswith(f"LIAISON_INTERACTION_POLICIES={file}: {place}")], lines


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    wrong = {**OFFICE, "timeZone": "Mars"}, {**OFFICE, "week": {}}
    file = written({"calendars": {"a": wrong[0], "b": wrong[1]}, "policies": [{**POLICY, "calendar": "a"}]}, tmp_path)
    with pytest.raises(StartError) as refused:
        read_policies(file)
    assert len(str(refused.value).splitlines()) == 2


def test_a_calendar_whose_holidays_are_all_its_days_is_refused(tmp_path: Path) -> None:
    every_day = CALENDAR.replace("FREQ=YEARLY;UNTIL=20280101T000000Z", "FREQ=DAILY")
    (tmp_path / "closed.ics").write_text(every_day, encoding="utf-8")
    with pytest.raises(StartError, match=r"has no working time in 2027"):
        read_policies(written({**GOOD, "calendars": {"office": {**OFFICE, "holidayFiles": ["closed.ics"]}}}, tmp_path))


def test_a_feed_may_have_days_on_which_a_deployment_works(tmp_path: Path) -> None:
    dutch = {**OFFICE, "holidays": {"country": "NL"}}
    assert "2026-04-27" in holidays(dutch, tmp_path)
    own = holidays({**dutch, "open": ["2026-04-27"], "closed": ["2026-12-31"]}, tmp_path)
    assert ("2026-04-27" in own, "2026-12-31" in own) == (False, True)


def test_the_days_of_a_calendar_file_are_holidays_also_when_they_recur(tmp_path: Path) -> None:
    (tmp_path / "closed.ics").write_text(CALENDAR, encoding="utf-8")
    found = holidays({**OFFICE, "holidayFiles": ["closed.ics"]}, tmp_path)
    assert found == ["2026-01-05", "2026-01-06", "2026-05-14"]


def test_what_is_kept_of_a_version_leads_to_the_same_version(tmp_path: Path) -> None:
    content = {**GOOD, "calendars": {"office": {**OFFICE, "holidays": {"country": "NL"}}}}
    version = read_policies(written(content, tmp_path))
    assert policy_version(version.content) == version
    assert version.policies[0].hours.holidays > {date(2026, 12, 25)}
    other = read_policies(written({**content, "policies": [{**POLICY, "resolution": "PT41H"}]}, tmp_path))
    assert other.digest != version.digest


@pytest.mark.parametrize(
    ("said", "wanted"), [(None, "inbound"), (["INBOUNDS"], "inbound"), (["outbounds"], "outbound")]
)
def test_a_direction_is_the_same_in_each_of_its_spellings(said: list[str] | None, wanted: str, tmp_path: Path) -> None:
    when = {"when": {"direction": said}} if said else {}
    version = read_policies(written({"policies": [{"name": "all", "resolution": "PT1H", **when}]}, tmp_path))
    for text, meaning in [*DIRECTIONS.items(), ("Inbound", "inbound"), ("internal", UNKNOWN)]:
        assert (version.match({"direction": text}) is not None) == (meaning == wanted), text
    assert version.match({}) is None
