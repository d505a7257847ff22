# SPDX-License-Identifier: Apache-2.0
"""The rows of which somebody is to be told: their member `notice` is the next instant of that."""

from collections.abc import Iterable

from app.domain.events import lower_camel
from app.storage.documents.rows import NOTICE_INDEX
from app.storage.mongod.durable import Database, durable


async def prepare_notices(database: Database, resources: Iterable[str]) -> None:
    """Create the index on the instants, in the collections of the resources of which promises are made."""
    for resource in resources:
        await durable(database, lower_camel(resource)).create_indexes([NOTICE_INDEX])
