# SPDX-License-Identifier: Apache-2.0
"""Flows whose runner is killed at each of its writes: stories, and what must be the same as without a kill."""

import multiprocessing
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
from pymongo import MongoClient

from app.domain.events import lower_camel
from app.settings import Settings
from tests.chaos.killed_runner import AFTER, BEFORE, NEVER, run
from tests.contract.answers import created
from tests.contract.draining import drain
from tests.contract.performing import (
    ESTABLISH,
    FLOWS,
    REESTABLISH,
    TERMINATE,
    Document,
    Performer,
    answer,
    begin,
    new_customer,
    performing,
    read,
    tasks,
)
from tests.serving import free_port, serving

Begin = Callable[[httpx.Client, Performer], Document]
KILLED_SECONDS = 60.0
_VOLATILE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z")
"""Ids and instants, which differ from run to run."""


@dataclass(frozen=True)
class Tale:
    """A story of a flow: how it begins, and how far the clock goes on; `is_whole` if every kind of task is in it."""

    name: str
    begin: Begin
    ahead: timedelta = timedelta()
    is_whole: bool = False


def _of(process: str, *, status: str = "Active", **told: str) -> Begin:
    def begin_flow(client: httpx.Client, perform: Performer) -> Document:
        return begin(client, process, new_customer(client, status=status), **told)

    return begin_flow


def _decided(client: httpx.Client, perform: Performer) -> Document:
    flow = _of(TERMINATE, reason="fraud")(client, perform)
    perform()
    answered = answer(client, tasks(client, flow)["appropriate"], decision="proceed", decisionReason="Proven")
    assert answered.status_code == 200, answered.text
    return flow


def _revoked(client: httpx.Client, perform: Performer) -> Document:
    flow = _of(TERMINATE, reason="fraud")(client, perform)
    perform()
    cancel = {"taskFlowSpecification": "cancel", "characteristic": [{"name": "reason", "value": "She stays"}]}
    created(client, f"{flow['href']}/taskFlow", cancel)
    return flow


def _established(client: httpx.Client, perform: Performer) -> Document:
    passport = {"@type": "IndividualIdentification", "identificationType": "passport", "identificationId": "X1"}
    party = {"@type": "Individual", "givenName": "Ann", "familyName": "Lee", "individualIdentification": [passport]}
    told = [{"name": "name", "value": "Ann"}, {"name": "party", "value": party}]
    return created(client, FLOWS, {"processFlowSpecification": ESTABLISH, "characteristic": told})


TALES = [
    Tale("an end", _of(TERMINATE, reason="customerWish"), is_whole=True),
    Tale("an end that waits for a person", _of(TERMINATE, reason="fraud")),
    Tale("an end that a person has decided", _decided, is_whole=True),
    Tale("an end that is revoked", _revoked),
    Tale("an end on a date", _of(TERMINATE, reason="customerWish", wishedDate="2027-01-01"), timedelta(days=400)),
    Tale("an end of services alone", _of(TERMINATE, reason="endOfServices")),
    Tale("a return from an end", _of(REESTABLISH, status="Terminated"), is_whole=True),
    Tale("a return from a suspension", _of(REESTABLISH, status="Suspended")),
    Tale("a beginning", _established, is_whole=True),
]


@dataclass(frozen=True)
class Kill:
    """A kill of the runner before or after one of its writes."""

    tale: Tale
    where: str
    write: int

    def __str__(self) -> str:
        return f"{self.tale.name}: {self.where} write {self.write}"


