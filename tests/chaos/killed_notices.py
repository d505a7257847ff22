# SPDX-License-Identifier: Apache-2.0
"""Notifiers and a mail server that are killed, frozen, and run by wrong clocks; and what must come of the notices.

Each notifier is a fork of one process that has loaded everything and has not connected yet (a zygote).
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from pymongo import MongoClient

from app.composition.factory import Liaison
from app.composition.notice_templates import notice_templates
from app.composition.notices import notifier_of, transports_of
from app.domain import dates
from app.domain.identifiers import new_id
from app.interactions.notices.delivering import Patience
from app.interactions.notices.notifier import Notifier
from app.resources.bulk import New
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.mongod.client import connect
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.chaos.processes import ROOT
from tests.serving import free_port
from tests.waiting import eventually

POLICIES = """
policies:
  - name: at once
    resolution: PT1M
    notices:
      - {promise: resolution, before: PT1M, tell: team-lead}
notices:
  recipients:
    team-lead: {address: lead@care.example}
"""
COLLECTION = "partyInteraction"
VICTIMS = ("notifier", "mongod", "notifiers", "mail server")
LEASE_SECONDS = 0.5
WAIT_SECONDS = 120
MOST_IN_FLIGHT_SECONDS = 2.0
"""Longer than it takes from the end of DATA until the 250 of the mail server, and from that until its commit, also on a
busy machine: what a kill may double was accepted so short a time before or after."""


@dataclass
class Notifiers:
    """The notifiers that run, by their process ids, and what starts more."""

    requests: Connection
    patience: Patience
    running: list[int] = field(default_factory=list)

    def start(self, ahead: timedelta = timedelta()) -> int:
        """Start one whose own clock is so far ahead."""
        self.requests.send(ahead)
        assert self.requests.poll(WAIT_SECONDS), "it starts"
        pid: int = self.requests.recv()
        self.running.append(pid)
        return pid

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        self.running.remove(pid)

    def kill_all(self) -> None:
        for pid in list(self.running):
            self.kill(pid)


@dataclass
class Sink:
    """The mail server, which is a process of its own, and what it has accepted."""

    port: int
    file: Path
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.chaos.mail_sink", str(self.port), str(self.file)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def accepted(self) -> list[tuple[str, float]]:
        """The Message-IDs that were answered 250, or were about to be, each with when."""
        if not self.file.exists():
            return []
        lines = [each.split() for each in self.file.read_text(encoding="ascii").splitlines()]
        return [(id, float(at)) for id, at in (line for line in lines if len(line) == 2)]


@dataclass
class Post:
    """Interactions whose notices are due at once, notifiers that send these, and a mail server that takes them.

    `kills` are what was killed, when, and when it ran again.
    """

    settings: Settings
    mongod: EmbeddedMongod
    notifiers: Notifiers
    sink: Sink
    mongo: MongoClient[dict[str, Any]]
    runner: asyncio.Runner
    engine: Engine
    made: int = 0
    kills: list[tuple[str, float, float]] = field(default_factory=list)

    def create(self, many: int) -> None:
        """Have so many interactions more, each with one notice that is due."""
        bodies = [New(_interaction(self.engine.resource.version)) for _ in range(many)]
        outcomes = self.runner.run(self.engine.create_each(bodies))
        assert not [each for each in outcomes if isinstance(each, Exception)]
        self.made += many

    def wait_for(self, more: int) -> None:
        """Wait until so many mails more were accepted."""
        want = len(self.sink.accepted()) + more
        eventually(lambda: len(self.sink.accepted()) >= want, f"{want} mails are accepted", WAIT_SECONDS)

    def kill(self, chance: Random) -> None:
        """Kill a notifier, all of them, the mail server or mongod, one after the other; start again what was killed."""
        victim = VICTIMS[len(self.kills) % len(VICTIMS)]
        began = time.monotonic()
        if victim == "mail server":
            self.sink.kill()
            self.sink.start()
        elif victim == "mongod":
            self._kill_mongod()
        elif victim == "notifiers":
            self.notifiers.kill_all()
        else:
            self.notifiers.kill(chance.choice(self.notifiers.running))
        self.kills.append((victim, began, time.monotonic()))
        while len(self.notifiers.running) < 2:
            self.notifiers.start()

    def _kill_mongod(self) -> None:
        assert self.mongod.pid is not None
        os.kill(self.mongod.pid, signal.SIGKILL)
        eventually(self.mongod.ended, "mongod is dead", WAIT_SECONDS)
        self.mongod.restart()

    def is_done(self) -> bool:
        """Whether every notice was sent, and nobody is to be told of anything any more."""
        rows = self.mongo[self.settings.database][COLLECTION]
        completed = {"document.direction": "outbound", "document.status": "completed", "delivery": {"$exists": False}}
        return rows.count_documents(completed) == self.made

    def finish(self) -> Counter[str]:
        """Wait until all is sent; returns how often each Message-ID was accepted."""
        try:
            eventually(self.is_done, "every notice is sent", WAIT_SECONDS)
        except AssertionError:
            rows = self.mongo[self.settings.database][COLLECTION]
            left = rows.find({"delivery": {"$exists": True}}, {"delivery": 1, "document.interactionItem": 1}).limit(3)
            raise AssertionError(f"of {self.made}: {list(left)}") from None
        return Counter(id for id, _ in self.sink.accepted())

    def expected(self) -> set[str]:
        """The Message-IDs that there must be: one of each notice, and a notice of each interaction."""
        rows = self.mongo[self.settings.database][COLLECTION]
        notices = list(rows.find({"document.direction": "outbound"}, {"document.interactionRelationship": 1}))
        about = {each["document"]["interactionRelationship"][0]["id"] for each in notices}
        assert len(notices) == len(about) == self.made
        return {f"<{each['_id']}@care.example>" for each in notices}

    def assert_kept(self) -> Counter[str]:
        """Assert that none is lost, and none doubled but where a kill fell between its 250 and the commit of that;
        returns how many were, by what was killed."""
        sent = self.finish()
        assert set(sent) == self.expected()
        first: dict[str, float] = {}
        for id, at in self.sink.accepted():
            first.setdefault(id, at)
        doubled = Counter[str]()
        for id in (id for id, times in sent.items() if times > 1):
            at = first[id]
            distance, victim = min((max(began - at, at - ended, 0.0), victim) for victim, began, ended in self.kills)
            assert distance < MOST_IN_FLIGHT_SECONDS, (id, at, self.kills)
            doubled[victim] += 1
        return doubled


@contextmanager
def post(folder: Path, patience: Patience) -> Iterator[Post]:
    """A post of one's own, with a database, two notifiers and a mail server, until the block ends."""
    with EmbeddedMongod(folder / "data") as mongod, MongoClient[dict[str, Any]](mongod.uri, tz_aware=True) as mongo:
        yield from _post(mongod, mongo, folder, patience)


