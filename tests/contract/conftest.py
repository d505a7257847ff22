# SPDX-License-Identifier: Apache-2.0
"""Servers with other settings than the common one, and a look at what is stored."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from app.settings import Settings
from app.storage.interactions import policy_versions
from app.storage.sealing import party_keys
from tests.conftest import empty
from tests.contract.draining import draining
from tests.contract.performing import Performer, Settle, performing
from tests.contract.restricted import Restricted
from tests.identity_provider import AUDIENCE, IdentityProvider, identity_provider
from tests.serving import free_port, serving

Deploy = Callable[..., httpx.Client]
Stored = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="session")
def connection(server: str) -> Iterator[httpx.Client]:
    """One HTTP client for all tests: to make one costs more than most requests."""
    with httpx.Client(base_url=server) as client:
        yield client


@pytest.fixture
def clean_database(mongo: MongoClient[dict[str, Any]], database_name: str) -> str:
    """As for all tests, but for keys of parties and versions of policies: servers that tests share remember them."""
    empty(mongo[database_name], but={party_keys.COLLECTION, policy_versions.COLLECTION})
    return database_name


@pytest.fixture(scope="module")
def performer(settings: Settings) -> Iterator[Performer]:
    """What performs the flows of the server that the tests share."""
    with performing(settings) as made:
        yield made


@pytest.fixture
def perform(performer: Performer, clean_database: str) -> Performer:
    """That, with its clock at the real time."""
    performer.ahead = timedelta()
    return performer


@pytest.fixture(scope="module")
def drain_all(settings: Settings) -> Iterator[Callable[[], None]]:
    """What moves all pending changes of that server into the event log."""
    with draining(settings) as made:
        yield made


@pytest.fixture
def settle(perform: Performer, drain_all: Callable[[], None]) -> Settle:
    """A function that moves the clock on, then performs what is due, and relays what waits, until nothing is left."""

    def until_nothing_is_left(ahead: timedelta = timedelta()) -> None:
        perform(ahead)
        for _ in range(3):
            drain_all()
            perform(timedelta(seconds=5))

    return until_nothing_is_left


@pytest.fixture
def client(connection: httpx.Client, clean_database: str) -> httpx.Client:
    """That client; the server's database is empty when the test begins."""
    return connection


@pytest.fixture(scope="module")
def deploy(settings: Settings, mongo: MongoClient[dict[str, Any]]) -> Iterator[Deploy]:
    """A function that starts a server with changed settings on a database of its own, until the module's end."""
    with ExitStack() as running:

        def start(**changes: Any) -> httpx.Client:
            port = free_port()
            database = f"liaison_test_{port}"
            running.callback(mongo.drop_database, database)
            changed = dataclasses.replace(settings, port=port, database=database, **changes)
            running.enter_context(serving(changed))
            return running.enter_context(httpx.Client(base_url=f"http://{changed.host}:{port}"))

        yield start


@pytest.fixture(scope="module")
def own(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """The settings of a server that serves the module's own `DOCUMENT`, too."""
    return dataclasses.replace(settings, port=free_port(), apis=str(request.module.DOCUMENT))


@pytest.fixture(scope="module")
def own_connection(own: Settings) -> Iterator[httpx.Client]:
    """A client of that server."""
    with serving(own) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture(scope="module")
def careful(deploy: Deploy) -> httpx.Client:
    """A server whose clients must say which edition they change."""
    return deploy(require_if_match=True)


@pytest.fixture
def stored(mongo: MongoClient[dict[str, Any]], database_name: str) -> Stored:
    """A function that reads the envelope of a resource: `stored("individual", id)`."""

    def read(collection: str, id: str) -> dict[str, Any]:
        envelope = mongo[database_name][collection].find_one({"_id": id})
        assert envelope is not None
        return envelope

    return read


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """An issuer of access tokens."""
    with identity_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def guarded(settings: Settings, provider: IdentityProvider) -> Iterator[str]:
    """The URL of a server that asks for tokens of this provider."""
    changed = dataclasses.replace(settings, port=free_port(), issuers=provider.url, audience=AUDIENCE)
    with serving(changed) as url:
        yield url


@pytest.fixture
def restricted(
    guarded: str, provider: IdentityProvider, clean_database: str, name: str, version: str
) -> Iterator[Restricted]:
    """The resource called `name` in a `version`, on that server."""
    with httpx.Client(base_url=guarded) as client:
        yield Restricted(name, version, client, provider)
