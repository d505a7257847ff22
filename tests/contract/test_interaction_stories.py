# SPDX-License-Identifier: Apache-2.0
"""Interactions from beginning to end (eTOM 1.6.9), told over HTTP by a clock that the story moves.

Times are those of the clock on the wall in Amsterdam, in May of 2027, where Whit Monday is the 17th.
"""

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.composition.factory import Liaison
from app.composition.notice_templates import notice_templates
from app.composition.notices import notifier_of
from app.domain import dates
from app.interactions.notices.transport import transports
from app.interactions.survey_texts import survey_texts
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.contract.draining import drain
from tests.contract.notice_office import AGENT, CALLER, CHANNELS, INTERACTIONS, Office, people, related
from tests.exported import by_key, exported
from tests.paths import SATISFACTION_SURVEY
from tests.scenarios.command import run
from tests.serving import free_port, serving
from tests.storage.mail_server import HOST, mail_server

POLICIES = """
calendars:
  office: {timeZone: Europe/Amsterdam, week: {mon-fri: ['09:00-17:00']}, holidays: {country: NL}}
  afternoon: {timeZone: Europe/Amsterdam, week: {mon-fri: ['14:30-20:00']}, holidays: {country: NL}}
policies:
  - name: order
    when: {reason: [Query, Order]}
    calendar: office
    firstResponse: PT4H
    progress: PT8H
    resolution: PT16H
    notices:
      - {promise: firstResponse, before: PT1H, tell: assignee}
      - {promise: progress, before: PT1H, tell: party}
      - {promise: resolution, before: PT2H, tell: assignee}
      - {promise: resolution, after: PT0S, tell: assignee}
      - {promise: resolution, after: PT4H, tell: team-lead}
notices:
  party: afternoon
  representative: office
  recipients:
    team-lead: {address: lead@care.example, name: Lead, language: nl}
"""
INSIGHT = "/tmf-api/interactionInsight/v1/interactionInsight"
WALL = ZoneInfo("Europe/Amsterdam")
PARTY, REPRESENTATIVE, LEAD = "ngozi@home.example", "sam@care.example", "lead@care.example"
KINDS = {"call-centre": "phone", "portal": "web", "shop-7": "store"}
PAGE = {"Accept": "text/html"}