def _post(
    mongod: EmbeddedMongod, mongo: MongoClient[dict[str, Any]], folder: Path, patience: Patience
) -> Iterator[Post]:
    file = folder / "policies.yaml"
    file.write_text(POLICIES, encoding="utf-8")
    sink = Sink(free_port(), folder / "accepted")
    own = replace(
        Settings(),
        mongodb_uri=mongod.uri,
        interaction_policies=str(file),
        smtp_host="127.0.0.1",
        smtp_port=sink.port,
        smtp_tls="off",
        smtp_from="care@care.example",
        smtp_seconds=patience.sending,
    )
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(own, there, patience), daemon=True)
    process.start()
    there.close()
    notifiers = Notifiers(here, patience)
    try:
        sink.start()
        with asyncio.Runner() as runner:
            liaison = Liaison(own, connect(own))
            try:
                runner.run(liaison.prepare())
                engine = next(each.engines["PartyInteraction"] for each in liaison.apis if each.number == "TMF683")
                notifiers.start()
                notifiers.start()
                yield Post(own, mongod, notifiers, sink, mongo, runner, engine)
            finally:
                runner.run(liaison.release())
                runner.run(liaison.client.close())
    finally:
        notifiers.kill_all()
        here.close()
        process.join()
        if sink.process:
            sink.kill()


def _interaction(version: str) -> dict[str, Any]:
    channels: dict[str, Any] = {"channel": [{"id": "web"}]}
    if version == "v5":
        reference = {"@type": "ChannelRef", "id": "web"}
        channels = {"relatedChannel": [{"@type": "RelatedChannel", "role": "via", "channel": reference}]}
    return {"@type": "TrackedInteraction", "reason": "Complaint", "direction": "inbound", **channels}


def _serve(settings: Settings, requests: Connection, patience: Patience) -> None:
    # Children that are killed should not stay as zombies.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    liaison = Liaison(settings, connect(settings))
    notifier = notifier_of(
        liaison,
        transports_of(liaison),
        notice_templates(settings),
        patience=patience,
        lease_seconds=LEASE_SECONDS,
    )
    assert notifier is not None
    real = dates.now
    while True:
        try:
            ahead = requests.recv()
        except EOFError:
            return
        dates.now = lambda ahead=ahead: real() + ahead  # type: ignore[misc]
        child = os.fork()
        if child == 0:
            os._exit(_run_safely(liaison, notifier))
        requests.send(child)


def _run_safely(liaison: Liaison, notifier: Notifier) -> int:
    # They are all forks of one, and should not be taken for one another.
    notifier.lease.holder = new_id()
    try:
        asyncio.run(_run(liaison, notifier))
    except Exception:  # noqa: BLE001 - the exit status tells, and the trace where
        traceback.print_exc()
        return 1
    return 0


async def _run(liaison: Liaison, notifier: Notifier) -> None:
    async with liaison.client:
        await notifier.run(asyncio.Event())
