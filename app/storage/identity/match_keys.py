# SPDX-License-Identifier: Apache-2.0
"""Blocking keys of stored parties, by which candidates are found by an index, and the records that are compared."""

import asyncio
from collections import Counter
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
from app.storage.identity.common_keys import CommonKeys
from app.storage.identity.match_progress import MatchProgress
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors
from app.storage.mongod.transactions import transact

COLLECTION = "matchKey"
INDEX = IndexModel([("resource", ASCENDING), ("keys", ASCENDING)])

BATCH = 200
"""Documents in one transaction while keys are completed."""

HOLDERS = 10
"""Others that may have a key for it to be searched by: what a whole street or city shares tells nobody apart."""

FEW = 3
"""Parties with a key, itself included, up to which that one key is enough for a comparison."""

ROWS_EACH, LEAST_ROWS = 50, 500
"""Rows for each party, and in all, up to which one query is asked for many."""

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

    def keys_of(self, resource: str, document: Document) -> tuple[Collection[str], bytes]:
        """The blocking keys of a stored document of a resource, none where it is not matched, and its record."""


class PartyKeys(NamedTuple):
    """The blocking keys of the document `id` of a resource, as its `revision` has them, and its encoded record."""

    resource: str
    id: str
    revision: int
    keys: Collection[str]
    record: bytes = b""


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
    """The collection `matchKey`: `{_id: "Individual/<id>", resource, id, keys, record, digest, revision}`.

    The record of a party is made once, when it is written, and compared many times. It follows the log: who finds two
    alike looks at their documents before anybody is told.

    Whoever writes keys of what was read before takes part in one transaction with that read, which also writes the row
    of the `progress`. So of two at once one begins anew, and no keys are written of a document that is gone by then.
    """

    def __init__(self, database: Database, rules: KeyRules) -> None:
        self._database = database
        self._rules = rules
        self._rows = durable(database, COLLECTION)
        self._common = CommonKeys(database)
        self.progress = MatchProgress(database)

    async def prepare(self) -> None:
        """Create the index, and the row of the progress."""
        await self._rows.create_indexes([INDEX])
        await self.progress.prepare()

    async def is_complete(self, resource: str) -> bool:
        """Whether every document of a resource that was stored when matching began has keys by the present rules."""
        with as_tmf_errors():
            return (await self.progress.completion(resource, self._rules.digest)).done

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
        """As `complete`, for the next batch of documents; None when all have their keys, of which the common ones are
        known then."""
        if await self.is_complete(resource):
            return None
        done = await transact(self._database, partial(self._complete_some, resource))
        if done < BATCH and await self.is_complete(resource):
            await self._common.count(COLLECTION, HOLDERS + 1)
        return done

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
            await self._rows.delete_many(_ids_filter(targets), session=session)

    async def candidates(
        self, resource: str, keys: Mapping[str, Collection[str]], most: int, session: Session = None
    ) -> dict[str, Candidates]:
        """The candidates of parties, which are given by id with their keys: by id, at most so many, without the party.

        Mostly one query for all. A key that more than `HOLDERS` others have is left out: nearly all who are the same
        have several in common. Those with the most keys in common are taken, and it is told where some were left out.
        In a transaction, keys that prove common are noted in it.
        """
        asked = {id: frozenset(of) for id, of in keys.items() if of}
        with as_tmf_errors() if session is None else nullcontext():
            return await self._candidates(resource, asked, most, session)

    async def parties(self, resource: str, ids: Collection[str], session: Session = None) -> list[StoredParty]:
        """The stored documents with these ids, as far as rules read them; those that are gone are missing."""
        if not ids:
            return []
        with as_tmf_errors() if session is None else nullcontext():
            return await self._read(resource, {"_id": {"$in": sorted(ids)}}, len(ids), session)

    async def records(self, resource: str, ids: Collection[str], session: Session = None) -> dict[str, bytes]:
        """The encoded records of parties by id, as far as they are there by the present rules."""
        wanted = {"_id": {"$in": [f"{resource}/{id}" for id in sorted(ids)]}, "digest": self._rules.digest}
        fields = {"_id": False, "id": True, "record": True}
        with as_tmf_errors() if session is None else nullcontext():
            rows = await self._rows.find(wanted, fields, session=session).to_list()
        return {row["id"]: row["record"] for row in rows if row.get("record")}

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
        return PartyKeys(resource, party.id, party.revision, *self._rules.keys_of(resource, party.document))

    async def _complete_some(self, resource: str, session: AsyncClientSession) -> int:
        digest = self._rules.digest
        completed = await self.progress.completion(resource, digest, session)
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

    async def _candidates(
        self, resource: str, asked: Mapping[str, frozenset[str]], most: int, session: Session
    ) -> dict[str, Candidates]:
        all_keys: frozenset[str] = frozenset().union(*asked.values())
        common = await self._common.among(all_keys, session)
        wanted = sorted(all_keys - common)
        limit = max(LEAST_ROWS, ROWS_EACH * len(asked))
        rows = await self._sharing(resource, wanted, limit + 1, session) if wanted else []
        if len(rows) > limit:
            met = _common_among(rows)
            await self._common.note(met, session)
            learnt = not met.isdisjoint(wanted)
            if learnt or len(asked) > 1:
                return await self._crowd_candidates(resource, asked, most, session, learnt=learnt)
        holders: dict[str, list[str]] = {key: [] for key in wanted}
        for row in rows:
            for key in holders.keys() & row["keys"]:
                holders[key].append(row["id"])
        met = {key for key, ids in holders.items() if len(ids) > HOLDERS + 1}
        await self._common.note(met, session)
        rare = holders.keys() - met
        found = {}
        for id, of in asked.items():
            if of.isdisjoint(rare):
                found[id] = await self._of_common(resource, id, of, most, session)
            else:
                found[id] = _most_alike(id, [holders[key] for key in of & rare], most, len(of))
        return found

    async def _crowd_candidates(
        self, resource: str, asked: Mapping[str, frozenset[str]], most: int, session: Session, *, learnt: bool
    ) -> dict[str, Candidates]:
        """As `candidates`, where there are too many rows for one query: without the keys that were `learnt` to be
        common, and by halves, if none was."""
        parts = [[*asked.items()]]
        if not learnt:
            half = len(asked) // 2
            parts = [parts[0][:half], parts[0][half:]]
        found = [await self._candidates(resource, dict(part), most, session) for part in parts]
        return {id: each for part in found for id, each in part.items()}

    async def _of_common(
        self, resource: str, id: str, keys: Collection[str], most: int, session: Session
    ) -> Candidates:
        """The candidates of a party all of whose keys are common: the first ones that have any of them."""
        rows = await self._sharing(resource, sorted(keys), most + 2, session)
        ids = [row["id"] for row in rows if row["id"] != id]
        return Candidates(frozenset(ids[:most]), capped=True)


