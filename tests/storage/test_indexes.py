# SPDX-License-Identifier: Apache-2.0
"""The indexes that the documents declare: each is there. What they are good for, `test_explain` shows."""

from typing import Any

import pytest
from pymongo import MongoClient

from app.domain.events import lower_camel
from app.spec.bundle import bundle, names
from app.spec.declarations import declarations
from app.storage.documents import indexes
from app.storage.documents.filters import field
from app.storage.mongod.durable import Database

pytestmark = pytest.mark.anyio

DECLARED = {
    resource: declared.indexes for name in names() for resource, declared in declarations(bundle(name), name).items()
}
INDEXES = [
    pytest.param(resource, paths, id=f"{resource} {' '.join(paths)}")
    for resource, each in DECLARED.items()
    for paths in each
]


@pytest.mark.parametrize(("resource", "paths"), INDEXES)
async def test_a_declared_index_is_there_with_the_ids_at_its_end(
    database: Database, mongo: MongoClient[dict[str, Any]], resource: str, paths: list[str]
) -> None:
    await indexes.ensure(database, DECLARED)
    there = mongo[database.name][lower_camel(resource)].index_information().values()
    keys = [*((field(tuple(path.split("."))), 1) for path in paths if "=" not in path), ("_id", 1)]
    assert keys in [index["key"] for index in there]


async def test_ensuring_the_indexes_again_changes_nothing(
    database: Database, mongo: MongoClient[dict[str, Any]]
) -> None:
    await indexes.ensure(database, DECLARED)
    before = {resource: mongo[database.name][lower_camel(resource)].index_information() for resource in DECLARED}
    await indexes.ensure(database, DECLARED)
    assert before == {
        resource: mongo[database.name][lower_camel(resource)].index_information() for resource in DECLARED
    }


async def test_a_resource_without_indexes_needs_none(database: Database) -> None:
    await indexes.ensure(database, {"Unindexed": []})
    assert "unindexed" not in await database.list_collection_names()
