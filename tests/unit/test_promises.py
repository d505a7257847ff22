# SPDX-License-Identifier: Apache-2.0
"""Promises of interactions (eTOM 1.6.9), told as stories: each is what users of other help desks reported as a fault.

Each story is also told with a naive clock, a mutant of ours that has that fault: there it must come to something else.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.rules import Lifecycle
from app.errors import InvalidField, Unavailable
from app.interactions import calendars
from app.interactions import promises as promising
from app.interactions import tracking as following
from app.interactions.policies import PolicyVersion, PolicyVersions
from app.interactions.policies_file import policy_version
from app.interactions.promises import Clock, NoticeHours
from app.interactions.tracking import Tracking
from app.interactions.working_time import WorkingTime

LIFECYCLE = Lifecycle(
    field="status",
    initial="opened",
    moves={
        "opened": frozenset({"inProgress", "completed", "cancelled"}),
        "inProgress": frozenset({"completed", "cancelled"}),
        "completed": frozenset(),
        "cancelled": frozenset(),
    },
)
OFFICE: dict[str, Any] = {
    "timeZone": "Europe/Amsterdam",
    "week": {"mon-fri": ["09:00-12:30", "13:30-17:30"], "sat": ["10:00-14:00"]},
    "holidays": ["2026-04-06"],
}
POLICY: dict[str, Any] = {
    "name": "usual",
    "calendar": "office",
    "firstResponse": "PT4H",
    "progress": "PT8H",
    "resolution": "PT16H",
    "notices": [
        {"promise": "firstResponse", "before": "PT1H", "tell": "assignee"},
        {"promise": "resolution", "after": "PT0S", "tell": "assignee"},
        {"promise": "resolution", "after": "PT2H", "tell": "lead"},
    ],
}
URGENT = {**POLICY, "name": "urgent", "when": {"priority": ["high"]}, "firstResponse": "PT1H", "resolution": "PT4H"}


def version(*policies: Mapping[str, Any], **more: Any) -> PolicyVersion:
    """A version of these policies."""
    return policy_version({"calendars": {"office": OFFICE}, "policies": list(policies or (URGENT, POLICY)), **more})


def utc(text: str) -> datetime:
    """An instant of 2026, as `03-02 09:00`, in UTC."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


class Matter:
    """An interaction in the hands of the server: each write is folded as the engine does it."""

    def __init__(self, at: str, made_under: PolicyVersion | None = None, **members: Any) -> None:
        made_under = made_under or version()
        self.tracking = Tracking(
            PolicyVersions(made_under),
            LIFECYCLE,
            resource="PartyInteraction",
            tracked="TrackedInteraction",
            types=frozenset({"TrackedInteraction"}),
        )
        agent = {"role": "agent", "partyOrPartyRole": {"id": "6022", "name": "Sam de Wit"}}
        caller = {"role": "caller", "partyOrPartyRole": {"id": "4188", "name": "Ngozi Okafor"}}
        self.document: dict[str, Any] = {
            "@type": "TrackedInteraction",
            "direction": "inbound",
            "status": "opened",
            "relatedParty": [agent, caller],
            **members,
        }
        self.writes = [(dict(self.document), utc(at))]
        self.tracking.begin(self.document, utc(at))

    def patch(self, at: str, **changes: Any) -> "Matter":
        before = self.document
        self.document = {**before, **changes}
        self.writes.append(({**self.writes[-1][0], **changes}, utc(at)))
        self.tracking.advance(before, self.document, utc(at))
        return self

    def note(self, at: str, author: str) -> "Matter":
        notes = self.document.get("note", [])
        return self.patch(at, note=[*notes, {"id": str(len(notes)), "author": author, "text": "…"}])

    def promise(self, name: str) -> dict[str, Any]:
        return next(({**each} for each in self.document["promise"] if each["name"] == name), {})

    def due(self, name: str) -> str:
        return f"{self.promise(name)['dueDate']:%m-%d %H:%M}"

    def state(self, name: str) -> str:
        return str(self.promise(name).get("state"))

    @property
    def told(self) -> list[tuple[str, str]]:
        """Whom the policy wants to be told, and when, of the promises as they are now."""
        policy = self.tracking.policy_of(self.document)
        assert policy
        return [
            (f"{each.at:%m-%d %H:%M}", each.step.tell)
            for each in promising.due_notices(policy, self.document["promise"])
        ]


# The naive clocks, each with one fault.
Patch = pytest.MonkeyPatch


def wall_clock(patch: Patch) -> None:
    """Counts every minute of the day."""
    patch.setattr(WorkingTime, "add", lambda _self, start, amount: start + amount)
    patch.setattr(WorkingTime, "subtract", lambda _self, end, amount: end - amount)
    patch.setattr(WorkingTime, "between", lambda _self, start, end: end - start)


