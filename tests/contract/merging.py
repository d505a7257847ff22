# SPDX-License-Identifier: Apache-2.0
"""Documents that were merged into others, as the server's clients find them: gone, with an alias in their place."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

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
    _write(settings, database, lambda aliases: partial(aliases.add, alias))


def remove_alias(settings: Settings, database: str, resource: str, loser: str) -> None:
    """Take an alias back, as undoing a merge does."""
    _write(settings, database, lambda aliases: partial(aliases.remove, (resource, loser)))


def _write(settings: Settings, database: str, write_of: Callable[[Aliases], Callable[..., Any]]) -> None:
    async def run() -> None:
        async with connect(settings) as client:
            await transact(client[database], write_of(Aliases(client[database])))

    asyncio.run(run())
