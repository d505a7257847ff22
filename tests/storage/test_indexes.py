"""The indexes that the documents declare: each is there, and the database uses it for the filter it is meant for."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.settings import Settings
from app.spec.bundle import bundle, names
from app.spec.declarations import declarations
from app.storage import indexes
from app.storage.client import connect
from app.storage.durable import Database
from app.storage.filters import Target, clause, every, field
from app.storage.repository import collection_of

pytestmark = pytest.mark.anyio

DECLARED = {
    resource: declared.indexes for name in names() for resource, declared in declarations(bundle(name), name).items()
}
INDEXES = [
    pytest.param(resource, paths, id=f"{resource} {' '.join(paths)}")
    for resource, each in DECLARED.items()
    for paths in each
]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def database(mongodb_uri: str, clean_database: str) -> AsyncIterator[Database]:
    async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
        yield client[clean_database]


def planted(paths: set[tuple[str, ...]], value: str) -> dict[str, Any]:
    """A document that has `value` at each of the paths; whatever holds something is an array."""
    rests: dict[str, set[tuple[str, ...]]] = {}
    for first, *rest in paths:
        rests.setdefault(first, set()).add(tuple(rest))
    return {name: value if inner == {()} else [planted(inner, value)] for name, inner in rests.items()}


def stages(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for inner in plan.values():
            yield from stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from stages(inner)


@pytest.mark.parametrize(("resource", "paths"), INDEXES)
async def test_a_declared_index_finds_and_sorts_without_reading_the_collection(
    database: Database, mongo: MongoClient[dict[str, Any]], resource: str, paths: list[str]
) -> None:
    await indexes.ensure(database, DECLARED)
    collection = mongo[database.name][collection_of(resource)]
    split = [tuple(path.split(".")) for path in paths]
    everything = {tuple(path.split(".")) for each in DECLARED[resource] for path in each}
    collection.insert_many([{"_id": f"{n:03}", "document": planted(everything, f"v{n % 50}")} for n in range(300)])

    wanted = every([clause(Target(".".join(path), path, "string"), ["v7"]) for path in split])
    chosen = list(stages(collection.find(wanted).sort("_id", 1).limit(5).explain()["queryPlanner"]["winningPlan"]))

    scans = [stage for stage in chosen if stage["stage"] in ("IXSCAN", "COLLSCAN")]
    assert [scan.get("keyPattern") for scan in scans] == [{**{field(path): 1 for path in split}, "_id": 1}]
    assert not [stage for stage in chosen if stage["stage"] == "SORT"]
    assert collection.count_documents(wanted) == 6


async def test_ensuring_the_indexes_again_changes_nothing(
    database: Database, mongo: MongoClient[dict[str, Any]]
) -> None:
    await indexes.ensure(database, DECLARED)
    before = {resource: mongo[database.name][collection_of(resource)].index_information() for resource in DECLARED}
    await indexes.ensure(database, DECLARED)
    assert before == {
        resource: mongo[database.name][collection_of(resource)].index_information() for resource in DECLARED
    }


async def test_a_resource_without_indexes_needs_none(database: Database) -> None:
    await indexes.ensure(database, {"Unindexed": []})
    assert "unindexed" not in await database.list_collection_names()
