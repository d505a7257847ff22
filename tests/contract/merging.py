# SPDX-License-Identifier: Apache-2.0
"""Documents that were merged into others, as the server's clients find them: gone, with an alias in their place."""

import asyncio
from functools import partial

from app.domain import dates
from app.settings import Settings
from app.storage.documents.aliases import Alias, Aliases
from app.storage.mongod.client import connect
from app.storage.mongod.transactions import transact
from tests.contract.documents import COLLECTIONS, DOCUMENTS, Collection

MERGEABLE: list[Collection] = [
    each for each in COLLECTIONS if DOCUMENTS[each.document]["x-tmf-resources"][each.resource].get("x-mergeable")
]
"""The collections of resources that can be merged."""


def add_alias(settings: Settings, database: str, resource: str, loser: str, survivor: str) -> None:
    """Make the id of a loser, whose document is deleted, an alias of the survivor."""
    alias = Alias(resource, loser, survivor, "a-merge", dates.now())

    async def run() -> None:
        async with connect(settings) as client:
            aliases = Aliases(client[database])
            await transact(client[database], partial(aliases.add, alias))

    asyncio.run(run())