def one_interval_a_day(patch: Patch) -> None:
    """Knows the first interval of a day alone."""
    real = WorkingTime._working

    def working(hours: WorkingTime, day: int) -> Iterator[tuple[int, int]]:
        return real(replace(hours, week=tuple(intervals[:1] for intervals in hours.week), _days={}), day)

    patch.setattr(WorkingTime, "_working", working)


def offset_of_the_beginning(patch: Patch) -> None:
    """Believes that clocks never change."""
    winter = timedelta(hours=1) // timedelta(microseconds=1)
    patch.setattr("app.interactions.working_time._pieces", lambda _zone, start, end: iter([(start, end, winter)]))


def no_holidays(patch: Patch) -> None:
    """Works on holidays."""
    real = WorkingTime._working
    patch.setattr(WorkingTime, "_working", lambda hours, day: real(replace(hours, holidays=frozenset(), _days={}), day))


def whole_feed(patch: Patch) -> None:
    """Closes on all days that a feed of holidays lists."""
    real = calendars.resolve_calendar
    patch.setattr(calendars, "resolve_calendar", lambda calendar, folder: real({**calendar, "open": []}, folder))


def at_any_hour(patch: Patch) -> None:
    """Tells as soon as something is due."""
    patch.setattr(NoticeHours, "allowed_from", lambda _self, at, _tell: at)


def deaf(patch: Patch) -> None:
    """Does not see that somebody answered."""
    patch.setattr(following, "_answers", lambda *_: False)


def eager(patch: Patch) -> None:
    """Takes every change for an answer."""
    patch.setattr(following, "_answers", lambda _policy, before, _after: bool(before))


def unpausing(patch: Patch) -> None:
    """Lets the time run while the party is waited for."""
    patch.setattr(following, "_pause", lambda clock, _at: clock)


def pause_from_the_beginning(patch: Patch) -> None:
    """Adds the time of a pause to the beginning, as if it had been working time."""

    def due(hours: WorkingTime, start: datetime, amount: timedelta, pauses: Any) -> tuple[datetime, bool]:
        held = sum((each.end - each.start for each in pauses if each.end), timedelta())
        return hours.add(start + held, amount), False

    patch.setattr(promising, "_due", due)


def endless(patch: Patch) -> None:
    """Goes on after the end."""
    patch.setattr(Lifecycle, "is_over", lambda *_: False)


def stubborn(patch: Patch) -> None:
    """Keeps the policy that applied first."""
    real = PolicyVersion.match
    patch.setattr(
        PolicyVersion,
        "match",
        lambda self, document: self.by_name(document["policy"]) if "policy" in document else real(self, document),
    )


def forgetful(patch: Patch) -> None:
    """Opens an interaction again as if no time had passed."""
    patch.setattr(following, "_reopen", lambda _policy, clock, _at: replace(clock, end=None, withdrawn=False))


def restarting(patch: Patch) -> None:
    """Begins anew with whatever is said after the end."""
    real = Tracking._next_clock

    def next_clock(self: Tracking, *more: Any) -> Any:
        policy, made_under, clock, before, after, at = more
        return real(self, policy, made_under, Clock(at) if clock.end else clock, before, after, at)

    patch.setattr(Tracking, "_next_clock", next_clock)


def every_minute(patch: Patch) -> None:
    """Tells of a breach every minute, for an hour."""
    real = promising.due_notices
    minutes = [timedelta(minutes=number) for number in range(60)]

    def notices(*more: Any) -> Any:
        return sorted(each._replace(at=each.at + minute) for each in real(*more) for minute in minutes)

    patch.setattr(promising, "due_notices", notices)


def current_policies(patch: Patch) -> None:
    """Computes what was promised under the policies of today."""
    patch.setattr(PolicyVersions, "get", lambda self, _digest: self.current)


@dataclass(frozen=True)
class Story:
    """What users reported, the mutant that has the fault, what happens, and what must come of it."""

    report: str
    naive: Callable[[Patch], None]
    tell: Callable[[], Any]
    right: Any


def reopening(policy: str = "continue") -> Matter:
    """Closed after two working hours, and opened again a week later, where a deployment's lifecycle allows that."""
    matter = Matter("03-02 08:00", version({**POLICY, "reopening": policy}))
    return matter.patch("03-02 10:00", status="completed").patch("03-09 08:00", status="opened")


def allowed(at: str, tell: str) -> str:
    """When one may be told of what was due by the clock on the wall, who is told in office hours."""
    by_night = {**POLICY, "calendar": "always"}
    hours = version(by_night, notices={"representative": "office"}).policies[0].notice_hours
    return f"{hours.allowed_from(utc(at), tell):%m-%d %H:%M}"


