# SPDX-License-Identifier: Apache-2.0
"""One run: a deployment under load, its listeners, what is done to it meanwhile, and what must hold afterwards."""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx
from pymongo import MongoClient
from pymongo.database import Database

from app.settings import Settings
from tests.chaos import agreement
from tests.chaos.ears import Ear, dead, failing, good, listening, slow
from tests.chaos.load import BASE, RARE, Load
from tests.chaos.processes import Deployment, deployed
from tests.waiting import eventually

Mongo = MongoClient[dict[str, Any]]
Deployed = TypeVar("Deployed")

WRITES_SECONDS = 60
DRAINED_SECONDS = 60
HEARD_SECONDS = 180
RARE_EVENTS = 25
"""How many events, about, the failing listener asks for: each costs it a pause."""


def setting(name: str, default: int) -> int:
    """A number from the environment: `CHAOS_KILLS`, `_WRITES`, `_FREEZES`, `_FAILOVERS`, `_FAULTS`, `_SEED`, …."""
    return int(os.environ.get(f"CHAOS_{name}") or default)


@dataclass
class Listeners:
    """One of each kind."""

    good: Ear
    slow: Ear
    failing: Ear
    dead: Ear


@dataclass
class Story(Generic[Deployed]):
    """A deployment under load. `uri` and `database` say where its data are now."""

    deployment: Deployed
    uri: str
    secrets_key: str
    listeners: Listeners
    load: Load
    database: Database[dict[str, Any]]
    account: str = ""
    """What happened, in numbers, once it is over."""

    def write(self, number: int, within_seconds: float = WRITES_SECONDS) -> None:
        """Return once so many more writes were acknowledged."""
        load, wanted = self.load, self.load.acknowledged + number
        enough = f"{number} more writes are acknowledged"
        eventually(lambda: load.acknowledged >= wanted or load.surprises, enough, within_seconds)
        assert load.surprises == []

    def settle(self) -> None:
        """Return once everything that was written is in the log, and delivered to all who live."""
        eventually(lambda: not agreement.undrained(self.database), "every change is logged", DRAINED_SECONDS)
        for ear, entries in self._wanted():
            wanted = {entry["eventId"] for entry in entries}
            heard = partial(wanted.issubset, ear.taken)
            eventually(heard, f"the listener {ear.url} has heard everything", HEARD_SECONDS)

    def assert_that_all_agrees(self) -> None:
        """Requests, log, documents and listeners agree."""
        log = self._logged()
        assert self.load.surprises == []
        agreement.assert_each_write_is_logged_once(log, self.load.writes)
        agreement.assert_each_resource_is_in_order(log)
        agreement.assert_the_log_tells_the_documents(log, self.database)
        agreement.assert_the_chain_holds(self.uri, self.database)
        agreement.assert_each_key_created_once(self.load.keys, self.database)
        assert any(self.load.keys.values())
        for ear, entries in self._wanted():
            agreement.assert_heard_in_order(ear.taken, entries)
        assert self.listeners.failing.refused > 0
        unheard = self.database["hub"].find_one({"callback": self.listeners.dead.url})
        assert unheard is not None
        assert unheard["attempts"] > 0

    def _logged(self) -> list[dict[str, Any]]:
        return agreement.logged(self.uri, self.database, self.secrets_key)

    def _wanted(self) -> list[tuple[Ear, list[dict[str, Any]]]]:
        """The living listeners, each with what the log has for it."""
        log, listeners = self._logged(), self.listeners
        rare = [entry for entry in log if _is_rare(entry)]
        return [(listeners.good, log), (listeners.slow, log), (listeners.failing, rare)]

    def numbers(self) -> str:
        """What happened so far."""
        ears = {name: getattr(self.listeners, name) for name in ("good", "slow", "failing")}
        heard = ", ".join(f"{name} {len(ear.taken)} ({ear.redelivered} again)" for name, ear in ears.items())
        load = self.load
        return (
            f"{len(load.writes)} requests, {load.acknowledged} writes acknowledged, {load.closed} connections closed, "
            f"{dict(load.refusals)} refused, {len(load.keys)} keys ({load.repeated} replays); "
            f"{len(self._logged())} events; heard: {heard}"
        )


@contextmanager
def told(
    settings: Settings, directory: Path, chance: random.Random, *, writes: int, relays: int
) -> Iterator[Story[Deployment]]:
    """Servers and relays under load until the block ends; then everything settles."""
    with (
        deployed(settings, directory, relays=relays) as deployment,
        under_load(deployment, deployment.urls, settings, chance, writes=writes) as story,
    ):
        yield story


@contextmanager
def under_load(
    deployment: Deployed, urls: list[str], settings: Settings, chance: random.Random, *, writes: int
) -> Iterator[Story[Deployed]]:
    """A deployment at `urls` under load until the block ends, with about so many `writes`; then everything settles."""
    with ExitStack() as stack:
        client = stack.enter_context(Mongo(settings.mongodb_uri, tz_aware=True, w="majority"))
        well, late, badly = (stack.enter_context(listening(judge)) for judge in (good, slow, failing(chance)))
        listeners = Listeners(well, late, badly, stack.enter_context(dead()))
        _register(urls[0], listeners)
        load = Load(urls, chance, rare=max(1, writes // RARE_EVENTS))
        uri, secrets_key, database = settings.mongodb_uri, settings.secrets_key, client[settings.database]
        story = Story(deployment, uri, secrets_key, listeners, load, database)
        with load.running():
            yield story
        story.settle()
        story.assert_that_all_agrees()
        story.account = story.numbers()


def _register(url: str, listeners: Listeners) -> None:
    register = partial(_registered, url)
    register("v5", listeners.good)
    register("v4", listeners.slow)
    register("v5", listeners.failing, query=f"event.individual.title={RARE}")
    register("v5", listeners.dead)


def _registered(url: str, version: str, ear: Ear, **query: str) -> None:
    hub = f"{url}{BASE.replace('v5', version)}/hub"
    httpx.post(hub, json={"callback": ear.url, **query}).raise_for_status()


def _is_rare(entry: agreement.Entry) -> bool:
    return entry["resource"] == "Individual" and bool(entry["document"].get("title") == RARE)