def wall(text: str) -> datetime:
    """An instant of May 2027 such as `13 14:00`, in Amsterdam."""
    return datetime.strptime(f"2027-05-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=WALL)


def on_the_wall(text: str) -> str:
    """A date-time of an answer, as `wall` takes it."""
    return f"{dates.instant(text).astimezone(WALL):%d %H:%M}"


@dataclass
class Story(Office):
    """An office, all of whose parts go by one clock."""

    runner: asyncio.Runner

    def until(self, text: str) -> list[tuple[str, str, str]]:
        """The mails up to this time, and at it: when, to whom, in which language, and how they begin."""
        heard, end = list[tuple[str, str, str]](), wall(text)
        while True:
            before = len(self.mail.messages)
            now = min(self.clock[0] + timedelta(minutes=30), end)
            self.runner.run(self.at(now))
            for address, mail in zip(self.mail.recipients[before:], self.mail.messages[before:], strict=True):
                message = message_from_bytes(mail)
                subject = str(make_header(decode_header(message["Subject"])))
                heard.append((f"{now:%d %H:%M}", address, f"{message['Content-Language']}: {subject.split()[0]}"))
            if now == end:
                return heard

    def interaction(self, reason: str, channel: str, **more: Any) -> dict[str, Any]:
        """An interaction that begins now."""
        via = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": channel}}
        body = {
            "@type": "TrackedInteraction",
            "reason": reason,
            "direction": "inbound",
            "interactionDate": {"startDateTime": dates.text(dates.now())},
            "relatedChannel": [via],
            "relatedParty": [related(CALLER, "caller"), related(AGENT, "agent")],
            "assignee": {"id": AGENT, "name": "Sam", "@referredType": "Individual"},
            **more,
        }
        return self.call("POST", INTERACTIONS, body)

    def patch(self, id: str, **changes: Any) -> dict[str, Any]:
        return self.call("PATCH", f"{INTERACTIONS}/{id}", changes)

    def found(self, **query: str) -> list[str]:
        """The ids that a query finds, in its order."""
        answer = self.client.get(INTERACTIONS, params={name.replace("__", "."): each for name, each in query.items()})
        return [each["id"] for each in answer.raise_for_status().json()]

    def tracked(self, **query: str) -> list[str]:
        return self.found(**{"@type": "TrackedInteraction"}, **query)

    def breached(self) -> list[str]:
        return self.tracked(dueDate__lt=dates.text(dates.now()), sort="dueDate")

    def changes(self, id: str) -> list[tuple[str, list[str]]]:
        """The track record: when, and what changed."""
        record = self.client.get(f"{INTERACTIONS}/{id}/change").raise_for_status().json()
        return [(on_the_wall(each["date"]), [what["attribute"] for what in each["changed"]]) for each in record]

    def insight(self) -> dict[str, dict[str, Any]]:
        """The figures of the week, by channel."""
        asked = {"groupBy": "channel", "from": "2027-05-10", "to": "2027-05-24", "timeZone": "Europe/Amsterdam"}
        told = self.client.get(INSIGHT, params=asked).raise_for_status().json()
        return {each["channel"]: each for each in told["slice"]}


def note(text: str, author: str = AGENT) -> dict[str, str]:
    return {"@type": "Note", "text": text, "author": author}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The one clock of a story: of the server, of what is sent, of surveys and of commands."""
    now = [wall("13 14:00")]
    monkeypatch.setattr(dates, "now", lambda: now[0].astimezone(UTC))
    return now


@pytest.fixture(scope="module")
def served(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a server that promises something, and tells figures."""
    file = tmp_path_factory.mktemp("policies") / "policies.yaml"
    file.write_text(POLICIES, encoding="utf-8")
    own = dataclasses.replace(
        settings, port=free_port(), interaction_policies=str(file), insight=True, insight_answers=1
    )
    with serving(own):
        yield own


@pytest.fixture
def story(served: Settings, clean_database: str, clock: list[datetime]) -> Iterator[Story]:
    with asyncio.Runner() as runner:
        opening = opened(served, clock, runner)
        story = runner.run(opening.__aenter__())
        people(story)
        for id, kind in KINDS.items():
            story.call("POST", CHANNELS, {"@type": "Channel", "id": id, "name": id, "channelType": kind})
        yield story
        runner.run(opening.__aexit__(None, None, None))


@asynccontextmanager
async def opened(served: Settings, clock: list[datetime], runner: asyncio.Runner) -> AsyncIterator[Story]:
    """A notifier and a mail server beside the server."""
    async with mail_server() as mail:
        sending = dataclasses.replace(
            served, smtp_host=HOST, smtp_port=mail.port, smtp_tls="off", smtp_from="care@care.example"
        )
        liaison, by = Liaison(sending, connect(sending)), transports(sending)
        async with liaison.client:
            await liaison.prepare()
            notifier = notifier_of(liaison, by, notice_templates(sending), clock=lambda: dates.now(), lease_seconds=1)
            assert notifier is not None
            with httpx.Client(base_url=served.root_url, timeout=30) as client:
                yield Story(client, notifier, mail, clock, liaison, runner)
            for each in by.values():
                await each.close()
            await liaison.release()


def test_a_query_that_is_answered_at_once_is_nobodys_business_any_more(story: Story) -> None:
    asked = story.interaction("Query", "call-centre")
    assert story.tracked(assignee__id=AGENT, clock__endDate__exists="false", sort="dueDate") == [asked["id"]]
    assert {each["name"]: on_the_wall(each["dueDate"]) for each in asked["promise"]} == {
        "firstResponse": "14 10:00",
        "resolution": "18 14:00",
    }
    assert story.until("13 14:02") == []
    answered = story.patch(asked["id"], note=[note("It is in the bill of April.")], status="completed")
    assert [each["state"] for each in answered["promise"]] == ["met"] * 3
    assert "dueDate" not in answered
    assert story.tracked(assignee__id=AGENT, clock__endDate__exists="false", sort="dueDate") == []

    assert story.until("21 20:00") == [], "nobody is told of what was kept"
    assert story.breached() == []
    assert story.found() == [asked["id"]], "no notice was made"
    (begun, first), (ended, then) = story.changes(asked["id"])
    assert (begun, ended) == ("13 14:00", "13 14:02")
    assert "reason" in first
    assert {"note", "status"} <= set(then)
    figures = story.insight()["phone"]
    assert (figures["volume"], figures["backlog"]) == (1, 0)
    assert figures["resolutionTime"] == {"count": 1, "median": 120.0, "p90": 120.0}
    assert [each["breached"] for each in figures["promise"]] == [0] * 3


def test_a_complex_order_over_days_and_channels_is_one_story_wherever_it_is_read(
    story: Story, served: Settings, tmp_path: Path
) -> None:
    # Thursday: a call. Its first response is given within the hour.
    order = story.interaction("Order", "call-centre", conversation="M-27")
    id = order["id"]
    assert story.until("13 15:00") == []
    assert state(story.patch(id, note=[note("We look into it.")]), "firstResponse") == "met"

    # Friday: the party hears that it goes on, in its hours, which begin half an hour after that was due.
    assert story.until("14 16:00") == [("14 14:30", PARTY, "de: Ihr")]
    # It has to sign. While it is waited for, no time runs.
    assert state(story.patch(id, waitingFor="party"), "resolution") == "paused"
    assert story.tracked(waitingFor="party", sort="clock.startDate") == [id]

    # Saturday: it does, on the web. The time goes on, though nobody works until Tuesday.
    assert story.until("15 11:00") == []
    signed = story.interaction(
        "Signature", "portal", conversation="M-27", status="completed",
        interactionRelationship=[{"@type": "InteractionRelationship", "id": id, "relationshipType": "belongsTo"}],
    )  # fmt: skip
    assert "promise" not in signed, "no policy applies to it"
    again = story.patch(id, waitingFor="enterprise")
    assert on_the_wall(promise(again, "resolution")["dueDate"]) == "18 15:00", "six hours were left"

    # Tuesday, after a holiday: a warning, the breach, and the party hears again. Each of them once.
    assert story.tracked(waitingFor="party", sort="clock.startDate") == []
    assert story.until("18 14:30") == [("18 13:00", REPRESENTATIVE, "en: Due")]
    assert story.breached() == []
    assert story.until("18 20:00") == [
        ("18 15:00", REPRESENTATIVE, "en: Overdue:"),
        ("18 16:00", PARTY, "de: Ihr"),
    ]
    assert story.breached() == [id]

    # Wednesday: the lead hears; the party comes to the shop and has what it ordered.
    assert story.until("19 12:00") == [("19 11:00", LEAD, "nl: Escalatie:")]
    handed = story.interaction("Handover", "shop-7", conversation="M-27", status="completed")
    assert story.until("19 13:00") == []
    done = story.patch(id, status="completed")
    assert (state(done, "resolution"), on_the_wall(promise(done, "resolution")["metDate"])) == ("met", "19 13:00")
    assert story.breached() == []
    assert story.until("20 15:00") == [], "what is over is not told of"

    # Thursday: the party is asked how it was, and says so on the page.
    survey = answered_on_the_page(story, id, 2, "Zu spät")

    tells_of_the_order(story, id, [signed["id"], handed["id"]])
    figures_tell_it(story)
    export_tells_it(served, tmp_path, id, survey)


def promise(shown: dict[str, Any], name: str) -> dict[str, Any]:
    (made,) = (each for each in shown["promise"] if each["name"] == name)
    return dict(made)


def state(shown: dict[str, Any], name: str) -> str:
    return str(promise(shown, name)["state"])


def answered_on_the_page(story: Story, about: str, score: int, comment: str) -> str:
    """Ask the party by a link, and answer as a browser does; the id of the survey."""
    asked = story.call(
        "POST",
        SATISFACTION_SURVEY,
        {"@type": "SatisfactionSurvey", "surveyType": "CSAT",
         "respondent": {"@type": "PartyRef", "id": CALLER, "@referredType": "Individual"},
         "ratedEntity": {"@type": "EntityRef", "id": about, "@referredType": "PartyInteraction"}},
    )  # fmt: skip
    link = story.call("POST", f"{SATISFACTION_SURVEY}/{asked['id']}/surveyLink")["link"]
    texts = survey_texts()["de"]
    page = story.client.get(link, headers=PAGE)
    assert texts["CSAT"]["question"] in page.text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page.text))
    thanks = story.client.post("/survey", data={**hidden, "score": str(score), "comment": comment}, headers=PAGE)
    assert (thanks.status_code, texts["thanks"] in thanks.text) == (200, True)
    return str(asked["id"])


