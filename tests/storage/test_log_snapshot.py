# SPDX-License-Identifier: Apache-2.0
"""Snapshots of the log: documents as they were after its last entry, as long as the database keeps the moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymongo import MongoClient

from app.domain import dates
from app.errors import Unavailable
from app.settings import Settings
from app.storage.interactions.log_snapshot import log_snapshot
from app.storage.mongod.client import connect

RESOURCE = "PartyInteraction"
WINDOW = "minSnapshotHistoryWindowInSeconds"


@contextmanager
def snapshot_window(mongo: MongoClient[dict[str, Any]], seconds: int) -> Iterator[None]:
    """Have the database keep snapshots so long."""
    before = mongo.admin.command({"getParameter": 1, WINDOW: 1})[WINDOW]
    mongo.admin.command({"setParameter": 1, WINDOW: seconds})
    try:
        yield
    finally:
        mongo.admin.command({"setParameter": 1, WINDOW: before})


def test_a_snapshot_that_the_database_keeps_no_more_is_told(
    settings: Settings, clean_database: str, mongo: MongoClient[dict[str, Any]]
) -> None:
    rows = mongo[clean_database]["partyInteraction"]
    rows.insert_one({"_id": "1", "revision": 1, "changed": dates.now(), "document": {"reason": "first"}})

    async def read_until_it_ends() -> None:
        async with connect(settings) as client, log_snapshot(client[clean_database]) as snapshot:
            while True:
                (batch,) = [each async for each in snapshot.documents(RESOURCE)]
                assert [state.document for state in batch] == [{"reason": "first"}]
                rows.update_one({"_id": "1"}, {"$set": {"document.reason": "later"}})

    with snapshot_window(mongo, 0), pytest.raises(Unavailable, match=WINDOW):
        asyncio.run(asyncio.wait_for(read_until_it_ends(), 60))