def at_work_on_the_kings_day() -> PolicyVersion:
    """Public holidays of the Netherlands, of which 27 April is not kept."""
    declared = {**OFFICE, "holidays": {"country": "NL"}, "open": ["2026-04-27"]}
    office = calendars.resolve_calendar(declared, Path())
    return policy_version({"calendars": {"office": office}, "policies": [POLICY]})


def other_policies() -> Any:
    """Other policies come into force between two writes."""
    matter = Matter("03-02 08:00")
    old, new = matter.tracking.versions, PolicyVersions(version({**POLICY, "resolution": "PT1H"}))
    assert old
    new.add(old.current)
    matter.tracking.versions = new
    return matter.patch("03-02 08:30", waitingFor="party").patch("03-02 08:30", waitingFor="none").due("resolution")


STORIES = [
    Story(
        "Zammad #3140: it escalates although the agent answered",
        deaf,
        lambda: Matter("03-02 08:00").note("03-02 09:00", "Sam de Wit").state("firstResponse"),
        "met",
    ),
    Story(
        "Zammad #5177: an update overrules the first response",
        eager,
        lambda: Matter("03-02 08:00").patch("03-02 08:30", description="More of it").state("firstResponse"),
        "due",
    ),
    Story(
        "Zammad #2082: what the customer adds stops the clock",
        eager,
        lambda: Matter("03-02 08:00").note("03-02 09:00", "Ngozi Okafor").state("firstResponse"),
        "due",
    ),
    Story(
        "Zammad #390: a feed of holidays lists days on which work goes on",
        whole_feed,
        lambda: Matter("04-24 15:30", at_work_on_the_kings_day()).due("resolution"),
        "04-28 12:30",
    ),
    Story(
        "Zammad #4432: who works by day is reminded at midnight and on weekends",
        at_any_hour,
        lambda: [allowed(at, "assignee") for at in ("03-06 23:00", "03-07 14:00", "03-09 10:00")],
        ["03-07 09:00", "03-09 08:00", "03-09 10:00"],
    ),
    Story(
        "Zammad #5624: the target of the former policy stays",
        stubborn,
        lambda: Matter("03-02 08:00", priority="low").patch("03-02 08:10", priority="high").due("resolution"),
        "03-02 13:00",
    ),
    Story(
        "Chatwoot #10178: the clock runs on after the end",
        endless,
        lambda: Matter("03-02 08:00").patch("03-02 09:00", status="completed").state("resolution"),
        "met",
    ),
    Story(
        "Chatwoot #10178: a thank-you after the end starts the clock again",
        restarting,
        lambda: (
            Matter("03-02 08:00")
            .patch("03-02 09:00", status="completed")
            .note("03-03 09:00", "Ngozi Okafor")
            .document["clock"]["startDate"]
        ),
        utc("03-02 08:00"),
    ),
    Story(
        "Chatwoot #14009, Frappe #2212 and #1528: a day has more than one interval",
        one_interval_a_day,
        lambda: Matter("03-02 08:00").due("firstResponse"),
        "03-02 13:00",
    ),
    Story(
        "Chatwoot PR 13392: nights count as working time",
        wall_clock,
        lambda: Matter("03-02 15:30").due("firstResponse"),
        "03-03 11:00",
    ),
    Story(
        "Chatwoot #14016: what is opened again has the time that was left",
        forgetful,
        lambda: reopening().due("resolution"),
        "03-10 15:30",
    ),
    Story(
        "Chatwoot #6889: after a breach somebody else is told, once",
        every_minute,
        lambda: [who for _, who in Matter("03-02 08:00").note("03-02 09:00", "6022").told],
        ["assignee", "lead"],
    ),
    Story(
        "osTicket #1684: the clock starts while nobody works",
        wall_clock,
        lambda: Matter("02-28 20:00").due("firstResponse"),
        "03-02 13:00",
    ),
    Story(
        "osTicket #5160: a promise that was made moves when policies change",
        current_policies,
        other_policies,
        "03-04 09:00",
    ),
    Story(
        "osTicket PR 5206: what is opened again keeps a due date of the past",
        forgetful,
        lambda: reopening("restart").due("resolution"),
        "03-11 09:00",
    ),
    Story(
        "GLPI #15429: zones and holidays do not agree",
        offset_of_the_beginning,
        lambda: Matter("03-28 12:30").due("firstResponse"),
        "03-30 10:30",
    ),
    Story(
        "GLPI #14937: the time of waiting counts",
        unpausing,
        lambda: (
            Matter("03-02 08:00")
            .patch("03-02 09:00", waitingFor="party")
            .patch("03-04 09:00", waitingFor="enterprise")
            .due("resolution")
        ),
        "03-06 09:00",
    ),
    Story(
        "GLPI #1996 and #2408: hundreds of mails after one breach",
        every_minute,
        lambda: len(Matter("03-02 08:00").told),
        3,
    ),
    Story(
        "ERPNext PR 38745: a holiday of the list is a working day",
        no_holidays,
        lambda: Matter("04-03 14:30").due("resolution"),
        "04-08 10:30",
    ),
    Story(
        "moment-business-time #58: working hours move when clocks change",
        offset_of_the_beginning,
        lambda: Matter("03-27 15:30").due("resolution"),
        "03-31 10:30",
    ),
    Story(
        "Frappe PR 2449: the time of a pause is added to the beginning",
        pause_from_the_beginning,
        lambda: (
            Matter("03-02 08:00")
            .patch("03-02 15:00", waitingFor="party")
            .patch("03-03 07:00", waitingFor="enterprise")
            .due("resolution")
        ),
        "03-04 10:30",
    ),
    Story(
        "Frappe #2050: it is known how often something was opened again",
        endless,
        lambda: reopening().document.get("reopened"),
        1,
    ),
]


