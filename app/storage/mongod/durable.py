# SPDX-License-Identifier: Apache-2.0
"""How collections are opened whose contents must survive the loss of a server: majority both ways, UTC dates."""

from collections.abc import Mapping
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import ReadPreference
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

WRITE_SECONDS = 10.0
"""How long a write is tried for a client: anew after a failover, or until the document is not locked any more."""

BULK_SECONDS = 60.0
"""How long a write of very many documents is tried."""

StoredRow = dict[str, Any]
Database = AsyncDatabase[StoredRow]
Collection = AsyncCollection[StoredRow]
Entry = Mapping[str, Any]


def durable(database: Database, name: str) -> Collection:
    """The collection `name`: reads only what no failover can take back, and answers a write once it is safe."""
    return database.get_collection(
        name,
        codec_options=CodecOptions(tz_aware=True),
        read_preference=ReadPreference.PRIMARY,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority"),
    )
