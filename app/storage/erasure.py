# SPDX-License-Identifier: Apache-2.0
"""Erasure of a party's data from what the server keeps beside documents: the log, the outbox, receipts, listeners."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from app.domain import dates
from app.domain.events import DUPLICATE_SUSPECTED, lower_camel
from app.domain.query.predicates import Path
from app.domain.shares import OWN_ID
from app.errors import Unavailable
from app.storage.contents.content_store import ContentStore
from app.storage.documents import merge_journal, receipts, unique_index
from app.storage.documents.aliases import Aliases
from app.storage.documents.merge_journal import MergeJournal, Union
from app.storage.documents.repository import TOMBSTONES
from app.storage.event_log.chain import DROPPED, PAYLOAD, SEALED
from app.storage.event_log.event_log import COLLECTION, WHOLE, EventLog
from app.storage.hubs import registrations
from app.storage.identity import suspicions
from app.storage.identity.announcements import SUSPECT
from app.storage.identity.match_keys import erase_keys
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors
from app.storage.mongod.transactions import transact
from app.storage.outbox.entries import entries
from app.storage.outbox.outbox import Outbox, Source
from app.storage.sealing.party_keys import destroy_key
from app.storage.sealing.sealed_payloads import SealedPayloads

BATCH = 1000
"""Documents of each collection that are drained at once."""

STRIDE = 10_000
"""Entries of the log that one write looks at."""

ATTEMPTS = 40
PAUSE_SECONDS = 0.25

WAITING = ("document", "pending.document", "pending.events.before", "pending.beside.before")
"""The places in a row, or in a tombstone, where a pending change may have a document or former values of it."""

Owned = tuple[str, str]
"""The resource and id of a document that is the party's own."""

Filter = dict[str, Any]


@dataclass(frozen=True)
class ErasureReport:
    """How much was erased by one call: `payloads` of the log that were not sealed, `receipts`, and `registrations`."""

    payloads: int
    receipts: int
    registrations: int


