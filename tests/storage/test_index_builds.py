# SPDX-License-Identifier: Apache-2.0
"""Indexes of large collections are built while servers serve: writes go on, and the log tells how far."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from pymongo import MongoClient
from structlog.testing import capture_logs

from app.settings import Settings
from app.storage.documents import index_builds, indexes
from app.storage.documents.index_builds import IndexBuilder, announce_builds, running_builds
from app.storage.mongod.durable import Database
from tests.scenarios.command import run

pytestmark = pytest.mark.anyio

Mongo = MongoClient[dict[str, Any]]
MANY = 60_000
"""Documents whose indexes take more than a second."""
LARGE = {"Large": [["a"], ["b"], ["a", "b"], ["b", "a"]]}
NAMES = [f"document.{'_1_document.'.join(paths)}_1__id_1" for paths in LARGE["Large"]]


@pytest.fixture(autouse=True)
def informed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of builds tells what it has to, whatever level a server or command of an earlier test chose for it."""
    tells = structlog.make_filtering_bound_logger(logging.INFO)
    monkeypatch.setattr(index_builds, "log", structlog.wrap_logger(structlog.ReturnLogger(), wrapper_class=tells))


@pytest.fixture
def large(mongo: Mongo, clean_database: str) -> Iterator[Any]:
    """A collection with many documents, and without the indexes of its resource."""
    collection = mongo[clean_database]["large"]
    documents = ({"a": number * 7919 % MANY, "b": f"text {number}"} for number in range(MANY))
    collection.insert_many([{"_id": f"{number:06}", "document": each} for number, each in enumerate(documents)])
    yield collection
    collection.drop()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what other tasks, or the database, are about to bring."""
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen")


def operations(large: Any) -> list[dict[str, Any]]:
    """The builds of the collection that `currentOp` shows; between two phases it shows none."""
    builds = {"ns": large.full_name, "desc": {"$regex": "^IndexBuildsCoordinator"}}
    return list(large.database.client.admin.aggregate([{"$currentOp": {"allUsers": True}}, {"$match": builds}]))


def is_building(large: Any) -> bool:
    """Whether an index of the collection is being built."""
    return bool(large.database.command("collStats", large.name).get("indexBuilds") or operations(large))


def is_shown(large: Any) -> bool:
    """Whether the database tells how far a build of the collection is."""
    return any("progress" in each for each in operations(large))


async def test_documents_are_written_while_indexes_are_built_and_the_log_tells_how_far(
    database: Database, large: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_builds, "PROGRESS_SECONDS", 0.05)
    builders = [IndexBuilder(database, LARGE, {}) for _ in range(2)]
    written = 0
    with capture_logs() as said:
        await builders[0].begin()
        await until(lambda: is_shown(large))
        await builders[1].begin()
        while is_building(large):
            await database["large"].insert_one({"_id": f"new {written}", "document": {"a": written}})
            written += 1
        await until(lambda: "indexes are built" in {each["event"] for each in said})
    for each in builders:
        await each.stop()
    assert written > 2
    assert large.index_information().keys() == {"_id_", *NAMES}
    progress = [each for each in said if each["event"] == "building an index"]
    assert {(each["collection"], *each["indexes"]) for each in progress} == {("large", *NAMES)}
    assert len({(each["phase"], each["percent"]) for each in progress}) > 1
    assert [each["indexes"] for each in said if each["event"] == "indexes are built"] == [NAMES]


async def test_a_build_goes_on_without_the_server_that_began_it_and_the_next_one_says_so(
    database: Database, large: Any
) -> None:
    builder = IndexBuilder(database, LARGE, {})
    await builder.begin()
    await until(lambda: is_shown(large))
    await builder.stop()
    with capture_logs() as said:
        await announce_builds(database, LARGE, {})
    assert [(each["event"], each["indexes"]) for each in said] == [("an index is being built", NAMES)]
    await until(lambda: not is_building(large))
    assert large.index_information().keys() == {"_id_", *NAMES}
    assert await running_builds(database) == []


async def test_a_server_that_starts_names_the_indexes_that_it_will_build_and_those_that_are_left(
    database: Database, large: Any
) -> None:
    large.create_index("by hand")
    with capture_logs() as said:
        await announce_builds(database, LARGE, {})
    assert [(each["event"], each["indexes"]) for each in said] == [
        ("indexes are built while the server serves", NAMES),
        ("no document declares these indexes", ["by hand_1"]),
    ]


async def test_an_index_that_cannot_be_built_stops_no_server(database: Database, large: Any) -> None:
    large.insert_one({"_id": "arrays", "document": {"a": [1, 2], "b": [1, 2]}})
    builder = IndexBuilder(database, LARGE, {})
    with capture_logs() as said:
        await builder.begin()
        await until(lambda: any(each["log_level"] == "error" for each in said))
    await builder.stop()
    (error,) = (each for each in said if each["log_level"] == "error")
    assert (error["collection"], error["indexes"]) == ("large", NAMES)
    assert "CannotIndexParallelArrays" in error["error"]


async def test_an_index_on_the_same_paths_by_another_name_will_do(database: Database) -> None:
    await database["large"].create_index([("document.a", 1), ("_id", 1)], name="by hand")
    (difference,) = await indexes.differences(database, {"Large": [["a"]]})
    assert (difference.names, difference.undeclared) == ([], [])


def test_a_command_lists_indexes_that_no_document_declares_and_drops_them_when_told_to(
    settings: Settings, clean_database: str, mongo: Mongo
) -> None:
    customers = mongo[clean_database]["customer"]
    customers.create_index("document.old", name="old")
    assert "customer: old: not declared" in run(settings, "spec", "indexes")[1].splitlines()
    assert "old" in customers.index_information()
    assert "customer: old: dropped, as no document declares it" in run(settings, "spec", "indexes", "--drop")[1]
    assert "old" not in customers.index_information()
