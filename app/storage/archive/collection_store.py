# SPDX-License-Identifier: Apache-2.0
"""An archive store in the server's own database (GridFS), whose chunks may be larger than a row together."""

import re
from collections.abc import AsyncIterator

from gridfs import AsyncGridFSBucket, NoFile
from pymongo import ReadPreference
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from app.domain.identifiers import new_id
from app.storage.archive.store import ObjectExists, ObjectMissing, require_name
from app.storage.mongod.durable import Database
from app.storage.mongod.failures import as_tmf_errors

BUCKET = "archive"
COLLECTIONS = (f"{BUCKET}.files", f"{BUCKET}.chunks")
CHUNK_BYTES = 1 << 20


class CollectionStore:
    """See `ArchiveStore`. Content is compressed before it gets here, so that sealed content is small, too.

    The id of an object, which each of its parts has, too, is `<name>/<id>`: so the parts of one that was not completed
    are found.
    """

    def __init__(self, database: Database) -> None:
        durable = database.client.get_database(
            database.name,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority"),
        )
        self._chunks = durable[COLLECTIONS[1]]
        self._bucket = AsyncGridFSBucket(durable, bucket_name=BUCKET, chunk_size_bytes=CHUNK_BYTES)

    async def put(self, name: str, content: bytes) -> None:
        """See `ArchiveStore`. An object counts once its last part, the row with its length, is written."""
        require_name(name)
        with as_tmf_errors():
            taken = [each async for each in self._bucket.find({"filename": name}, limit=1)]
            if not taken:
                await self._bucket.upload_from_stream_with_id(f"{name}/{new_id()}", name, content)
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
        begins = {"$regex": f"^{re.escape(prefix)}"}
        with as_tmf_errors():
            whole = {str(each.filename) async for each in self._bucket.find({"filename": begins})}
            parts = self._chunks.find({"files_id": begins}, {"_id": False, "files_id": True})
            begun = {str(part["files_id"]).partition("/")[0] async for part in parts}
        for name in sorted(whole | begun):
            yield name

    async def delete(self, name: str) -> None:
        """See `ArchiveStore`."""
        require_name(name)
        with as_tmf_errors():
            for id in [each._id async for each in self._bucket.find({"filename": name})]:
                await self._delete(id)
            await self._chunks.delete_many({"files_id": {"$regex": f"^{re.escape(name)}/"}})

    async def close(self) -> None:
        """See `ArchiveStore`."""

    async def _delete(self, id: object) -> None:
        try:
            await self._bucket.delete(id)
        except NoFile:  # Another process was faster.
            return
