# SPDX-License-Identifier: Apache-2.0
"""The bytes of attachments: files of GridFS, each with a row that says whose it is (`contents`).

The row is written before the first byte and deleted after the last one, so that whatever a crash leaves is found by it:
`{_id: key, resource, owner, at}`. A file counts from the moment that the document of its owner names its key.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import NoFile
from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain import dates
from app.domain.identifiers import new_id
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "contents"
BUCKET = "contentBytes"
FILES, CHUNKS = f"{BUCKET}.files", f"{BUCKET}.chunks"
CHUNK_BYTES = 255 * 1024
"""Bytes of a chunk: so many are in memory at a time, of each reader and each writer, and few times that."""
CHUNKS_READ = 4
"""Chunks that one round trip reads."""

Owner = tuple[str, str]
"""The resource and the id of the document whose attachment the bytes are."""


@dataclass(frozen=True)
class Content:
    """Bytes that are kept under a `key`: how many, their SHA-256 in hexadecimal digits, and their media type."""

    key: str
    size: int
    sha256: str
    media_type: str


@dataclass(frozen=True)
class ContentRow:
    """Whose the bytes under a key are, or were to be, and since when."""

    key: str
    owner: Owner
    at: datetime


class ContentStore:
    """Writes, reads and deletes bytes, which never change."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._rows = durable(database, COLLECTION)
        self._files = durable(database, FILES)
        self._chunks = durable(database, CHUNKS)
        self._bucket = AsyncGridFSBucket(database, BUCKET, CHUNK_BYTES, write_concern=WriteConcern("majority"))

    async def prepare(self) -> None:
        """Create the indexes."""
        with as_tmf_errors():
            await self._rows.create_indexes([IndexModel([("resource", ASCENDING), ("owner", ASCENDING)])])
            await self._chunks.create_indexes([IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)])

    async def begin(self, owner: Owner, key: str = "") -> str:
        """The key for new bytes of an owner, which are its own for as long as its document names the key.

        It is a new one, unless the caller has one.
        """
        key = key or new_id()
        with as_tmf_errors():
            await self._rows.insert_one({"_id": key, "resource": owner[0], "owner": owner[1], "at": dates.now()})
        return key

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> None:
        """Write the bytes for a key as they come, chunk by chunk, and then the file that counts them.

        The driver's own writer collects 64 MB before it sends any. What is left when `chunks` raises, the caller
        deletes, or else the sweep.
        """
        waiting, number, size = bytearray(), 0, 0
        async for part in chunks:
            waiting += part
            size += len(part)
            while len(waiting) >= CHUNK_BYTES:
                await self._write_chunk(key, number, bytes(waiting[:CHUNK_BYTES]))
                del waiting[:CHUNK_BYTES]
                number += 1
        if waiting:
            await self._write_chunk(key, number, bytes(waiting))
        file = {"_id": key, "filename": key, "length": size, "chunkSize": CHUNK_BYTES, "uploadDate": dates.now()}
        with as_tmf_errors():
            await self._files.insert_one(file)

    async def _write_chunk(self, key: str, number: int, data: bytes) -> None:
        with as_tmf_errors():
            await self._chunks.insert_one({"files_id": key, "n": number, "data": data})

    async def describe(self, content: Content) -> None:
        """Note what is known of written bytes."""
        known = {"size": content.size, "sha256": content.sha256, "mediaType": content.media_type}
        with as_tmf_errors():
            await self._rows.update_one({"_id": content.key}, {"$set": known})

    async def find(self, key: str, owner: Owner) -> Content | None:
        """The whole bytes under a key of that owner; None where there are none (any more)."""
        criteria = {"_id": key, "resource": owner[0], "owner": owner[1], "sha256": {"$exists": True}}
        with as_tmf_errors():
            row = await self._rows.find_one(criteria)
            if row is None or await self._files.find_one({"_id": key}, {"_id": 1}) is None:
                return None
        return Content(key, row["size"], row["sha256"], row["mediaType"])

    async def read(self, key: str, begin: int, end: int) -> AsyncIterator[bytes]:
        """The bytes under a key from `begin` up to, and without, `end`, chunk by chunk.

        Fewer come where they are deleted meanwhile.
        """
        if end <= begin:
            return
        within = {"files_id": key, "n": {"$gte": begin // CHUNK_BYTES, "$lte": (end - 1) // CHUNK_BYTES}}
        with as_tmf_errors():
            async for chunk in self._chunks.find(within, sort=[("n", ASCENDING)], batch_size=CHUNKS_READ):
                first = chunk["n"] * CHUNK_BYTES
                yield bytes(chunk["data"])[max(begin - first, 0) : end - first]

    async def delete(self, keys: Iterable[str], owner: Owner) -> None:
        """Delete the bytes under these keys that are of that owner; what is not there, or not its own, is no matter."""
        with as_tmf_errors():
            mine = {"_id": {"$in": sorted(keys)}, "resource": owner[0], "owner": owner[1]}
            rows = await self._rows.find(mine, {"_id": 1}).to_list()
            await self.purge(row["_id"] for row in rows)

    async def purge(self, keys: Iterable[str]) -> None:
        """Delete the bytes under these keys, whosever they are, and then their rows."""
        with as_tmf_errors():
            for key in keys:
                with suppress(NoFile):  # The chunks of what was never finished are deleted nevertheless.
                    await self._bucket.delete(key)
                await self._rows.delete_one({"_id": key})

    async def delete_of(self, owners: Collection[Owner]) -> int:
        """Delete all bytes of the documents of these owners, and return of how many attachments."""
        deleted = 0
        for resource in sorted({name for name, _ in owners}):
            ids = sorted(id for name, id in owners if name == resource)
            with as_tmf_errors():
                rows = await self._rows.find({"resource": resource, "owner": {"$in": ids}}, {"_id": 1}).to_list()
            await self.purge(row["_id"] for row in rows)
            deleted += len(rows)
        return deleted

    async def rows(self, behind: str, until: datetime, most: int) -> list[ContentRow]:
        """The rows made before `until`, in the order of their keys, behind this one; at most so many."""
        criteria = {"_id": {"$gt": behind}, "at": {"$lt": until}}
        with as_tmf_errors():
            found = await self._rows.find(criteria, sort=[("_id", ASCENDING)], limit=most).to_list()
        return [ContentRow(row["_id"], (row["resource"], row["owner"]), row["at"]) for row in found]

    async def urls_of(
        self, collection: str, ids: Collection[str], paths: Collection[str], session: AsyncClientSession
    ) -> dict[str, StoredRow]:
        """What documents of a collection have at these paths, by id, in the transaction of `session`."""
        fields = {f"document.{path}": 1 for path in paths}
        rows = durable(self.database, collection).find({"_id": {"$in": sorted(ids)}}, fields, session=session)
        return {row["_id"]: row.get("document", {}) async for row in rows}
