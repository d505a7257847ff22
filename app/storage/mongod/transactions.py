# SPDX-License-Identifier: Apache-2.0
"""Transactions of MongoDB: atomic writes, snapshot reads, and retries after write conflicts."""

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
    """The result of `work`, run in a transaction, and again after a write conflict with another transaction.

    Raises what `work` raises, with nothing written, and `Unavailable` after `seconds`.
    """
    with as_tmf_errors(), timeout(seconds):
        async with database.client.start_session() as session:
            return await session.with_transaction(
                work, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
            )
