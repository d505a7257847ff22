# SPDX-License-Identifier: Apache-2.0
"""The register of channels as reports read it: the kind of each channel, by its id."""

from app.domain.channels import registered_kinds
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "channel"


async def channel_kinds(database: Database) -> dict[str, str]:
    """The kinds of all registered channels, retired ones too, for `app.domain.channels`. Raises `Unavailable`."""
    with as_tmf_errors():
        rows = database[COLLECTION].find({}, {"document.channelType": 1})
        return registered_kinds([(row["_id"], row["document"]) async for row in rows])
