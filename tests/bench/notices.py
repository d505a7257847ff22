# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.bench.notices`: when notices are handed over, of which many are due within a minute."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from typing import Any

import click
import uvloop
from aiosmtpd.smtp import SMTP
from pymongo import MongoClient, UpdateOne

from app import logs
from app.composition.factory import Liaison
from app.composition.notice_templates import notice_templates
from app.composition.notices import notifier_of, transports_of
from app.domain import dates
from app.interactions.promises import due_notices
from app.resources.bulk import New
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.bench.processes import cpu_seconds
from tests.bench.running import Machine, machine
from tests.serving import free_port

MOST_SECONDS = 2.0
"""Within how many seconds after it is due 99 of 100 notices are handed over."""
AHEAD_SECONDS = 20.0
"""How far ahead the minute begins: until then all is written."""
POLICIES = """
policies:
  - name: usual
    resolution: PT1H
    notices: [{promise: resolution, after: PT0S, tell: team-lead}]
notices:
  recipients: {team-lead: {address: lead@care.example}}
"""


@dataclass(frozen=True)
class _Used:
    """What was used: seconds of CPU of this process, mongod and the mail server, and requests to the database."""

    python: float
    mongod: float
    mail: float
    requests: int

    @classmethod
    def by_now(cls, place: Machine, mail: int) -> "_Used":
        requests = place.client.admin.command("serverStatus")["network"]["numRequests"]
        return cls(time.process_time(), cpu_seconds({place.mongod}), cpu_seconds({mail}), requests)

    def since(self, before: "_Used", notices: int) -> str:
        """What that is for each of so many notices."""
        python, mongod, mail = self.python - before.python, self.mongod - before.mongod, self.mail - before.mail
        requests, each = (self.requests - before.requests) / notices, 1000 / notices
        cpu = f"{python * each:.2f} ms of CPU in Python, {mongod * each:.2f} ms in mongod"
        return f"{cpu}, {requests:.2f} requests to it; and {mail * each:.2f} ms in the mail server of this bench"


class _Mailbox:
    """Takes all messages, and notes when each came, by its id."""

    def __init__(self, notices: int) -> None:
        self.came: dict[str, float] = {}
        self.full = asyncio.Event()
        self._notices = notices

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        head, _, _ = envelope.content.partition(b"\r\n\r\n")
        id = next(each for each in head.decode().splitlines() if each.lower().startswith("message-id"))
        self.came.setdefault(id.partition("<")[2].partition("@")[0], time.time())
        if len(self.came) == self._notices:
            self.full.set()
        return "250 2.0.0 OK"


def _take_mail(port: int, notices: int, answer: Connection) -> None:
    """A mail server in a process of its own, which answers when each of so many messages came."""
    uvloop.run(_serve(port, notices, answer))


async def _serve(port: int, notices: int, answer: Connection) -> None:
    mailbox = _Mailbox(notices)
    async with await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", port):
        answer.send({})
        await mailbox.full.wait()
        answer.send(mailbox.came)


@click.command()
@click.option("--notices", default=10_000, show_default=True, help="Notices that are due within the minute.")
@click.option("--seconds", default=60.0, show_default=True, help="How long that minute is.")
def main(notices: int, seconds: float) -> None:
    """Measure. Ends with 1 when it takes longer than it may, or one is early."""
    logs.configure("warning")
    with tempfile.TemporaryDirectory() as scratch, machine(Path(scratch)) as place:
        file = Path(scratch) / "interaction-policies.yaml"
        file.write_text(POLICIES, encoding="utf-8")
        settings = replace(
            Settings(),
            mongodb_uri=place.uri,
            interaction_policies=str(file),
            smtp_host="127.0.0.1",
            smtp_port=free_port(),
            smtp_tls="off",
            smtp_from="care@care.example",
        )
        context = get_context("spawn")
        here, there = context.Pipe()
        mail = context.Process(target=_take_mail, args=(settings.smtp_port, notices, there), daemon=True)
        mail.start()
        assert mail.pid is not None
        here.recv()
        late, used = uvloop.run(_measure(settings, place, mail.pid, notices, seconds, here))
    late.sort()
    hundredths = quantiles(late, n=100)
    click.echo(f"{len(late)} notices, due within {seconds:g} s, are handed over after {hundredths[49]:.2f} s (median),")
    click.echo(
        f"{hundredths[98]:.2f} s (99 of 100), {late[-1]:.2f} s (the last); the first {late[0]:.3f} s after it is due"
    )
    click.echo(f"Each takes {used}.")
    if hundredths[98] > MOST_SECONDS or late[0] < 0:
        raise SystemExit(1)


