# SPDX-License-Identifier: Apache-2.0
"""Durable collections: read and write concern majority, so that no failover loses anything; aware UTC date-times."""

from collections.abc import Mapping
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import ReadPreference
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

WRITE_SECONDS = 10.0
"""Seconds that a write of a client is tried: again after a failover, or until the document is no longer locked."""

BULK_SECONDS = 60.0
"""Seconds that a bulk write of very many documents is tried."""

StoredRow = dict[str, Any]
Database = AsyncDatabase[StoredRow]
Collection = AsyncCollection[StoredRow]
Entry = Mapping[str, Any]


def durable(database: Database, name: str) -> Collection:
    """The collection `name` with read and write concern majority, reading from the primary."""
    return database.get_collection(
        name,
        codec_options=CodecOptions(tz_aware=True),
        read_preference=ReadPreference.PRIMARY,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority"),
    )
