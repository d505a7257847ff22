# SPDX-License-Identifier: Apache-2.0
"""The index of unique identifiers: where it cannot be built, a server says so, and does not start without it."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.domain.unique_identifiers import UniqueIdentifier, UniqueIdentifiers
from app.errors import StartError
from app.storage.documents.rows import UNIQUE
from app.storage.documents.unique_index import COLLECTION, UniqueIndex
from app.storage.mongod.durable import Database

pytestmark = pytest.mark.anyio

PASSPORT = UniqueIdentifiers((UniqueIdentifier("passport", (), (("number",),), (("number",),)),))


async def counts(_resource: str, _key: str, _document: Mapping[str, Any]) -> bool:
    return True


async def test_rows_from_before_get_their_keys_once_and_those_that_collide_do_without(database: Database) -> None:
    numbers = ["1", "2", "1", None, "3", "2"]
    rows = [
        {"_id": str(id), "revision": 1, "changed": id, "document": {"number": number} if number else {}}
        for id, number in enumerate(numbers)
    ]
    await database["thing"].insert_many(rows)
    index = UniqueIndex(database, {"Thing": PASSPORT}, counts)
    await index.prepare()
    assert await index.complete() == 2
    assert [(each.id, each.first) async for each in index.collisions()] == [("2", "0"), ("5", "1")]
    keyed = await database["thing"].find({UNIQUE: {"$exists": True}}, {"_id": 1}, sort=[("_id", 1)]).to_list()
    assert [row["_id"] for row in keyed] == ["0", "1", "4"]
    await database["thing"].update_one({"_id": "2"}, {"$set": {"document.number": "4"}})
    assert await index.complete() == 0
    assert [each.id async for each in index.collisions()] == ["5"]
    assert await database[COLLECTION].count_documents({"_id": "Thing", "digest": PASSPORT.digest}) == 1


async def test_a_server_does_not_start_where_nothing_can_be_unique(database: Database) -> None:
    await database["thing"].insert_many([{"_id": id, UNIQUE: ["passport:1"]} for id in ("1", "2")])
    with pytest.raises(StartError, match=r"no unique index of Thing can be built.*LIAISON_UNIQUE"):
        await UniqueIndex(database, {"Thing": PASSPORT}, counts).prepare()
