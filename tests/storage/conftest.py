"""What tests of the storage share."""

from collections.abc import AsyncIterator

import pytest

from app.settings import Settings
from app.storage.client import connect
from app.storage.durable import Database


@pytest.fixture
async def database(mongodb_uri: str, clean_database: str) -> AsyncIterator[Database]:
    """The clean database, as the server opens it."""
    async with connect(Settings(mongodb_uri=mongodb_uri)) as client:
        yield client[clean_database]