def tells_of_the_order(story: Story, id: str, others: list[str]) -> None:
    """The track record, the timeline, the conversation, the notices and the working lists."""
    record = story.changes(id)
    assert [when for when, _ in record] == [
        "13 14:00", "13 15:00", "14 14:30", "14 16:00", "15 11:00", "18 16:00", "19 13:00",
    ]  # fmt: skip
    assert ["waitingFor" in what for _, what in record] == [False, False, False, True, True, False, True]
    assert "status" in record[-1][1]
    told = story.notices(id)
    assert [on_the_wall(each["interactionDate"]["startDateTime"]) for each in told] == [
        "14 14:30", "18 13:00", "18 15:00", "18 16:00", "19 11:00",
    ]  # fmt: skip
    assert {each["status"] for each in told} == {"completed"}
    assert story.tracked(conversation="M-27", sort="interactionDate.startDateTime") == [id, *others]
    timeline = story.found(relatedParty__partyOrPartyRole__id=CALLER, sort="-interactionDate.startDateTime")
    progress = [told[0]["id"], told[3]["id"]]
    assert timeline == [others[1], progress[1], others[0], progress[0], id]
    assert story.breached() == story.tracked(unreachedDate__lte="2100-01-01T00:00:00Z", sort="unreachedDate") == []