@contextmanager
def mutated(naive: Callable[[Patch], None]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        naive(patch)
        yield


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.report)
def test_what_others_reported_does_not_happen_here(story: Story) -> None:
    assert story.tell() == story.right


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.report)
def test_a_naive_clock_fails_each_story(story: Story) -> None:
    with mutated(story.naive):
        assert story.tell() != story.right


def test_a_query_that_is_answered_at_once_keeps_all_its_promises() -> None:
    matter = Matter("03-02 08:00", status="completed")
    assert {each["state"] for each in matter.document["promise"]} == {"met"}
    assert "dueDate" not in matter.document


def test_what_nobody_wants_any_more_is_neither_kept_nor_broken() -> None:
    matter = Matter("03-02 08:00").patch("03-02 09:00", status="cancelled")
    assert (matter.state("firstResponse"), matter.state("resolution")) == ("cancelled", "cancelled")


def test_a_pause_mends_no_breach() -> None:
    late = Matter("03-02 08:00").patch("03-20 09:00", waitingFor="party")
    assert (late.state("resolution"), late.due("resolution")) == ("due", "03-04 09:00")


@pytest.mark.parametrize(
    "change",
    [
        {"waitingFor": "party"},
        {"interactionRelationship": [{"id": "2", "relationshipType": "answeredBy"}]},
        {"assignee": {"id": "9", "name": "Ada"}, "note": [{"author": "ada", "text": "Done"}]},
    ],
)
def test_the_enterprise_answers_by_any_of_these(change: dict[str, Any]) -> None:
    assert Matter("03-02 08:00").patch("03-02 09:00", **change).state("firstResponse") == "met"


def test_a_note_that_is_corrected_is_no_second_answer() -> None:
    matter = Matter("03-02 08:00").note("03-02 09:00", "6022")
    corrected = [{**matter.document["note"][0], "text": "Better said"}]
    assert matter.patch("03-02 11:00", note=corrected).promise("progress")["dueDate"] == utc("03-03 09:30")


def test_a_clock_of_a_server_that_is_behind_moves_nothing_back() -> None:
    matter = Matter("03-02 08:00").patch("03-02 09:00", waitingFor="party").patch("03-02 08:30", waitingFor="none")
    assert matter.document["clock"]["pause"] == [{"startDate": utc("03-02 09:00"), "endDate": utc("03-02 09:00")}]


def test_promises_follow_from_the_writes_alone() -> None:
    matter = Matter("03-02 08:00", priority="low").note("03-02 09:00", "6022").patch("03-02 10:00", waitingFor="party")
    matter.patch("03-03 10:00", waitingFor="none").patch("03-03 10:30", priority="high").patch(
        "03-04 09:00", status="completed"
    )
    (first, at), *later = matter.writes
    matter.tracking.begin(first, at)
    for document, then in later:
        after = {**document, **{name: first[name] for name in following.OWNED if name in first}}
        matter.tracking.advance(first, after, then)
        first = after
    assert first == matter.document


def test_clients_cannot_change_what_the_server_sees_to() -> None:
    with pytest.raises(InvalidField, match="/promise"):
        Matter("03-02 08:00").patch("03-02 09:00", promise=[])


def test_a_version_that_is_not_known_is_no_reason_to_guess() -> None:
    matter = Matter("03-02 08:00")
    matter.tracking.versions = PolicyVersions(version(POLICY))
    with pytest.raises(Unavailable, match="policies of version"):
        matter.patch("03-02 09:00", waitingFor="party")


def test_holidays_are_days_of_the_zone() -> None:
    hours = version().policies[0].hours
    assert date(2026, 4, 6) in hours.holidays
    assert hours.between(utc("04-05 22:00"), utc("04-06 22:00")) == timedelta()
