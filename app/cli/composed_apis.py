# SPDX-License-Identifier: Apache-2.0
"""The composed server for commands, which use its engines without HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.cli.common import DATABASE_SECONDS, as_start_errors
from app.composition.factory import Liaison
from app.settings import Settings
from app.storage.mongod.client import connect, wait_for_primary


@asynccontextmanager
async def composed_apis(settings: Settings) -> AsyncIterator[Liaison]:
    """The composed server of `settings`, with an open connection. Raises `StartError` if no database answers."""
    wait_for_primary(settings.mongodb_uri, DATABASE_SECONDS)
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        try:
            with as_start_errors():
                yield liaison
        finally:
            await liaison.release()
