# SPDX-License-Identifier: Apache-2.0
"""A server with policies, a notifier beside it whose clock the test sets, and a mail server."""

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import httpx
import pytest

from app.composition.factory import Liaison
from app.composition.notice_templates import notice_templates
from app.composition.notices import notifier_of
from app.composition.relay_wiring import relay_of
from app.domain import dates
from app.interactions.notices.delivering import Patience
from app.interactions.notices.notifier import Notifier
from app.interactions.notices.transport import transports
from app.processes.turn import Retries
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.serving import free_port, serving
from tests.storage.mail_server import HOST, MailServer, mail_server

POLICIES = """
calendars:
  office: {timeZone: Europe/Amsterdam, week: {mon-fri: ['09:00-17:00']}}
policies:
  - name: complaint
    when: {reason: [Complaint]}
    resolution: PT4H
    notices:
      - {promise: resolution, before: PT1H, tell: assignee}
      - {promise: resolution, after: PT0S, tell: assignee}
      - {promise: resolution, after: PT1H, tell: team-lead}
  - name: by day
    when: {reason: [Slow]}
    resolution: PT4H
    notices:
      - {promise: resolution, before: PT1H, tell: party}
  - name: long
    when: {reason: [Long]}
    progress: PT2H
    notices:
      - {promise: progress, before: PT1H, tell: party}
notices:
  recipients:
    team-lead: {address: lead@care.example, name: Lead, language: nl}
"""
BY_DAY = POLICIES.replace("notices:\n  recipients", "notices:\n  party: office\n  representative: office\n  recipients")

_AT_ONCE = Retries(timedelta(seconds=1))
INTERACTIONS = "/tmf-api/partyInteraction/v5/partyInteraction"
PARTIES = "/tmf-api/party/v5/individual"
CHANNELS = "/tmf-api/channelManagement/v5/channel"
AGENT, CALLER = "agent-1", "caller-1"


@dataclass
class Office:
    """A server, a notifier beside it whose clock the test sets, and a mail server."""

    client: httpx.Client
    notifier: Notifier
    mail: MailServer
    clock: list[datetime]
    liaison: Liaison

    async def settle(self) -> None:
        """Perform the flows that are due, and relay what waits, until nothing is left."""
        ahead = [timedelta()]
        runner = self.liaison.processes.runner(clock=lambda: dates.now() + ahead[0], retries=_AT_ONCE)
        assert runner is not None, "the server serves flows"
        relay = relay_of(self.liaison)
        for _ in range(4):
            while await runner.perform_due():
                pass
            while await relay.drain():
                pass
            ahead[0] += timedelta(seconds=5)

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def create(self, reason: str, **more: Any) -> dict[str, Any]:
        return self.call("POST", INTERACTIONS, interaction(reason, **more))

    def shown(self, id: str) -> dict[str, Any]:
        return self.call("GET", f"{INTERACTIONS}/{id}")

    def notices(self, about: str) -> list[dict[str, Any]]:
        """The notices about an interaction, oldest first."""
        asked = {"interactionRelationship.id": about, "sort": "interactionDate.startDateTime"}
        found = self.client.get(INTERACTIONS, params=asked).raise_for_status().json()
        return [each for each in found if each["interactionRelationship"][0]["relationshipType"] == "noticeOf"]

    async def at(self, instant: datetime) -> int:
        """What is due at an instant is told and sent; returns how many mails that came to."""
        self.clock[0] = instant
        before = len(self.mail.messages)
        while await self.notifier.perform_due():
            pass
        return len(self.mail.messages) - before

    def subjects(self) -> list[str]:
        return [str(message_from_bytes(each)["Subject"]) for each in self.mail.messages]

    def ids(self) -> list[str]:
        return [str(message_from_bytes(each)["Message-ID"]) for each in self.mail.messages]


def related(id: str, role: str) -> dict[str, Any]:
    party = {"@type": "PartyRef", "id": id, "@referredType": "Individual"}
    return {"@type": "RelatedPartyOrPartyRole", "role": role, "partyOrPartyRole": party}


def interaction(reason: str, **more: Any) -> dict[str, Any]:
    channel = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "web"}}
    return {
        "@type": "TrackedInteraction",
        "reason": reason,
        "direction": "inbound",
        "relatedChannel": [channel],
        "relatedParty": [related(CALLER, "caller"), related(AGENT, "agent")],
        "assignee": {"id": AGENT, "name": "Sam", "@referredType": "Individual"},
        **more,
    }


def due(shown: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(shown["dueDate"])


def mailed(address: str, **more: Any) -> dict[str, Any]:
    return {"@type": "EmailContactMedium", "emailAddress": address, "preferred": True, **more}


@pytest.fixture(scope="module")
def urls(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Settings]]:
    """Gives the settings of a running server with these policies."""
    running: dict[str, Settings] = {}
    stops = []

    def start(policies: str) -> Settings:
        if policies not in running:
            file = tmp_path_factory.mktemp("policies") / "interaction-policies.yaml"
            file.write_text(policies, encoding="utf-8")
            own = dataclasses.replace(settings, port=free_port(), interaction_policies=str(file))
            server = serving(own)
            server.__enter__()
            stops.append(server)
            running[policies] = own
        return running[policies]

    yield start
    for each in stops:
        each.__exit__(None, None, None)


Opens = Callable[..., Any]
"""Opens an office."""


@pytest.fixture
def office(urls: Callable[[str], Settings], clean_database: str) -> Opens:
    """Opens an office with these policies; `mail` are options of its mail server, others are settings of who sends."""

    @asynccontextmanager
    async def opens(policies: str = POLICIES, patience: Patience | None = None, **more: Any) -> AsyncIterator[Office]:
        settings = urls(policies)
        async with mail_server(**more.pop("mail", {})) as mail:
            usual = {"smtp_host": HOST, "smtp_port": mail.port, "smtp_tls": "off", "smtp_from": "care@care.example"}
            sending = dataclasses.replace(settings, **{**usual, **more})
            liaison, by, clock = Liaison(sending, connect(sending)), transports(sending), [datetime.now(UTC)]
            async with liaison.client:
                await liaison.prepare()
                notifier = notifier_of(
                    liaison, by, notice_templates(sending), clock=lambda: clock[0], patience=patience, lease_seconds=1
                )
                assert notifier is not None, "something is promised, and can be sent"
                base = f"http://{settings.host}:{settings.port}"
                with httpx.Client(base_url=base, timeout=30) as client:
                    opened = Office(client, notifier, mail, clock, liaison)
                    people(opened)
                    yield opened
                for each in by.values():
                    await each.close()
                await liaison.release()

    return opens


def people(office: Office) -> None:
    """A caller who reads German, an agent, and a channel over which notices may go."""
    german = {"@type": "LanguageAbility", "languageCode": "de", "isFavouriteLanguage": True}
    office.call(
        "POST",
        PARTIES,
        {"@type": "Individual", "id": CALLER, "givenName": "Ngozi", "familyName": "Okafor",
         "languageAbility": [german], "contactMedium": [mailed("ngozi@home.example")]},
    )  # fmt: skip
    office.call(
        "POST",
        PARTIES,
        {"@type": "Individual", "id": AGENT, "givenName": "Sam", "familyName": "de Wit",
         "contactMedium": [mailed("sam@care.example")]},
    )  # fmt: skip
    office.call(
        "POST",
        CHANNELS,
        {"@type": "Channel", "id": "mail", "name": "Mail", "channelType": "email", "noticeAllowed": True},
    )