def figures_tell_it(story: Story) -> None:
    by_channel = story.insight()
    assert {name: each["volume"] for name, each in by_channel.items()} == {"phone": 1, "web": 1, "store": 1, "email": 5}
    assert {each["backlog"] for each in by_channel.values()} == {0}
    phone = by_channel["phone"]
    assert (phone["responseTime"]["median"], phone["resolutionTime"]["median"]) == (
        SECONDS["13 15:00"],
        SECONDS["19 13:00"],
    )
    assert {each["name"]: each["breached"] for each in phone["promise"]}["resolution"] == 1
    (satisfaction,) = phone["satisfaction"]
    assert (satisfaction["surveyType"], satisfaction["count"], satisfaction["mean"]["value"]) == ("CSAT", 1, 2)


SECONDS = {text: (wall(text) - wall("13 14:00")).total_seconds() for text in ("13 15:00", "19 13:00")}
"""How long after the order that was."""


def export_tells_it(served: Settings, out: Path, id: str, survey: str) -> None:
    """The tables for BI, of what the relay has logged."""
    drain(served)
    code, told, error = run(
        served, "export", "interactions", "--out", out, "--format", "ndjson", "--role", "integrator"
    )
    assert code == 0, error
    _, tables = exported(Path(told.strip()).parent)
    order = by_key(tables["interaction"], "id")[id]
    assert (order["response_seconds"], order["resolution_seconds"]) == (SECONDS["13 15:00"], SECONDS["19 13:00"])
    kept = by_key(tables["promise"], "interaction_id", "name")
    resolution = kept[id, "resolution"]
    assert [on_the_wall(resolution[name]) for name in ("due_at", "met_at", "breach_at")] == [
        "18 15:00", "19 13:00", "18 15:00",
    ]  # fmt: skip
    assert kept[id, "firstResponse"]["breach_at"] is None
    assert len([each for each in tables["interaction"] if each["direction"] == "outbound"]) == 5
    answer = by_key(tables["satisfaction"], "id")[survey]
    assert (answer["score"], answer["rated_id"], answer["comment"]) == (2, id, "Zu spät")
