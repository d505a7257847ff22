# SPDX-License-Identifier: Apache-2.0
"""A deployment goes on with what an earlier release has stored, and whoever uses it notices nothing."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from click.testing import CliRunner
from pymongo import MongoClient
from standardwebhooks import Webhook

from app.cli import main
from app.settings import Settings
from app.storage.hubs.registrations import FORMER_INDEX
from tests.listening import Listener
from tests.scenarios.stored import sample
from tests.serving import free_port, serving
from tests.waiting import eventually

Mongo = MongoClient[dict[str, Any]]
TOPICS = re.compile(r"/tmf-api/event/v4/topic(\?|$)")
MOVING = ("etag", "last-modified")
"""The headers that tell when a resource was changed."""


class Deployment(NamedTuple):
    """A database as the earlier release left it, what that release told of it, and what is served of it now."""

    settings: Settings
    database: Any
    collections: dict[str, Any]
    told: dict[str, Any]
    client: httpx.Client


@pytest.fixture
def deployment(mongodb_uri: str, mongo: Mongo, listener: Listener) -> Iterator[Deployment]:
    """The sample in a database of its own, served by the present release."""
    port = free_port()
    settings = Settings(
        mongodb_uri=mongodb_uri,
        database=f"liaison_stored_{port}",
        port=port,
        public_url=sample.PUBLIC_URL,
        secrets_key=sample.SECRETS_KEY,
        callback_networks="127.0.0.0/8",
        open_topics=True,
        log_level="warning",
    )
    collections, told = sample.database(listener.url), sample.answers(listener.url)
    database = mongo[settings.database]
    for name, kept in collections.items():
        restore(database, name, kept)
    try:
        with serving(settings), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield Deployment(settings, database, collections, told, client)
    finally:
        mongo.drop_database(settings.database)


def restore(database: Any, name: str, kept: dict[str, Any]) -> None:
    """Create a collection as the earlier release had it."""
    database.create_collection(name, **kept["options"])
    if indexes := [index for index in kept["indexes"] if index["name"] != "_id_"]:
        database.command("createIndexes", name, indexes=indexes)
    if kept["documents"]:
        database[name].insert_many(kept["documents"])


def again(deployment: Deployment, told: dict[str, Any]) -> dict[str, Any]:
    """What the same request is answered now."""
    return sample.exchange(deployment.client, **told["request"])


def without_time(told: dict[str, Any]) -> dict[str, Any]:
    """An answer without what moves with the clock; of the entity tag the revision stays."""
    headers = {name: value for name, value in told["headers"].items() if name not in MOVING}
    return {**told, "headers": {**headers, "revision": told["headers"]["etag"].split("-")[0]}}


def run(settings: Settings, *arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines of a command on the database."""
    result = CliRunner().invoke(main, arguments, env=settings.environment())
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout.splitlines()


def relayed(deployment: Deployment, listener: Listener) -> None:
    """Let a relay log what the earlier one has not, and deliver it."""
    environment = {**os.environ, **deployment.settings.environment()}
    relay = subprocess.Popen([sys.executable, "-m", "app.cli", "relay"], env=environment)
    try:
        eventually(lambda: listener.received, "what waited arrives")
        length = deployment.database["event"].count_documents({})
        behind = {"position": {"$lt": length}}
        eventually(lambda: not deployment.database["hub"].find_one(behind), "every listener is done with the log")
    finally:
        relay.send_signal(signal.SIGTERM)
        relay.wait(30)


def test_every_read_is_answered_as_before(deployment: Deployment) -> None:
    told = deployment.told["reads"]
    assert {read["status"] for read in told} == {200, 404, 410}
    for read in told:
        now = again(deployment, read)
        assert without_later_decisions(now, read) == without_later_decisions(read, read)


def without_later_decisions(told: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """An answer without what has been decided otherwise since the `earlier` one was given.

    There are topics of more APIs, in another order.
    """
    path, body = told["request"]["path"], told["body"]
    if not isinstance(body, list):
        return told
    if TOPICS.match(path):
        there = {each["id"] for each in earlier["body"]}
        body = sorted((each for each in body if each["id"] in there), key=lambda each: str(each["id"]))
        return {**told, "body": body, "headers": {**told["headers"], "x-total-count": str(len(there))}}
    return told


def test_a_start_changes_nothing_that_is_stored(deployment: Deployment) -> None:
    for name, kept in deployment.collections.items():
        assert list(deployment.database[name].find(sort=[("_id", 1)])) == kept["documents"], name
        # The unique index of registrations is another one now: each registrant has registrations of its own.
        indexes = {index["name"] for index in kept["indexes"]} - {FORMER_INDEX}
        assert deployment.database[name].index_information().keys() >= indexes


def test_the_log_is_verified_as_before(deployment: Deployment) -> None:
    verified = deployment.told["verified"]
    assert verified["exit"] == 0
    assert run(deployment.settings, "audit", "verify") == (0, verified["lines"])


def test_a_create_that_is_repeated_creates_nothing(deployment: Deployment) -> None:
    (told,) = deployment.told["repeats"]
    assert told["headers"]["idempotency-replayed"] == "true"
    before = deployment.database["customer"].count_documents({})
    assert again(deployment, told) == told
    assert deployment.database["customer"].count_documents({}) == before
    body = {**told["request"]["json"], "name": "Twice"}
    other = deployment.client.post(told["request"]["path"], json=body, headers=told["request"]["headers"])
    assert other.status_code == 422


def test_patches_are_answered_as_before(deployment: Deployment) -> None:
    for told in deployment.told["patches"]:
        assert told["status"] == 200
        assert without_time(again(deployment, told)) == without_time(told)


def test_the_relay_goes_on_where_the_earlier_one_stopped(deployment: Deployment, listener: Listener) -> None:
    before = deployment.told["verified"]["lines"][-1]
    relayed(deployment, listener)
    (event,) = listener.received
    assert event["eventType"] == "IndividualAttributeValueChangeEvent"
    assert event["event"]["individual"]["nationality"] == "Dutch"
    ((headers, body),) = listener.requests
    assert Webhook(sample.SECRET).verify(body.decode(), {name.lower(): value for name, value in headers.items()})

    code, (summary, _) = run(deployment.settings, "audit", "verify", "--head", before)
    logged = len(deployment.collections["event"]["documents"])
    assert (code, summary) == (0, f"{logged + 1} entries verified; the payload of 0 was dropped")
