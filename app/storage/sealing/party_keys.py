# SPDX-License-Identifier: Apache-2.0
"""The keys of parties: a data encryption key (DEK) each, wrapped by the vault's key (KEK), until it is destroyed.

The collection `partyKey`: `{_id: party, wrapped, created}`, and as tombstone `{_id: party, destroyed, reason}`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from time import monotonic
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain import dates
from app.errors import StartError
from app.storage.hubs.vault import SETTING, Unsealable, Vault
from app.storage.mongod.durable import Database, durable
from app.storage.sealing.envelope import decrypt, encrypt, new_key
from app.storage.sealing.key_cache import Key, KeyCache, Tombstone

COLLECTION = "partyKey"
DUPLICATE_KEY = 11000


class NoKey(Exception):
    """There is no key that opens what was sealed for a party."""


class KeyDestroyed(NoKey):
    """The key of a party was destroyed (crypto-shredding): nothing sealed with it can ever be opened again."""


class KeyMissing(NoKey):
    """A party has neither a key nor a tombstone that tells of its destruction: the database lost it."""


class PartyKeys:
    """Seals and opens content for parties; a party gets its key when something is sealed for it first.

    Keys are cached in memory. Other processes use a destroyed key for `CACHED_SECONDS` at most.
    """

    def __init__(self, database: Database, vault: Vault, cache: KeyCache | None = None) -> None:
        self._database = database
        self._rows = durable(database, COLLECTION)
        self._vault = vault
        self._cache = cache or KeyCache()

    async def seal(self, party_id: str, plaintext: bytes, context: bytes = b"") -> bytes:
        """`plaintext`, encrypted and authenticated (AES-256-GCM) for one place, which `context` names.

        Raises `KeyDestroyed`: a destroyed key is never replaced by another.
        """
        key = (await self.sealing_keys([party_id]))[party_id]
        if isinstance(key, Tombstone):
            raise _key_destroyed(party_id)
        return encrypt(key, plaintext, _place(party_id, context))

    async def open(self, party_id: str, sealed: bytes, context: bytes = b"") -> bytes:
        """The plaintext that was sealed for a party, in this `context`.

        Raises `KeyDestroyed`, `KeyMissing`, `SealBroken` for content that was changed or belongs elsewhere, and
        `Unsealable` when the setting lacks the key encryption key.
        """
        keys = await self.opening_keys([party_id])
        if party_id not in keys:
            raise KeyMissing(f"party '{party_id}' has no key, and nothing says that it was destroyed")
        key = keys[party_id]
        if isinstance(key, Tombstone):
            raise _key_destroyed(party_id)
        return decrypt(key, sealed, _place(party_id, context))

    async def destroy(self, party_id: str, reason: str) -> None:
        """Destroy the key of a party, and prevent that it ever gets another; leaves a tombstone with the `reason`.

        Idempotent: a second call changes nothing. What was sealed with the key stays where it is, and is noise.
        """
        self._cache.keep(party_id, Tombstone(await destroy_key(self._database, party_id, reason)), monotonic())

    async def sealing_keys(self, party_ids: Collection[str]) -> dict[str, Key]:
        """The keys of many parties, new for those that have none, or their tombstones."""
        keys = await self.opening_keys(party_ids)
        if lacking := set(party_ids) - keys.keys():
            await self._mint(sorted(lacking))
            keys |= await self._read(lacking)
        return keys

    async def opening_keys(self, party_ids: Collection[str], *, fresh: bool = False) -> dict[str, Key]:
        """The keys of those of many parties that have one, or their tombstones; `fresh` out of the database."""
        cached = {} if fresh else {id: key for id in party_ids if (key := self._cache.find(id))}
        missing = set(party_ids) - cached.keys()
        return cached | (await self._read(missing) if missing else {})

    async def _read(self, party_ids: Collection[str]) -> dict[str, Key]:
        at = monotonic()
        keys = {row["_id"]: self._key(row) async for row in self._rows.find({"_id": {"$in": list(party_ids)}})}
        for party_id, key in keys.items():
            self._cache.keep(party_id, key, at)
        return keys

    def _key(self, row: Mapping[str, Any]) -> Key:
        if "destroyed" in row:
            return Tombstone(row["destroyed"])
        return self._vault.unwrap(row["wrapped"], _place(row["_id"]))

    async def _mint(self, party_ids: Collection[str]) -> None:
        """Insert a new key for each; those that another process was faster with keep that one, or their tombstone."""
        now = dates.now()
        rows = [{"_id": id, "wrapped": self._vault.wrap(new_key(), _place(id)), "created": now} for id in party_ids]
        try:
            await self._rows.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            if any(each["code"] != DUPLICATE_KEY for each in error.details["writeErrors"]):
                raise
            if error.details["writeConcernErrors"]:
                raise


async def destroy_key(database: Database, party_id: str, reason: str) -> datetime:
    """As `PartyKeys.destroy`, which needs no vault; returns when the key was destroyed, now or before."""
    tombstone = {"_id": {"$literal": party_id}, "destroyed": dates.now(), "reason": {"$literal": reason}}
    kept = {"$cond": [{"$gt": ["$destroyed", None]}, "$$ROOT", tombstone]}
    rows = durable(database, COLLECTION)
    change, after = [{"$replaceWith": kept}], ReturnDocument.AFTER
    try:
        row = await rows.find_one_and_update({"_id": {"$eq": party_id}}, change, upsert=True, return_document=after)
    except DuplicateKeyError:  # Another process inserted the row in this moment, so that it is there by now.
        row = await rows.find_one_and_update({"_id": {"$eq": party_id}}, change, return_document=after)
    assert row is not None, "no row of a party is ever deleted"
    at: datetime = row["destroyed"]
    return at


async def require_vault(database: Database, vault: Vault | None, *, sealing: bool) -> None:
    """Raise `StartError` when the keys of parties in the database cannot be unwrapped.

    Without a vault and without `sealing` one may go on: what is sealed is not shown.
    """
    row = await durable(database, COLLECTION).find_one({"wrapped": {"$exists": True}})
    if row is None or (vault is None and not sealing):
        return
    if vault is None:
        raise StartError(
            f"{SETTING} is not set, and the event log has payloads that are sealed: set the key that the keys of "
            "parties were wrapped with, or LIAISON_SEALING=false to go on without what is sealed"
        )
    try:
        vault.unwrap(row["wrapped"], _place(row["_id"]))
    except Unsealable as wrong:
        raise StartError(str(wrong)) from None


def _place(party_id: str, context: bytes = b"") -> bytes:
    """The additional data: content of one party, or for one place, opens nowhere else."""
    return party_id.encode() + b"\0" + context


def _key_destroyed(party_id: str) -> KeyDestroyed:
    return KeyDestroyed(f"the key of party '{party_id}' was destroyed")