class Erasure:
    """Erases parties from a database. `owners` are the paths by which documents of each resource name parties
    (`x-owner`), `payloads` what seals the log, and `sources` what its relay drains."""

    def __init__(
        self,
        database: Database,
        sources: Iterable[Source],
        owners: Mapping[str, Sequence[Path]],
        payloads: SealedPayloads | None,
    ) -> None:
        self._database = database
        self._outbox = Outbox(database, sources)
        self._payloads = payloads
        self._log = EventLog(database, payloads)
        self._events = durable(database, COLLECTION)
        self._receipts = durable(database, receipts.COLLECTION)
        self._hubs = durable(database, registrations.COLLECTION)
        self._journal = durable(database, merge_journal.COLLECTION)
        self._of_ids = [durable(database, each.COLLECTION) for each in (suspicions,)]
        self._aliases = Aliases(database)
        self._collisions = durable(database, unique_index.COLLECTION)
        self._contents = ContentStore(database)
        self._owners = owners

    async def erase_party(
        self, party_id: str, own: Collection[Owned], *, reason: str, roles: Collection[str] = ()
    ) -> ErasureReport:
        """Erase a party from log, outbox, receipts and registrations; `own` are the documents that are its own.

        `roles` are the ids of its roles, such as customers, by which documents may name it as well as by its own. What
        was merged into any of these is erased with it.
        What is sealed with its key is shredded, what waits is logged without its share, and payloads that are not
        sealed are dropped. Documents are not touched: delete its own before, and take it
        out of those of others; the bytes of attachments of `own` go.
        Idempotent, so it may be repeated after a crash; further calls report what they found. Raises `Unavailable`.
        Aliases stay until `bury_aliases`, as a repeat finds by them what was merged.
        """
        with as_tmf_errors():
            aliases = await self._aliases_of(party_id, own, roles)
            own = [*own, *aliases]
            ids = sorted({party_id, *roles, *(id for _, id in aliases)})
            for each in ids:
                await self._destroy_key(each, reason)
            unions = await MergeJournal(self._database).unions(ids)
            await transact(self._database, partial(erase_keys, self._database, own))
            await self._drain(ids, [*own, *((each.resource, each.id) for each in unions)])
            for rows in self._of_ids:
                await rows.delete_many({"ids": {"$in": ids}})
            await self._collisions.delete_many({"id": {"$in": [id for _, id in own]}})
            await self._contents.delete_of(own)
            report = ErasureReport(
                payloads=await self._drop_payloads(ids, own) + await self._drop_united(unions),
                receipts=await self._void_receipts(ids, own),
                registrations=await self._end_listeners(ids),
            )
            await self._erase_journal(ids)  # Last, as a repeat finds by it what the first call left.
            return report

    async def bury_aliases(self, party_id: str, own: Collection[Owned], *, roles: Collection[str] = ()) -> None:
        """Let the aliases of an erased party, and of its own, lead nowhere. Idempotent. Raises `Unavailable`."""
        with as_tmf_errors():
            if aliases := await self._aliases_of(party_id, own, roles):
                await transact(self._database, partial(self._aliases.bury, aliases))

    async def _aliases_of(self, party_id: str, own: Collection[Owned], roles: Collection[str]) -> list[Owned]:
        return await self._aliases.of_any(self._owners, {party_id, *roles, *(id for _, id in own)})

    async def _destroy_key(self, party_id: str, reason: str) -> None:
        if self._payloads:  # This process forgets it at once.
            await self._payloads.keys.destroy(party_id, reason)
        else:
            await destroy_key(self._database, party_id, reason)

    async def _drain(self, ids: Sequence[str], own: Collection[Owned]) -> None:
        """Bring into the log whatever waits that concerns the party; a relay may do the same meanwhile."""
        for _ in range(ATTEMPTS):
            if not await self._waits(ids, own):
                return
            while batches := await self._outbox.oldest(BATCH):
                await self._log.append(list(entries(batches)))
                await self._outbox.clear(batches)
                if not self._outbox.more:
                    break
            await asyncio.sleep(PAUSE_SECONDS)
        raise Unavailable("Changes that concern the party still wait for the event log; try again")

    async def _waits(self, ids: Sequence[str], own: Collection[Owned]) -> bool:
        """Whether a change of a document that is the party's, or names it, waits with the document or its tombstone."""
        for resource, owned in _by_resource(own).items():
            if await self._any(resource, {"_id": {"$in": owned}}, {"id": {"$in": owned}}):
                return True
        for resource, owners in self._owners.items():
            named = {"$or": _naming(ids, [*owners, SUSPECT], WAITING)}
            if await self._any(resource, named, named):
                return True
        return False

    async def _any(self, resource: str, in_rows: Filter, in_tombstones: Filter) -> bool:
        name = lower_camel(resource)
        places = [(name, in_rows)] if name in self._outbox.collections else []
        for collection, criteria in (*places, (TOMBSTONES, {"resource": resource, **in_tombstones})):
            waiting = {"pending": {"$exists": True}, **criteria}
            if await durable(self._database, collection).find_one(waiting, {"_id": True}):
                return True
        return False

    async def _drop_payloads(self, ids: Sequence[str], own: Collection[Owned]) -> int:
        """Drop the payloads that no key of the party seals, and return of how many entries."""
        others = {SEALED: {"$exists": True}, "document": {"$elemMatch": {"parties": {"$nin": ids}}}}
        dropped = 0
        for resource, owned in _by_resource(own).items():
            about = {"resource": resource, "resourceId": {"$in": owned}}
            dropped += await self._drop({**about, "$or": [{SEALED: {"$exists": False}}, others]})
        named = [
            {"resource": resource, "$or": _naming(ids, owners, ("document", "before"))}
            for resource, owners in self._owners.items()
            if any(owner != OWN_ID for owner in owners)
        ]
        named += [{"kind": DUPLICATE_SUSPECTED, **each} for each in _naming(ids, [SUSPECT], ("document",))]
        last = (await self._log.tail()).sequence
        for first in range(0, last, STRIDE):
            within = {"_id": {"$gt": first, "$lte": first + STRIDE}}
            dropped += await self._drop({**within, SEALED: {"$exists": False}, "$or": named})
        return dropped

    async def _erase_journal(self, ids: Sequence[str]) -> None:
        """Delete the journal of each merge of what has the ids, or names the party: what it changed cannot be undone in
        part."""
        parts = ("document", "before", "after")
        named = [
            {"resource": resource, "$or": naming}
            for resource, owners in self._owners.items()
            if (naming := _naming(ids, owners, parts))
        ]
        concerned = {"$or": [{"ids": {"$in": ids}}, *named]}
        merges = [merge for merge in await self._journal.distinct("merge", concerned) if merge]
        await self._journal.delete_many({"$or": [concerned, {"merge": {"$in": merges}}]})

    async def _drop_united(self, unions: Sequence[Union]) -> int:
        """Drop the payloads about others of the time when these had also what was the party's."""
        dropped = 0
        for each in unions:
            then = {"at": {"$gte": each.begin, "$lte": each.end}}
            dropped += await self._drop({"resource": each.resource, "resourceId": each.id, **then})
        return dropped

    async def _drop(self, criteria: Filter) -> int:
        update = {"$unset": dict.fromkeys(PAYLOAD, True), "$set": {DROPPED: dates.now()}}
        return (await self._events.update_many({"$and": [WHOLE, criteria]}, update)).modified_count

    async def _void_receipts(self, ids: Sequence[str], own: Collection[Owned]) -> int:
        """Take the answers out of receipts for what is or names the party; their keys stay used."""
        named = [each for owners in self._owners.values() for each in _naming(ids, owners, ("answer.document",))]
        made = sorted({*ids, *(id for _, id in own)})
        criteria = {"$or": [{"answer.id": {"$in": made}}, *named]}
        return (await self._receipts.update_many(criteria, receipts.VOIDING)).modified_count

    async def _end_listeners(self, ids: Sequence[str]) -> int:
        """Remove the registrations that only this party made."""
        mine = {"registrant.parties": {"$in": ids, "$not": {"$elemMatch": {"$nin": ids}}}}
        return (await self._hubs.delete_many(mine)).deleted_count


def _by_resource(own: Collection[Owned]) -> dict[str, list[str]]:
    return {resource: [id for _, id in pairs] for resource, pairs in groupby(sorted(own), itemgetter(0))}


def _naming(ids: Sequence[str], owners: Sequence[Path], places: Sequence[str]) -> list[Filter]:
    """The filters on rows in which an owner path at one of the places leads to the party."""
    return [{".".join((place, *owner)): {"$in": ids}} for owner in owners if owner != OWN_ID for place in places]
