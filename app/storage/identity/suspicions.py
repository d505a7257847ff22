# SPDX-License-Identifier: Apache-2.0
"""Suspicions: pairs of parties that may be the same (eTOM 1.3.4), why, and what somebody decided about each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid5

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from app.storage.documents import aliases
from app.storage.documents.batching import ConcurrentModification
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "suspicion"
OPEN, MERGED, NOT_SAME = "open", "merged", "notSame"

INDEXES = (
    IndexModel([("ids", ASCENDING)]),
    IndexModel([("status", ASCENDING), ("_id", ASCENDING)]),
    IndexModel([("unopened", ASCENDING)], sparse=True),
)

_PAIRS = UUID("3f1f6a0e-53a4-5c0b-8f0e-9d0a5a1e7c64")
"""The name space of the ids of pairs, which follow from resource and ids, and of those of their flows."""

Weighted = tuple[str, str, float]
"""An attribute, the level at which it agrees, and the weight of that."""


@dataclass(frozen=True)
class SuspectedPair:
    """Two parties of a resource, by ids in their order, and why they may be the same: no value of either is in it."""

    resource: str
    first: str
    second: str
    grade: str
    score: float
    levels: tuple[Weighted, ...]
    vetoes: tuple[str, ...]
    rules_version: str
    rules_digest: str

    @property
    def key(self) -> str:
        """The id of the pair."""
        return pair_key(self.resource, self.first, self.second)

    @property
    def ids(self) -> tuple[str, str]:
        return self.first, self.second


@dataclass(frozen=True)
class Suspicion:
    """A pair that was recorded `at` an instant, and what became of it; `flow` is that in which somebody decides.

    `merge` is the flow that is to merge both, begun at `merging_since`, `merged_by` that which did. Once one
    `was_refused`, a person decides.
    """

    pair: SuspectedPair
    status: str
    at: datetime
    flow: str
    merge: str = ""
    merging_since: datetime | None = None
    merged_by: str = ""
    was_refused: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The suspicion that a row has."""
        merge = row.get("merge", {})
        begun = merge.get("flow", ""), merge.get("at"), row.get("merged", "")
        return cls(_pair(row), row["status"], row["at"], row["flow"], *begun, "refused" in row)


def pair_key(resource: str, one: str, other: str) -> str:
    """The id of a pair, whichever of both is named first."""
    first, second = sorted((one, other))
    return str(uuid5(_PAIRS, f"{resource}\n{first}\n{second}"))


