# SPDX-License-Identifier: Apache-2.0
"""An archive store in the server's own database (GridFS), whose chunks may be larger than a row together."""

import re
from collections.abc import AsyncIterator

from gridfs import AsyncGridFSBucket, NoFile
from pymongo import ReadPreference
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app.storage.archive.store import ObjectExists, ObjectMissing, require_name
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import as_tmf_errors

BUCKET = "archive"
COLLECTIONS = (f"{BUCKET}.files", f"{BUCKET}.chunks")
CHUNK_BYTES = 1 << 20


class CollectionStore:
    """See `ArchiveStore`. Content is compressed before it gets here, so that sealed content is small, too."""

    def __init__(self, database: Database) -> None:
        durable = database.client.get_database(
            database.name,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority"),
        )
        self._bucket = AsyncGridFSBucket(durable, bucket_name=BUCKET, chunk_size_bytes=CHUNK_BYTES)

    async def put(self, name: str, content: bytes) -> None:
        """See `ArchiveStore`. An object counts once its last part, the row with its length, is written."""
        require_name(name)
        with as_tmf_errors():
            taken = [each async for each in self._bucket.find({"filename": name}, limit=1)]
            if not taken:
                await self._bucket.upload_from_stream(name, content)
        if taken and await self.get(name) != content:
            raise ObjectExists(name)

    async def get(self, name: str) -> bytes:
        """See `ArchiveStore`."""
        require_name(name)
        with as_tmf_errors():
            try:
                return await (await self._bucket.open_download_stream_by_name(name)).read()
            except NoFile:
                raise ObjectMissing(name) from None

    async def names(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ArchiveStore`."""
        with as_tmf_errors():
            async for each in self._bucket.find(
                {"filename": {"$regex": f"^{re.escape(prefix)}"}}, sort={"filename": 1}
            ):
                yield str(each.filename)

    async def delete(self, name: str) -> None:
        """See `ArchiveStore`."""
        require_name(name)
        with as_tmf_errors():
            for id in [each._id async for each in self._bucket.find({"filename": name})]:
                await self._delete(id)

    async def close(self) -> None:
        """See `ArchiveStore`."""

    async def _delete(self, id: object) -> None:
        try:
            await self._bucket.delete(id)
        except NoFile:  # Another process was faster.
            return
