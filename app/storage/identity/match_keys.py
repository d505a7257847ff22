# SPDX-License-Identifier: Apache-2.0
"""Blocking keys of stored parties, by which the candidates of a match are found by an index."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple, Protocol

from bson import CodecOptions
from pymongo import ASCENDING, IndexModel, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.events import lower_camel
from app.storage.documents.referential_integrity import Target
from app.storage.documents.rows import Document, document_paths
from app.storage.identity.match_progress import MatchProgress
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors
from app.storage.mongod.transactions import transact

COLLECTION = "matchKey"
INDEX = IndexModel([("resource", ASCENDING), ("keys", ASCENDING)])

BATCH = 200
"""Documents in one transaction while keys are completed."""

ROWS_EACH = 20
"""Rows for each party that the query for many reads at most; where there are more, fewer are asked for at once."""

_NAIVE: CodecOptions[StoredRow] = CodecOptions(tz_aware=False)

Session = AsyncClientSession | None


class KeyRules(Protocol):
    """The rules for keys, named by a digest."""

    @property
    def digest(self) -> str:
        """The digest of the rules."""

    @property
    def attributes(self) -> Collection[str] | None:
        """The attributes of the first level that they read; None for all."""

    def keys_of(self, resource: str, document: Document) -> Collection[str]:
        """The blocking keys of a stored document of a resource; none where it is not matched."""


class PartyKeys(NamedTuple):
    """The blocking keys of the document `id` of a resource, as its `revision` has them."""

    resource: str
    id: str
    revision: int
    keys: Collection[str]


class StoredParty(NamedTuple):
    """A stored document, as far as rules read it."""

    id: str
    revision: int
    document: Document


class Candidates(NamedTuple):
    """The ids of parties with a key in common, and whether there are more than the cap allows."""

    ids: frozenset[str]
    capped: bool


class MatchKeys:
    """The collection `matchKey`: `{_id: "Individual/<id>", resource, id, keys, digest, revision}`.

    Whoever writes keys of what was read before takes part in one transaction with that read, which also writes the row
    of the `progress`. So of two at once one begins anew, and no keys are written of a document that is gone by then.
    """

    def __init__(self, database: Database, rules: KeyRules) -> None:
        self._database = database
        self._rules = rules
        self._rows = durable(database, COLLECTION)
        self.progress = MatchProgress(database)

    async def prepare(self) -> None:
        """Create the index, and the row of the progress."""
        await self._rows.create_indexes([INDEX])
        await self.progress.prepare()

    async def is_complete(self, resource: str) -> bool:
        """Whether every document of a resource that was stored when matching began has keys by the present rules."""
        with as_tmf_errors():
            return (await self.progress.completed(resource, self._rules.digest)).done

    async def complete(self, resource: str) -> int:
        """Give all stored documents of a resource their keys by the present rules; returns of how many.

        It may be broken off and run again at any time, also by several at once: it goes on where it was, and where all
        have their keys it reads one row.
        """
        done = 0
        while (some := await self.complete_some(resource)) is not None:
            done += some
            await asyncio.sleep(0)
        return done

    async def complete_some(self, resource: str) -> int | None:
        """As `complete`, for the next batch of documents; None when all have their keys."""
        if await self.is_complete(resource):
            return None
        return await transact(self._database, partial(self._complete_some, resource))

    async def replace(self, parties: Iterable[PartyKeys], session: AsyncClientSession) -> None:
        """Write the keys of parties, and remove those who have none, in the transaction of `session`."""
        parties = list(parties)
        rows = [_row(each, self._rules.digest) for each in parties if each.keys]
        if rows:
            writes = [ReplaceOne({"_id": row["_id"]}, row, upsert=True) for row in rows]
            await self._rows.bulk_write(writes, ordered=False, session=session)
        await self.remove([(each.resource, each.id) for each in parties if not each.keys], session)

    async def remove(self, targets: Collection[Target], session: AsyncClientSession) -> None:
        """Remove the keys of what is gone, in the transaction of `session`."""
        if targets:
            await self._rows.delete_many(_named(targets), session=session)

    async def candidates(
        self, resource: str, keys: Mapping[str, Collection[str]], most: int, session: Session = None
    ) -> dict[str, Candidates]:
        """The candidates of parties, which are given by id with their keys: by id, without the party itself.

        Mostly one query for all. Of a party with more than `most`, those with the rarest keys are taken.
        """
        asked = {id: frozenset(of) for id, of in keys.items() if of}
        if not asked:
            return {}
        limit = max(most + 1, ROWS_EACH * len(asked))
        with as_tmf_errors() if session is None else nullcontext():
            rows = await self._sharing(resource, sorted(frozenset().union(*asked.values())), limit + 1, session)
            if len(rows) > limit:
                return await self._crowded(resource, asked, most, session)
        holders: dict[str, list[str]] = {}
        for row in rows:
            for key in row["keys"]:
                holders.setdefault(key, []).append(row["id"])
        return {id: _rarest_first(id, [holders.get(key, []) for key in of], most) for id, of in asked.items()}

    async def parties(self, resource: str, ids: Collection[str], session: Session = None) -> list[StoredParty]:
        """The stored documents with these ids, as far as rules read them; those that are gone are missing."""
        if not ids:
            return []
        with as_tmf_errors() if session is None else nullcontext():
            return await self._read(resource, {"_id": {"$in": sorted(ids)}}, len(ids), session)

    async def walk(self, resource: str) -> AsyncIterator[PartyKeys]:
        """The keys of all parties of a resource, in the order of their ids; the caller may take any time."""
        last, full = f"{resource}/", True
        while full:
            within = {"_id": {"$gt": last, "$lt": f"{resource}0"}}  # "0" comes behind "/".
            with as_tmf_errors():
                rows = await self._rows.find(within, sort=[("_id", ASCENDING)], limit=BATCH).to_list()
            for row in rows:
                last = row["_id"]
                yield PartyKeys(row["resource"], row["id"], row["revision"], row["keys"])
            full = len(rows) == BATCH

    def keys_of(self, resource: str, party: StoredParty) -> PartyKeys:
        """The keys of a stored document."""
        return PartyKeys(resource, party.id, party.revision, self._rules.keys_of(resource, party.document))

    async def _complete_some(self, resource: str, session: AsyncClientSession) -> int:
        digest = self._rules.digest
        completed = await self.progress.completed(resource, digest, session)
        if completed.done:
            return 0
        behind = {} if completed.last is None else {"_id": {"$gt": completed.last}}
        parties = await self._read(resource, behind, BATCH, session)
        await self.replace([self.keys_of(resource, each) for each in parties], session)
        if not parties:
            await self._rows.delete_many({"resource": resource, "digest": {"$ne": digest}}, session=session)
        await self.progress.complete_up_to(resource, digest, parties[-1].id if parties else None, session)
        return len(parties)

    async def _read(
        self, resource: str, criteria: Mapping[str, Any], limit: int, session: Session
    ) -> list[StoredParty]:
        fields = dict.fromkeys(("revision", *document_paths(self._rules.attributes)), 1)
        rows = durable(self._database, lower_camel(resource)).with_options(codec_options=_NAIVE)
        found = rows.find(criteria, fields, sort=[("_id", ASCENDING)], limit=limit, session=session)
        return [StoredParty(row["_id"], row["revision"], row.get("document", {})) for row in await found.to_list()]

    async def _sharing(self, resource: str, keys: Sequence[str], limit: int, session: Session) -> list[StoredRow]:
        criteria = {"resource": resource, "keys": {"$in": keys}}
        fields = {"_id": False, "id": True, "keys": True}
        return await self._rows.find(criteria, fields, limit=limit, session=session).to_list()

    async def _crowded(
        self, resource: str, keys: Mapping[str, Collection[str]], most: int, session: Session
    ) -> dict[str, Candidates]:
        """As `candidates`, where there are too many for one query: by halves, and of one party key by key."""
        if len(keys) > 1:
            pairs = list(keys.items())
            halves = dict(pairs[: len(pairs) // 2]), dict(pairs[len(pairs) // 2 :])
            found = [await self.candidates(resource, half, most, session) for half in halves]
            return found[0] | found[1]
        ((id, own),) = keys.items()
        holders = [[row["id"] for row in await self._sharing(resource, [key], most + 2, session)] for key in own]
        return {id: _rarest_first(id, holders, most)}


async def erase_keys(database: Database, targets: Collection[Target], session: AsyncClientSession) -> None:
    """Remove the keys of what is deleted, in the transaction of `session`, so that nobody who read it before writes
    them again."""
    await MatchProgress(database).interrupt(session)
    await durable(database, COLLECTION).delete_many(_named(targets), session=session)


def _named(targets: Collection[Target]) -> dict[str, Any]:
    return {"_id": {"$in": ["/".join(each) for each in targets]}}


def _rarest_first(id: str, holders: Iterable[Iterable[str]], most: int) -> Candidates:
    """At most so many of those who have the keys of a party, without itself: those with the rarest keys first."""
    ids: dict[str, None] = {}
    for having in sorted(map(sorted, holders), key=lambda each: (len(each), each)):
        ids.update(dict.fromkeys(other for other in having if other != id))
    return Candidates(frozenset([*ids][:most]), len(ids) > most)


def _row(party: PartyKeys, digest: str) -> StoredRow:
    return {
        "_id": f"{party.resource}/{party.id}",
        "resource": party.resource,
        "id": party.id,
        "keys": sorted(party.keys),
        "digest": digest,
        "revision": party.revision,
    }
