# SPDX-License-Identifier: Apache-2.0
"""What every test may ask for: one real MongoDB for the whole run, and a database that is empty when a test begins."""

import gc
import os
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import hypothesis
import pytest
from cryptography.fernet import Fernet
from pymongo import MongoClient
from pymongo.database import Database

from app.apis import APIS
from app.domain.events import lower_camel
from app.settings import Settings
from app.storage.mongod.embedded_mongod import EmbeddedMongod
from app.storage.reserved_collections import RESERVED
from tests.bundling import bundle_once
from tests.serving import free_port, serving

if TYPE_CHECKING:
    from tests.object_store import ObjectStore

# A slow machine is no failure. Each run makes up the same cases; with a number of them in the environment, others.
hypothesis.settings.register_profile("liaison", deadline=None, derandomize="HYPOTHESIS_MAX_EXAMPLES" not in os.environ)
hypothesis.settings.load_profile("liaison")

bundle_once()

THRESHOLDS = (10_000, 5, 2)
"""Garbage is collected less often than by default, as servers are a million objects that all stay until they end."""

# The collections of the server that most tests speak to.
KEPT = RESERVED | {lower_camel(name) for api in APIS for name in api.rules}

COUNTS = pytest.StashKey[dict[str, str]]()


@pytest.fixture(scope="session")
def counts(pytestconfig: pytest.Config) -> dict[str, str]:
    """What to tell at the end of the run, of each thing that was counted."""
    return pytestconfig.stash.setdefault(COUNTS, {})


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What exists when the tests begin stays, so nobody looks for garbage in it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Collect garbage as before again: a command in the test's own process makes that seldom, and servers pile up."""
    if gc.get_threshold() != THRESHOLDS:
        gc.unfreeze()
        gc.set_threshold(*THRESHOLDS)


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Write a line for each of them."""
    for counted, line in terminalreporter.config.stash.get(COUNTS, {}).items():
        terminalreporter.write_line(f"{counted}: {line}")
    return (yield)


@pytest.fixture
def anyio_backend() -> str:
    """What runs the tests that are coroutines."""
    return "asyncio"


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of the embedded MongoDB that all tests share.

    Its cache is as large as ever: with the smallest, 0.25 GB, updates of documents near 16 MB may wait in it for ever.
    """
    with EmbeddedMongod(tmp_path_factory.mktemp("data")) as mongod:
        yield mongod.uri


@pytest.fixture(scope="session")
def mongo(mongodb_uri: str) -> Iterator[MongoClient[dict[str, Any]]]:
    """A client that looks at the database from outside, as an operator would."""
    with MongoClient[dict[str, Any]](mongodb_uri, tz_aware=True, w="majority") as client:
        yield client


@pytest.fixture(scope="session")
def database_name() -> str:
    """The database that the tests work in."""
    return "liaison_test"


@pytest.fixture
def clean_database(mongo: MongoClient[dict[str, Any]], database_name: str) -> str:
    """The name of that database with its collections emptied; the indexes of those that every server keeps stay.

    Those of other documents, which some tests serve, are dropped: no test depends on which ran before it.
    """
    empty(mongo[database_name])
    return database_name


def empty(database: Database[dict[str, Any]], but: Collection[str] = ()) -> None:
    """Empty the collections of a database, and drop those that not every server keeps."""
    for collection in database.list_collection_names(filter={"type": "collection"}):
        if collection in but:
            continue
        if collection in KEPT:
            database[collection].delete_many({})
        else:
            database.drop_collection(collection)


@pytest.fixture(scope="session")
def settings(mongodb_uri: str, database_name: str) -> Settings:
    """The settings of the server that most tests speak to: the defaults, on a port of its own."""
    # No quieter: a logger keeps the level that was set when it wrote first, and some tests look for warnings.
    return Settings(
        mongodb_uri=mongodb_uri,
        database=database_name,
        port=free_port(),
        log_level="warning",
        callback_networks="127.0.0.0/8",
        secrets_key=Fernet.generate_key().decode(),
    )


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[str]:
    """The URL of that server. It delivers no events: that is the relay's work."""
    with serving(settings) as url:
        yield url


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ObjectStore]":
    """A real S3-compatible object store."""
    from tests.object_store import running_store  # Few tests need it, and all would wait for botocore.

    with running_store(tmp_path_factory.mktemp("objects")) as store:
        yield store


@pytest.fixture
def reached_store(object_store: "ObjectStore", monkeypatch: pytest.MonkeyPatch) -> "ObjectStore":
    """That, and the environment says where it is."""
    for name, value in object_store.environment().items():
        monkeypatch.setenv(name, value)
    return object_store


@pytest.fixture
def client(server: str, clean_database: str) -> Iterator[httpx.Client]:
    """An HTTP client of that server; its database is empty when the test begins."""
    with httpx.Client(base_url=server) as client:
        yield client
