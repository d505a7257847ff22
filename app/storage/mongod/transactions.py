# SPDX-License-Identifier: Apache-2.0
"""Transactions: all that they write is there at once or not at all, and what they read is of one moment."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo import WriteConcern, timeout
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.read_concern import ReadConcern

from app.storage.mongod.durable import WRITE_SECONDS, Database
from app.storage.mongod.failures import as_tmf_errors

Done = TypeVar("Done")


async def transact(
    database: Database, work: Callable[[AsyncClientSession], Awaitable[Done]], seconds: float = WRITE_SECONDS
) -> Done:
    """What `work` comes to in a transaction; it is called again where another one wrote the same rows meanwhile.

    Raises what `work` raises, with nothing written, and `Unavailable` when it takes more than so many `seconds`.
    """
    with as_tmf_errors(), timeout(seconds):
        async with database.client.start_session() as session:
            return await session.with_transaction(
                work, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
            )
