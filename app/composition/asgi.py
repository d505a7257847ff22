# SPDX-License-Identifier: Apache-2.0
"""The ASGI application that the server processes import; the import fails when stored documents do not conform to it.

It is imported once, before the processes are forked. The connection for the check is closed before, as forks cannot
share it.
"""

import asyncio

from app import logs
from app.composition.data_admission import admit_stored_data
from app.composition.factory import Liaison, application
from app.composition.sources import note_sources
from app.errors import StartError
from app.settings import Settings
from app.storage.documents.index_builds import announce_builds
from app.storage.hubs.vault import vault
from app.storage.mongod.client import connect
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.failures import summary
from app.storage.sealing.party_keys import require_vault

settings = Settings.read()
logs.configure(settings.log_level)
liaison = Liaison(settings, connect(settings))


async def check_database() -> None:
    """Raise `StartError` for stored documents on which no server of this application starts, or when none answers."""
    try:
        async with connect(settings) as client:
            database = client[settings.database]
            await require_vault(database, vault(settings.secrets_key), sealing=settings.sealing)
            await admit_stored_data(database, liaison.apis, accepts=settings.accept_data)
            await announce_builds(database, liaison.declared_indexes, liaison.states, liaison.owners)
            await note_sources(database, liaison.apis, settings)
    except DatabaseError as failure:
        raise StartError(f"The database failed: {summary(failure)}") from None


asyncio.run(check_database())
app = application(liaison)