async def _measure(
    settings: Settings, place: Machine, mail: int, notices: int, seconds: float, mailbox: Connection
) -> tuple[list[float], str]:
    """How many seconds after it was due each notice was handed over, and what it took."""
    stop = asyncio.Event()
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await liaison.prepare()
        engine = next(
            each.engines["PartyInteraction"]
            for each in liaison.apis
            if each.number == "TMF683" and each.version == "v5"
        )
        for first in range(0, notices, 1000):
            await engine.create_each([New(_interaction()) for _ in range(min(1000, notices - first))])
        due = await asyncio.to_thread(_set_due, liaison, notices, seconds)
        by = transports_of(liaison)
        notifier = notifier_of(liaison, by, notice_templates(settings))
        assert notifier is not None
        running = asyncio.create_task(notifier.run(stop))
        await asyncio.sleep(min(due.values()) - time.time())
        before = _Used.by_now(place, mail)
        came: dict[str, float] = await asyncio.to_thread(mailbox.recv)
        used = _Used.by_now(place, mail).since(before, notices)
        stop.set()
        await running
        for each in by.values():
            await each.close()
        about = await asyncio.to_thread(_about, settings)
        await liaison.release()
    return [came[id] - due[interaction] for id, interaction in about.items()], used


def _set_due(liaison: Liaison, notices: int, seconds: float) -> dict[str, float]:
    """Have one promise after the other be due in that time; when each is, by the id of its interaction."""
    with MongoClient[dict[str, Any]](liaison.settings.mongodb_uri, tz_aware=True) as client:
        rows = client[liaison.settings.database]["partyInteraction"]
        begin = dates.now() + timedelta(seconds=AHEAD_SECONDS)
        due, updates = {}, []
        for number, row in enumerate(rows.find({}, {"document": 1})):
            at = begin + timedelta(milliseconds=int(1000 * seconds * number / notices))
            (promise,) = row["document"]["promise"]
            document = {**row["document"], "promise": [{**promise, "dueDate": at}]}
            policy = liaison.tracked["PartyInteraction"].policy_of(document)
            assert policy is not None
            (notice,) = due_notices(policy, document["promise"])
            due[row["_id"]] = notice.at.timestamp()
            changed = {"document.promise": document["promise"], "document.dueDate": at, "notice": notice.at}
            updates.append(UpdateOne({"_id": row["_id"]}, {"$set": changed}))
        rows.bulk_write(updates, ordered=False)
    return due


def _about(settings: Settings) -> dict[str, str]:
    with MongoClient[dict[str, Any]](settings.mongodb_uri) as client:
        rows = client[settings.database]["partyInteraction"].find({"document.direction": "outbound"})
        return {row["_id"]: row["document"]["interactionRelationship"][0]["id"] for row in rows}


def _interaction() -> dict[str, Any]:
    channel = {"@type": "RelatedChannel", "role": "via", "channel": {"@type": "ChannelRef", "id": "web"}}
    return {"@type": "TrackedInteraction", "reason": "Complaint", "direction": "inbound", "relatedChannel": [channel]}


if __name__ == "__main__":
    main()
