# SPDX-License-Identifier: Apache-2.0
"""What tests of the storage share."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import MongoClient

from app.settings import Settings
from app.storage.documents.repository import Repository
from app.storage.mongod.client import connect
from app.storage.mongod.durable import Database
from tests.storage.listening import prepare


@pytest.fixture
async def database(mongodb_uri: str, clean_database: str) -> AsyncIterator[Database]:
    """The clean database, as the server opens it, ready for events."""
    async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
        await prepare(client[clean_database])
        yield client[clean_database]


@pytest.fixture
def documents(database: Database) -> Repository:
    """The individuals in it."""
    return Repository(database, "Individual", 5000)


@pytest.fixture
def rows(mongo: MongoClient[dict[str, Any]], clean_database: str) -> Any:
    """Their collection, as an operator sees it."""
    return mongo[clean_database]["individual"]
