# SPDX-License-Identifier: Apache-2.0
"""Notices as plain functions: when somebody may be told, who that is, by which media, and what a policies file says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import StartError
from app.interactions.calendars import working_time
from app.interactions.notices.contacts import addresses_of
from app.interactions.notices.outbound import kind_of, notice_id
from app.interactions.notices.recipients import recipient_of
from app.interactions.policies_file import policy_version, read_policies
from app.interactions.promises import DUE, DueNotice, NoticeHours, NoticeStep, Policy, due_notices

OFFICE = working_time({"timeZone": "Europe/Amsterdam", "week": {"mon-fri": ["09:00-12:30", "13:30-17:30"]}})
ALWAYS = working_time({"timeZone": "UTC", "week": {"mon-sun": ["00:00-24:00"]}})
START = datetime(2026, 3, 1, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2021, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
STEPS = (
    NoticeStep("resolution", "party", before=timedelta(hours=2)),
    NoticeStep("resolution", "assignee"),
    NoticeStep("resolution", "team-lead", after=timedelta(hours=1)),
)


def policy(hours: NoticeHours = NoticeHours()) -> Policy:  # noqa: B008 - it is frozen
    return Policy("usual", ALWAYS, targets={"resolution": timedelta(hours=4)}, notices=STEPS, notice_hours=hours)


def promise(due: datetime) -> list[dict[str, Any]]:
    return [{"name": "resolution", "state": DUE, "dueDate": due}]


@given(INSTANTS)
def test_a_notice_is_never_early_and_comes_in_the_first_working_minute(due: datetime) -> None:
    at_any_time = {each.key: each.at for each in due_notices(policy(), promise(due))}
    for each in due_notices(policy(NoticeHours(OFFICE, OFFICE)), promise(due)):
        wanted = at_any_time[each.key]
        assert each.at >= wanted
        assert not OFFICE.between(wanted, each.at), "no working time passes before it"
        minute = timedelta(minutes=1)
        assert OFFICE.between(each.at, each.at + minute), "it is in working time"


def test_hours_of_parties_and_of_representatives_are_their_own() -> None:
    night = datetime(2026, 3, 4, 2, tzinfo=UTC)
    hours = NoticeHours(party=OFFICE)
    assert hours.allowed_from(night, "party") == datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert hours.allowed_from(night, "assignee") == night


def test_an_id_tells_steps_due_dates_and_interactions_apart() -> None:
    notices = [DueNotice(START, due, step) for step in STEPS for due in (START, START + timedelta(milliseconds=1))]
    ids = {notice_id(about, each) for about in ("1", "2") for each in notices}
    assert len(ids) == 2 * len(notices)
    assert notice_id("1", notices[0]) == notice_id("1", DueNotice(START + timedelta(hours=9), START, STEPS[0]))


@pytest.mark.parametrize(
    ("step", "late", "kind"),
    [(0, False, "progress"), (1, False, "breach"), (2, True, "escalation")],
)
def test_each_step_has_its_kind_of_message(step: int, late: bool, kind: str) -> None:
    assert kind_of(DueNotice(START, START, STEPS[step]), START + timedelta(hours=late)) == kind


def test_a_warning_that_comes_too_late_tells_of_the_breach() -> None:
    warning = DueNotice(START, START + timedelta(hours=2), NoticeStep("resolution", "assignee", timedelta(hours=2)))
    assert kind_of(warning, START) == "warning"
    assert kind_of(warning, START + timedelta(hours=2)) == "breach"


def related(id: str, role: str) -> dict[str, Any]:
    return {"role": role, "partyOrPartyRole": {"@type": "PartyRef", "id": id, "@referredType": "Individual"}}


def test_the_party_is_none_of_those_who_work_on_it() -> None:
    document = {
        "assignee": {"id": "a", "@referredType": "Individual"},
        "relatedParty": [
            related("b", "agent"),
            related("a", "seer"),
            related("l", "Team-Lead"),
            related("c", "caller"),
        ],
    }
    told = {
        tell: (recipient_of(document, policy(), tell) or {}).get("id") for tell in ("party", "assignee", "team-lead")
    }
    assert told == {"party": "c", "assignee": "a", "team-lead": "l"}
    assert recipient_of({}, policy(), "party") is recipient_of({}, policy(), "assignee") is None


def test_media_that_hold_come_with_the_preferred_one_first() -> None:
    ended = {"endDateTime": START - timedelta(days=1)}
    media = [
        {"emailAddress": "old@example.com", "preferred": True, "validFor": ended},
        {"phoneNumber": "+31 10 555 0142"},
        {"street1": "Coolsingel", "preferred": True},
        {"emailAddress": " new@example.com ", "preferred": True},
        {"emailAddress": "then@example.com", "validFor": {"startDateTime": START + timedelta(days=1)}},
    ]
    found = [(each.medium, each.address) for each in addresses_of({"contactMedium": media}, START)]
    assert found == [("email", "new@example.com"), ("sms", "+31 10 555 0142")]


FILE = "policies: [{name: a, resolution: PT4H}]\nnotices: "


@pytest.mark.parametrize(
    ("notices", "told"),
    [
        ("{party: nights}", "notices.party: 'nights' is no calendar of the file; there are always"),
        ("{recipients: {lead: {medium: fax, address: '1'}}}", "notices.recipients.lead.medium: "),
        ("{recipients: {lead: {medium: sms}}}", "notices.recipients.lead.address: "),
        ("{recipients: {party: {address: a@b.c}}}", "notices.recipients: names the party"),
        ("{consent: {agreed: [yes please], refused: [Yes Please]}}", "notices.consent.agreed: has 'yes please'"),
        ("{hours: office}", "notices.hours: "),
    ],
)
def test_what_is_wrong_about_notices_is_told_with_its_place(tmp_path: Path, notices: str, told: str) -> None:
    file = tmp_path / "policies.yaml"
    file.write_text(FILE + notices, encoding="utf-8")
    with pytest.raises(StartError) as refused:
        read_policies(str(file))
    assert told in str(refused.value)


def test_a_version_that_is_kept_has_the_same_terms_again(tmp_path: Path) -> None:
    file = tmp_path / "policies.yaml"
    calendar = "calendars: {day: {timeZone: Asia/Tokyo, week: {mon-sun: ['08:00-20:00']}}}\n"
    terms = "{party: day, recipients: {Lead: {address: a@b.example, language: nl}}, consent: {required: true}}"
    file.write_text(calendar + FILE + terms, encoding="utf-8")
    version = read_policies(str(file))
    again = policy_version(version.content)
    assert again == version
    assert again.notices.recipients["lead"].language == "nl"
    assert again.notices.consent.required
    assert again.policies[0].notice_hours.party == version.policies[0].notice_hours.party
