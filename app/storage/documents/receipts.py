# SPDX-License-Identifier: Apache-2.0
"""Idempotency keys: the answers to creates with an `Idempotency-Key`, stored in the transaction of the create.

A repeated request gets the first answer again, from any process, until the key expires.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from pymongo import ASCENDING, IndexModel, timeout
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from app.domain import dates
from app.errors import KeyReused
from app.storage.documents.contention import Contention
from app.storage.mongod.durable import WRITE_SECONDS, Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "idempotency"
INDEX = IndexModel([("expires", ASCENDING)], expireAfterSeconds=0)
"""A TTL index: MongoDB deletes a key when it has expired."""

Receipt = dict[str, Any]
Write = Callable[[AsyncClientSession], Awaitable[object]]


@dataclass(frozen=True)
class Key:
    """A client's key for one create, as a digest; `fingerprint` is the digest of the body that came with it."""

    id: str
    fingerprint: str

    @classmethod
    def of(cls, place: str, chosen: str, body: bytes) -> "Key":
        """The key for a create at `place`, a path, by the text that the client chose; `body` is canonical JSON."""
        return cls(id=_digest(f"{place}\n{chosen}".encode()), fingerprint=_digest(body))


class _KeyTaken(Exception):
    """Another request has created under this key in the meantime."""


class Receipts:
    """The collection `idempotency`: `{_id, fingerprint, answer, expires}`, or `{_id, erased, expires}`."""

    def __init__(self, database: Database, hours: int) -> None:
        """Keys are remembered for so many `hours`."""
        self._client = database.client
        self._receipts = durable(database, COLLECTION)
        self._remembered = timedelta(hours=hours)
        self._contention = Contention()

    async def prepare(self) -> None:
        """Create the collection's index."""
        await self._receipts.create_indexes([INDEX])

    async def find(self, key: Key, session: AsyncClientSession | None = None) -> Receipt | None:
        """The answer to the create under this key; None when there was none. Raises `KeyReused` for another body."""
        with as_tmf_errors():
            found = await self._receipts.find_one({"_id": key.id}, session=session)
        return None if found is None else _answer(found, key)

    async def keep(self, key: Key, answer: Receipt, write: Write) -> Receipt | None:
        """Run `write` and store `answer`, in one transaction; returns None.

        When another request was first under this key, nothing is written, and its answer is returned.
        Raises `KeyReused`, and what `write` raises.
        """
        return await self._contention.run(key.id, partial(self._keep, key, answer, write))

    async def _keep(self, key: Key, answer: Receipt, write: Write) -> Receipt | None:
        async def both(session: AsyncClientSession) -> None:
            await self._insert(key, answer, session)
            await write(session)

        with as_tmf_errors(), timeout(WRITE_SECONDS):
            async with self._client.start_session() as session:
                try:
                    await session.with_transaction(both)
                except _KeyTaken:
                    # The session reads no older state than the one with the other's key. Only when the key has expired
                    # in this very moment is there no answer.
                    return await self.find(key, session) or await self._keep(key, answer, write)
        return None

    async def _insert(self, key: Key, answer: Receipt, session: AsyncClientSession) -> None:
        expires = dates.now() + self._remembered
        row = {"_id": key.id, "fingerprint": key.fingerprint, "answer": answer, "expires": expires}
        try:
            await self._receipts.insert_one(row, session=session)
        except DuplicateKeyError:
            raise _KeyTaken from None


VOIDING = {"$unset": {"answer": True, "fingerprint": True}, "$set": {"erased": True}}
"""The update that leaves of a receipt only that its key was used: what was created concerned a party that is erased."""


def _answer(row: StoredRow, key: Key) -> Receipt:
    if "erased" in row:
        raise KeyReused("What was created with this Idempotency-Key has been erased; send a new key to create anything")
    if row["fingerprint"] != key.fingerprint:
        raise KeyReused(
            "This Idempotency-Key came with another body before; send a new key, or the same body to get its answer"
        )
    answer: Receipt = row["answer"]
    return answer


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