def perform_until_killed(settings: Settings, where: str, write: int, ahead: timedelta) -> int:
    """Run the runner in a process of its own, which is killed there; returns its exit status."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([run.__module__])
    process = context.Process(target=run, args=(settings, where, write, ahead))
    process.start()
    process.join(KILLED_SECONDS)
    assert process.exitcode is not None, "the runner comes to an end"
    return process.exitcode


def live(
    client: httpx.Client, settings: Settings, perform: Performer, tale: Tale, kill: Kill | None = None
) -> Document:
    """Tell a tale, with a kill on the way, if any; returns what is there afterwards, without what always differs."""
    perform.ahead = timedelta()
    flow = tale.begin(client, perform)
    if kill is not None:
        assert perform_until_killed(settings, kill.where, kill.write, tale.ahead) == -signal.SIGKILL, str(kill)
    perform(tale.ahead)
    drain(settings)
    return {"flow": read(client, flow)["state"], "tasks": _states(client, flow)}


def kills(settings: Settings, client: httpx.Client, perform: Performer, tale: Tale) -> list[Kill]:
    """Each kill that there can be of the runner of a tale."""
    perform.ahead = timedelta()
    tale.begin(client, perform)
    writes = perform_until_killed(settings, NEVER, 0, tale.ahead)
    assert writes > 1, "the flow has tasks"
    return [Kill(tale, where, write) for write in range(1, writes + 1) for where in (BEFORE, AFTER)]


def logged(mongo: MongoClient[dict[str, Any]], settings: Settings) -> Counter[str]:
    """The events in the log, without ids: how often each happened to each resource, in which state it then was."""
    entries = mongo[settings.database]["event"].find({})
    return Counter(f"{entry['eventType']} {sorted(entry['changed'])}" for entry in entries)


def stored(mongo: MongoClient[dict[str, Any]], settings: Settings, resources: list[str]) -> dict[str, list[str]]:
    """The documents of the resources, without ids and instants."""
    return {
        name: sorted(
            _VOLATILE.sub("*", repr(_plain(row["document"])))
            for row in mongo[settings.database][lower_camel(name)].find({})
        )
        for name in resources
    }


def _plain(value: Any) -> Any:
    """A document with the names of its members in order, and instants as one word."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return "*" if hasattr(value, "isoformat") else value


def _states(client: httpx.Client, flow: Document) -> dict[str, str]:
    return {name: task["state"] for name, task in tasks(client, flow).items()}


def empty(mongo: MongoClient[dict[str, Any]], settings: Settings) -> None:
    """Empty the database of a server."""
    database = mongo[settings.database]
    for name in database.list_collection_names():
        database[name].delete_many({})


@dataclass(frozen=True)
class Place:
    """Where tales are told: a server, a performer beside it, and a look at the database."""

    settings: Settings
    client: httpx.Client
    perform: Performer
    mongo: MongoClient[dict[str, Any]]

    def outcome(self, tale: Tale, kill: Kill | None = None) -> tuple[Any, ...]:
        """What a tale comes to: states, documents and events."""
        empty(self.mongo, self.settings)
        states = live(self.client, self.settings, self.perform, tale, kill)
        return states, stored(self.mongo, self.settings, RESOURCES), logged(self.mongo, self.settings)

    def hold_the_law(self, tale: Tale, most: int) -> int:
        """Assert that a tale comes to the same with a kill at some of its writes, `most` of them; returns how many."""
        expected = self.outcome(tale)
        empty(self.mongo, self.settings)
        every = kills(self.settings, self.client, self.perform, tale)
        some = every[:: max(1, -(-len(every) // most))]
        for kill in some:
            assert self.outcome(tale, kill) == expected, str(kill)
        return len(some)


RESOURCES = ["Customer", "Individual", "PartyInteraction", "ProcessFlow", "TaskFlow"]


@contextmanager
def place(settings: Settings, mongo: MongoClient[dict[str, Any]]) -> Iterator[Place]:
    """A place of one's own, until the block ends."""
    own = replace(settings, port=free_port(), database=f"liaison_killed_{free_port()}")
    with serving(own) as url, httpx.Client(base_url=url) as client, performing(own) as performer:
        yield Place(own, client, performer, mongo)
    mongo.drop_database(own.database)
