# SPDX-License-Identifier: Apache-2.0
"""The surveys whose time to answer is over, by the stored instant and its index."""

from collections.abc import AsyncIterator
from datetime import datetime

from pymongo import ASCENDING

from app.domain.events import lower_camel
from app.storage.documents.filters import Filter, field
from app.storage.documents.rows import STATE
from app.storage.mongod.durable import Database, durable

EXPIRY = field(("expirationDate",))


async def due_surveys(database: Database, resource: str, state: str, now: datetime) -> AsyncIterator[str]:
    """The ids of the surveys in this `state`, in lower case, whose expiry has come; first those that have none.

    Reads keys of the index on state and expiry, and no others.
    """
    criteria: list[Filter] = [{STATE: state, EXPIRY: None}, {STATE: state, EXPIRY: {"$lte": now}}]
    for each in criteria:
        order = [(STATE, ASCENDING), (EXPIRY, ASCENDING), ("_id", ASCENDING)]
        async for row in durable(database, lower_camel(resource)).find(each, {"_id": True}, sort=order):
            yield row["_id"]