class Suspicions:
    """The collection `suspicion`: a row for each pair that is, or was, suspected, or was decided not to be the same.

    A row that is `open` is `unopened` until there is its flow. What needs no decision any more has no row.
    """

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)
        self._aliases = durable(database, aliases.COLLECTION)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._rows.create_indexes(list(INDEXES))

    async def unknown(self, pairs: Sequence[SuspectedPair]) -> list[SuspectedPair]:
        """Those of the pairs that are not recorded already, and that nobody decided not to be the same."""
        if not pairs:
            return []
        with as_tmf_errors():
            recorded = self._rows.find({"_id": {"$in": [each.key for each in pairs]}}, {"_id": 1})
            known = {row["_id"] async for row in recorded}
        left = [each for each in pairs if each.key not in known]
        apart = await self.apart(left)
        return [each for each in left if each.key not in apart]

    async def are_apart(self, resource: str, one: str, other: str) -> bool:
        """Whether somebody decided that both are not the same, or that what was merged into them is not."""
        return bool(await self._apart([(resource, one, other)]))

    async def apart(self, pairs: Sequence[SuspectedPair]) -> set[str]:
        """The keys of those of the pairs of which somebody decided so."""
        apart = await self._apart([(each.resource, *each.ids) for each in pairs])
        return {each.key for each in pairs if (each.resource, *each.ids) in apart}

    async def record(self, pairs: Sequence[SuspectedPair], at: datetime, session: AsyncClientSession) -> None:
        """Record pairs in the transaction of `session`; those that are recorded already stay as they are."""
        if pairs:
            upserts = [UpdateOne({"_id": each.key}, {"$setOnInsert": _row(each, at)}, upsert=True) for each in pairs]
            await self._rows.bulk_write(upserts, ordered=False, session=session)

    async def find(self, resource: str, one: str, other: str) -> Suspicion | None:
        """What is recorded of a pair; None when it is not, or not any more."""
        with as_tmf_errors():
            row = await self._rows.find_one({"_id": pair_key(resource, one, other)})
        return Suspicion.of(row) if row else None

    async def without_flow(self, limit: int) -> list[Suspicion]:
        """At most `limit` pairs that are open, and whose flow is not there yet; the longest recorded first."""
        with as_tmf_errors():
            rows = await self._rows.find({"unopened": True}, sort=[("at", ASCENDING)], limit=limit).to_list()
        return [Suspicion.of(row) for row in rows]

    async def open_pairs(
        self, last: str, limit: int, resource: str = "", before: datetime | None = None
    ) -> list[Suspicion]:
        """At most `limit` open pairs, behind the one with the `last` key; those of a resource alone, if it is given, or
        that were recorded before an instant."""
        criteria: StoredRow = {"status": OPEN, "_id": {"$gt": last}}
        criteria |= {"resource": resource} if resource else {}
        criteria |= {"at": {"$lt": before}} if before else {}
        with as_tmf_errors():
            rows = await self._rows.find(criteria, sort=[("_id", ASCENDING)], limit=limit).to_list()
        return [Suspicion.of(row) for row in rows]

    async def about(self, resource: str, ids: Collection[str]) -> list[Suspicion]:
        """The open pairs with one of these ids."""
        criteria = {"ids": {"$in": sorted(ids)}, "resource": resource, "status": OPEN}
        with as_tmf_errors():
            return [Suspicion.of(row) for row in await self._rows.find(criteria).to_list()]

    async def note_flow(self, each: Suspicion, session: AsyncClientSession) -> None:
        """The flow of a pair is begun in the transaction of `session`. Raises `ConcurrentModification`, where that is
        not asked for any more."""
        await self._update(each, {"$unset": {"unopened": True}}, session, unopened=True)

    async def merging(self, each: Suspicion, flow: str, at: datetime, session: AsyncClientSession) -> None:
        """The flow that is to merge both is begun in the transaction of `session`."""
        await self._update(each, {"$set": {"merge": {"flow": flow, "at": at}}}, session)

    async def note_refusal(self, each: Suspicion, session: AsyncClientSession) -> None:
        """The merge of both was refused: somebody is to decide anew."""
        await self._update(each, {"$unset": {"merge": True}, "$set": {"refused": True}}, session)

    async def note(self, each: Suspicion, decision: Mapping[str, Any], session: AsyncClientSession) -> None:
        """Note a decision about a pair: `what`, by whom, and at which instant; `NOT_SAME` settles it.

        Raises `ConcurrentModification` when it is settled meanwhile.
        """
        rules = {"version": each.pair.rules_version, "digest": each.pair.rules_digest}
        members: StoredRow = {"decision": {**decision, "rules": rules}}
        settled = {"status": NOT_SAME} if decision["what"] == NOT_SAME else {}
        await self._update(each, {"$set": members | settled}, session)

    async def forget(self, pairs: Sequence[Suspicion], session: AsyncClientSession) -> None:
        """There is nothing more to decide about these pairs, in the transaction of `session`; what somebody settled
        meanwhile stays."""
        seen = {"_id": {"$in": [each.pair.key for each in pairs]}, "flow": {"$in": [each.flow for each in pairs]}}
        await self._rows.delete_many({**seen, "status": OPEN}, session=session)

    async def confirm(self, pairs: Sequence[SuspectedPair], session: AsyncClientSession) -> None:
        """These open pairs are suspected by these rules, too, for the same reasons."""
        if pairs:
            updates = [UpdateOne({"_id": each.key, "status": OPEN}, {"$set": explanation(each)}) for each in pairs]
            await self._rows.bulk_write(updates, ordered=False, session=session)

    async def erase(self, ids: Collection[str], session: AsyncClientSession) -> None:
        """Forget all pairs with one of these ids, also what was decided, in the transaction of `session`."""
        await self._rows.delete_many({"ids": {"$in": sorted(ids)}}, session=session)

    async def unite(
        self, resource: str, duplicate: str, survivor: str, merge: str, session: AsyncClientSession
    ) -> None:
        """Both became one by the flow `merge`, in the transaction of `session`; the duplicate has no open pair left."""
        key = {"_id": pair_key(resource, duplicate, survivor)}
        await self._rows.update_one(key, {"$set": {"status": MERGED, "merged": merge}}, session=session)
        await self._rows.delete_many({"ids": duplicate, "resource": resource, "status": OPEN}, session=session)

    async def part(
        self, resource: str, one: str, other: str, by: str, at: datetime, session: AsyncClientSession
    ) -> None:
        """Both are not the same, as the flow `by` undid their merge in the transaction of `session`."""
        decision = {"what": NOT_SAME, "by": by, "at": at}
        row = {"resource": resource, "ids": sorted((one, other)), "status": NOT_SAME, "decision": decision}
        update = {"$set": row, "$setOnInsert": {"at": at, "flow": by}}
        await self._rows.update_one({"_id": pair_key(resource, one, other)}, update, upsert=True, session=session)

    async def _update(self, each: Suspicion, update: StoredRow, session: AsyncClientSession, **seen: Any) -> None:
        criteria = {"_id": each.pair.key, "status": OPEN, "flow": each.flow, **seen}
        if not (await self._rows.update_one(criteria, update, session=session)).matched_count:
            raise ConcurrentModification

    async def _apart(self, pairs: Collection[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
        """Those of the pairs that are apart: a decision is about all that is merged into both."""
        ids = {id for _, *both in pairs for id in both}
        if not ids:
            return set()
        now: dict[tuple[str, str], str] = {}
        merged = {"resource": {"$in": sorted({each[0] for each in pairs})}, "survivor": {"$in": sorted(ids)}}
        with as_tmf_errors():
            async for row in self._aliases.find(merged):
                now[row["resource"], row["id"]] = row["survivor"]
            everyone = sorted(ids | {id for _, id in now})
            decided = await self._rows.find({"ids": {"$in": everyone}, "status": NOT_SAME}).to_list()
        ends = {(row["resource"], *sorted(now.get((row["resource"], id), id) for id in row["ids"])) for row in decided}
        return {each for each in pairs if (each[0], *sorted(each[1:])) in ends}


def _row(pair: SuspectedPair, at: datetime) -> StoredRow:
    return {
        "resource": pair.resource,
        "ids": list(pair.ids),
        "status": OPEN,
        "at": at,
        "flow": str(uuid5(_PAIRS, f"{pair.key}\n{at.isoformat()}")),
        "unopened": True,
        **explanation(pair),
    }


def explanation(pair: SuspectedPair) -> StoredRow:
    """Why a pair is suspected, as a row has it."""
    return {
        "grade": pair.grade,
        "score": pair.score,
        "levels": [{"attribute": name, "level": level, "weight": weight} for name, level, weight in pair.levels],
        "vetoes": list(pair.vetoes),
        "rules": {"version": pair.rules_version, "digest": pair.rules_digest},
    }


def _pair(row: Mapping[str, Any]) -> SuspectedPair:
    first, second = row["ids"]
    rules = row.get("rules", {"version": "", "digest": ""})
    return SuspectedPair(
        row["resource"],
        first,
        second,
        row.get("grade", ""),
        row.get("score", 0.0),
        tuple((each["attribute"], each["level"], each["weight"]) for each in row.get("levels", ())),
        tuple(row.get("vetoes", ())),
        rules["version"],
        rules["digest"],
    )