async def erase_keys(database: Database, targets: Collection[Target], session: AsyncClientSession) -> None:
    """Remove the keys of what is deleted, in the transaction of `session`, so that nobody who read it before writes
    them again."""
    await MatchProgress(database).interrupt(session)
    await durable(database, COLLECTION).delete_many(_ids_filter(targets), session=session)


def _ids_filter(targets: Collection[Target]) -> dict[str, Any]:
    return {"_id": {"$in": ["/".join(each) for each in targets]}}


def _common_among(rows: Iterable[StoredRow]) -> set[str]:
    """The keys that are common, whatever they are of, as far as some rows show."""
    times = Counter(key for row in rows for key in row["keys"])
    return {key for key, many in times.items() if many > HOLDERS + 1}


def _most_alike(id: str, holders: Sequence[Sequence[str]], most: int, keys: int) -> Candidates:
    """At most so many of those who have several keys in common with a party, or one that hardly anybody has; `holders`
    are those of the keys that are not common, of all its `keys`."""
    shared: Counter[str] = Counter()
    close: set[str] = set()
    for ids in holders:
        shared.update(ids)
        if len(ids) <= FEW:
            close.update(ids)
    found = sorted((-times, other) for other, times in shared.items() if other != id and (times > 1 or other in close))
    capped = len(found) > most or len(holders) < keys
    return Candidates(frozenset(other for _, other in found[:most]), capped)


def _row(party: PartyKeys, digest: str) -> StoredRow:
    return {
        "_id": f"{party.resource}/{party.id}",
        "resource": party.resource,
        "id": party.id,
        "keys": sorted(party.keys),
        "record": party.record,
        "digest": digest,
        "revision": party.revision,
    }
