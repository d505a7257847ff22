# SPDX-License-Identifier: Apache-2.0
"""Sealed payloads of the event log: each share of a payload is encrypted with the keys of the parties it concerns.

A sealed entry has `sealed: 1`, no `before`, and as `document` its shares, `[{parties, content}]`: `content` is BSON,
encrypted, and absent where a party's key had been destroyed before the entry was logged.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import bson
import structlog
from bson import CodecOptions
from bson.raw_bson import RawBSONDocument

from app.domain.events import DUPLICATE_SUSPECTED
from app.domain.query.predicates import Path
from app.domain.shares import Payload, Share, join, places_of_parties, split
from app.storage.event_log.chain import DROPPED, OMISSION, SEALED, without_payload
from app.storage.identity.announcements import SUSPECT
from app.storage.outbox.unwritable_entries import UNENCODABLE
from app.storage.sealing.envelope import SealBroken, decrypt, encrypt, joint_key
from app.storage.sealing.key_cache import Key, Tombstone
from app.storage.sealing.party_keys import PartyKeys
from app.storage.sealing.raw_members import members_of

log = structlog.get_logger()

FORM = 1
"""The value of `SEALED`."""

CONTENT = ("document", "before")
"""The members of an entry that are sealed."""

REMAINDER = "remainder"
"""The member of an opened entry with what is left of its payload, where the keys of some parties are destroyed."""

ERASED = "the key of a party that it concerns was destroyed"
UNREADABLE = "it cannot be opened: the key of a party that it concerns is missing, or it was changed"
NO_VAULT = "it is sealed, and LIAISON_SECRETS_KEY is not set"

BATCH = 64
BATCH_BYTES = 4 * 1024 * 1024

Entry = Mapping[str, Any]
Keys = Mapping[str, Key]

_AWARE: CodecOptions[Any] = CodecOptions(tz_aware=True)


class SealedPayloads:
    """Seals and opens payloads; `owners` are the paths by which documents of each resource name parties (`x-owner`)."""

    def __init__(self, keys: PartyKeys, owners: Mapping[str, Sequence[Path]]) -> None:
        """Without `owners` nothing is sealed, but opened what is."""
        self.keys = keys
        self._owners = owners

    async def seal(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries with sealed payloads; one that concerns no party, or cannot be encoded, stays as it is.

        A payload of which everything concerns parties whose keys are destroyed becomes an omission.
        """
        shared = [(entry, self._shares(entry)) for entry in entries]
        parties = {party for _, shares in shared for share in shares for party in share.parties}
        keys = await self.keys.sealing_keys(parties) if parties else {}
        return [_sealed_entry(entry, shares, keys) if shares else entry for entry, shares in shared]

    async def open(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """The entries as they were before they were sealed.

        Where the key of a party was destroyed they are like those that were logged without payload, with the reason as
        `omission` and what is left of other parties' shares as `REMAINDER`.
        """
        opened = [_opened_entry(entry, keys) for entry, keys in await self._with_keys(entries)]
        broken = [index for index, entry in enumerate(opened) if entry.get(OMISSION) == UNREADABLE]
        # A cached key may be that of a database which has been restored since.
        again = await self._with_keys([entries[index] for index in broken], fresh=True)
        for index, (entry, keys) in zip(broken, again, strict=True):
            opened[index] = _opened_entry(entry, keys)
            if opened[index].get(OMISSION) == UNREADABLE:
                log.error("the payload of an entry cannot be opened", sequence=entry["_id"])
        return opened

    async def _with_keys(self, entries: Sequence[Entry], *, fresh: bool = False) -> list[tuple[Entry, Keys]]:
        parties = {party for entry in entries for share in _sealed_shares(entry) for party in share["parties"]}
        keys = await self.keys.opening_keys(parties, fresh=fresh) if parties else {}
        return [(entry, keys) for entry in entries]

    def _shares(self, entry: Entry) -> list[Share]:
        """The shares of the payload of an entry; none where it concerns nobody."""
        owners = self._owners.get(entry["resource"], ())
        payload = {name: entry[name] for name in CONTENT if name in entry}
        if not owners or "document" not in payload or OMISSION in entry or SEALED in entry:
            return []
        if entry["kind"] == DUPLICATE_SUSPECTED:  # It tells as much of the others as of the party that it is about.
            owners = [*owners, SUSPECT]
        named = {owner[0] for owner in owners}
        looked_at = {side: _members(part, named) for side, part in payload.items()}
        concerning = places_of_parties(looked_at, entry["resourceId"], owners)
        if len(set().union(*concerning.values())) < 2:
            return split(payload, concerning)
        return split({name: _decode(part) for name, part in payload.items()}, concerning)


async def open_each(
    entries: AsyncIterator[dict[str, Any]], payloads: SealedPayloads | None
) -> AsyncIterator[dict[str, Any]]:
    """The entries, opened in batches of bounded size."""
    batch: list[dict[str, Any]] = []
    size = 0
    async for entry in entries:
        batch.append(entry)
        size += sum(len(share.get("content", b"")) for share in _sealed_shares(entry))
        if SEALED not in entry or len(batch) == BATCH or size > BATCH_BYTES:
            for each in await open_entries(batch, payloads):
                yield each
            batch, size = [], 0
    for each in await open_entries(batch, payloads):
        yield each


async def open_entries(entries: Sequence[dict[str, Any]], payloads: SealedPayloads | None) -> list[dict[str, Any]]:
    """The entries, opened; without `payloads`, sealed ones without their payload."""
    if not any(SEALED in entry for entry in entries):
        return list(entries)
    if payloads is None:
        return [_unreadable(entry, NO_VAULT) if _sealed_shares(entry) else entry for entry in entries]
    return await payloads.open(entries)


def _sealed_entry(entry: Entry, shares: Sequence[Share], keys: Keys) -> Entry:
    try:
        sealed = [_sealed_share(entry, share, keys) for share in shares]
    except UNENCODABLE:
        return entry  # The database cannot hold it, either, which says so when it is inserted.
    if not any("content" in each for each in sealed):
        return {**without_payload(entry), OMISSION: ERASED}
    return {**without_payload(entry), SEALED: FORM, "document": sealed}


def _sealed_share(entry: Entry, share: Share, keys: Keys) -> dict[str, Any]:
    parties = list(share.parties)
    found = [keys[party] for party in parties]
    intact = [key for key in found if isinstance(key, bytes)]
    if len(intact) < len(found):
        return {"parties": parties}
    content = {"rest": share.rest} if share.rest is not None else {"pieces": [list(each) for each in share.pieces]}
    return {"parties": parties, "content": encrypt(joint_key(intact), bson.encode(content), _place(entry, parties))}


def _opened_entry(entry: Entry, keys: Keys) -> dict[str, Any]:
    sealed = _sealed_shares(entry)
    if not sealed:
        return dict(entry)
    shares, reason, at = [], "", entry["loggedAt"]
    for each in sealed:
        missing, since = _obstacle(each, keys)
        if not missing:
            try:
                shares.append(_opened_share(entry, each, keys))
            except SealBroken:
                missing = UNREADABLE
        reason, at = missing or reason, max(at, since) if since else at
    if not reason:
        bare = {name: value for name, value in without_payload(entry).items() if name != SEALED}
        return {**bare, **join(shares)}
    return {**_unreadable(entry, reason, at), **({REMAINDER: join(shares)} if shares else {})}


def _obstacle(share: Entry, keys: Keys) -> tuple[str, datetime | None]:
    """The reason why a share cannot be opened, and since when, if that is known; empty if it can."""
    found = [keys.get(party) for party in share["parties"]]
    instants = [key.at for key in found if isinstance(key, Tombstone)]
    if instants or "content" not in share:
        return ERASED, max(instants, default=None)
    return (UNREADABLE if None in found else ""), None


def _opened_share(entry: Entry, share: Entry, keys: Keys) -> Share:
    found = [key for party in share["parties"] if isinstance(key := keys[party], bytes)]
    plain = decrypt(joint_key(found), share["content"], _place(entry, share["parties"]))
    content = bson.decode(plain, _AWARE)
    pieces = tuple((tuple(place), value) for place, value in content.get("pieces", ()))
    return Share(tuple(share["parties"]), rest=content.get("rest"), pieces=pieces)


def _unreadable(entry: Entry, reason: str, at: datetime | None = None) -> dict[str, Any]:
    bare = {name: value for name, value in without_payload(entry).items() if name != SEALED}
    return {**bare, DROPPED: at or entry["loggedAt"], OMISSION: reason}


def _sealed_shares(entry: Entry) -> Sequence[Entry]:
    """The shares of a sealed entry that has its payload."""
    shares: Sequence[Entry] = entry.get("document", ()) if SEALED in entry else ()
    return shares


def _place(entry: Entry, parties: Sequence[str]) -> bytes:
    """The additional data: a share opens only in its own entry, and for these parties."""
    return "\0".join(("event", entry["eventId"], *parties)).encode()


def _members(part: Payload, names: Collection[str]) -> Payload:
    return members_of(bytes(part.raw), names) if isinstance(part, RawBSONDocument) else part


def _decode(part: Payload) -> Payload:
    decoded: dict[str, Any] = bson.decode(part.raw, _AWARE) if isinstance(part, RawBSONDocument) else dict(part)
    return decoded
