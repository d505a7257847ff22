# SPDX-License-Identifier: Apache-2.0
"""The journal of merges: what each changed, kept in its transaction, so that it can be undone after later changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.client_session import AsyncClientSession

from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "merge"
INDEXES = (IndexModel([("merge", ASCENDING)]), IndexModel([("ids", ASCENDING)]))

Document = dict[str, Any]


@dataclass(frozen=True)
class MergedPair:
    """A `duplicate`, as its `document` was, that became one with a `survivor`, of which the attributes `before` are now
    as in `after`; absent ones it did not have."""

    resource: str
    duplicate: str
    survivor: str
    document: Document
    before: Document
    after: Document


@dataclass(frozen=True)
class MovedReference:
    """References of a document that were led to a survivor: what stands at the JSON Pointers since, by pointer."""

    resource: str
    id: str
    references: Mapping[str, Document]


class Union(NamedTuple):
    """The document with an `id` told of a duplicate, under its survivor's id, from `begin` until the `end`."""

    resource: str
    id: str
    begin: datetime
    end: datetime


_HEAD = {"merge": 1, "at": 1, "ids": 1}
_BEGINNING, _END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class MergeJournal:
    """The collection `merge`: of each merge rows for the documents of its pairs, and for each document that referred.

    `ids` are the parties and customers that a row concerns, for their erasure.
    """

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._rows.create_indexes(list(INDEXES))

    async def add(
        self,
        merge: str,
        at: datetime,
        pairs: Sequence[MergedPair],
        moved: Sequence[MovedReference],
        session: AsyncClientSession,
    ) -> None:
        """Keep what the flow `merge` changed, in the transaction of `session`."""
        ids = [id for pair in pairs for id in (pair.duplicate, pair.survivor)]
        head = {"merge": merge, "at": at, "ids": ids}
        rows: list[Document] = []
        for number, pair in enumerate(pairs):
            who = {"resource": pair.resource, "duplicate": pair.duplicate, "survivor": pair.survivor}
            # A row each, as one has 16 MiB at most, and a document may have 7.
            for part in ("document", "before", "after"):
                rows.append(
                    {"_id": f"{merge}/{number}/{part}", **head, **who, "pair": number, part: getattr(pair, part)}
                )
        for each in moved:
            rows.append(
                {
                    "_id": f"{merge}/{each.resource}/{each.id}",
                    **head,
                    "resource": each.resource,
                    "id": each.id,
                    "moved": _places(each),
                }
            )
        await self._rows.insert_many(rows, session=session)

    async def add_moved(self, merge: str, moved: Sequence[MovedReference], session: AsyncClientSession) -> None:
        """Add references that were led on by a merge after it, in the transaction of `session`; those of a merge whose
        journal was erased are not kept."""
        first = await self._rows.find_one({"merge": merge, "pair": {"$exists": True}}, _HEAD, session=session)
        for each in moved if first else ():
            assert first is not None, "there is nothing to be done for a merge without a journal"
            await self._rows.update_one(
                {"_id": f"{merge}/{each.resource}/{each.id}"},
                {
                    "$setOnInsert": {
                        **{name: first[name] for name in _HEAD},
                        "resource": each.resource,
                        "id": each.id,
                    },
                    "$push": {"moved": {"$each": _places(each)}},
                },
                upsert=True,
                session=session,
            )

    async def survivor(
        self, merge: str, resource: str, duplicate: str, session: AsyncClientSession | None = None
    ) -> str | None:
        """The id of what a merge made of a duplicate, which may have been merged in turn since; None where the journal
        does not tell."""
        criteria = {"merge": merge, "pair": {"$exists": True}, "resource": resource, "duplicate": {"$eq": duplicate}}
        with as_tmf_errors():
            row = await self._rows.find_one(criteria, {"survivor": 1}, session=session)
        return str(row["survivor"]) if row else None

    async def unions(self, ids: Collection[str]) -> list[Union]:
        """The unions that were undone of what had these ids, and of what that was then united with, and so on; with
        them the documents whose references were led to the survivor meanwhile."""
        found: list[Union] = []
        fresh = [Union("", id, _BEGINNING, _END) for id in ids]
        while fresh:
            each = fresh.pop()
            with as_tmf_errors():
                undone = await self._rows.find({"ids.0": each.id, "ids": each.id, "apart": True}).to_list()
            for row in undone:
                at: datetime = row["at"]
                begin, end = max(each.begin, row.get("since", at)), min(each.end, at)
                if begin < end:
                    fresh.append(Union(row["resource"], row["ids"][1], begin, end))
                    moved = [key.partition("/") for key in row.get("moved", ())]
                    found += [fresh[-1], *(Union(resource, id, begin, end) for resource, _, id in moved)]
        return found

    async def pairs(self, merge: str) -> list[MergedPair]:
        """The pairs of a merge; none where there was no such merge, or what it changed was erased."""
        with as_tmf_errors():
            rows = await self._rows.find(
                {"merge": merge, "pair": {"$exists": True}}, sort=[("_id", ASCENDING)]
            ).to_list()
        pairs: dict[int, Document] = {}
        for row in rows:
            members = ("resource", "duplicate", "survivor", "document", "before", "after")
            pairs.setdefault(row["pair"], {}).update({name: row[name] for name in members if name in row})
        return [MergedPair(**each) for _, each in sorted(pairs.items())]

    async def moved_references(self, merge: str) -> list[MovedReference]:
        """The references that a merge led on."""
        with as_tmf_errors():
            rows = await self._rows.find(_moved_by(merge), sort=[("_id", ASCENDING)]).to_list()
        return [
            MovedReference(row["resource"], row["id"], {each["at"]: each["reference"] for each in row["moved"]})
            for row in rows
        ]

    async def close(self, merge: str, at: datetime, pairs: Sequence[MergedPair], session: AsyncClientSession) -> None:
        """Forget what a merge changed, as it is undone in the transaction of `session`; that these are two, stays."""
        first = await self._rows.find_one({"merge": merge}, _HEAD, session=session)
        since = first["at"] if first else at
        moved = [f"{row['resource']}/{row['id']}" async for row in self._rows.find(_moved_by(merge), session=session)]
        await self._rows.delete_many({"merge": merge}, session=session)
        for number, pair in enumerate(pairs):
            ends = [pair.duplicate, pair.survivor]
            united = {"ids": ends, "apart": True, "since": since, "at": at, "moved": moved}
            row = {"_id": f"{merge}/{number}/apart", "resource": pair.resource, **united}
            await self._rows.insert_one(row, session=session)


def _moved_by(merge: str) -> Document:
    return {"merge": merge, "moved": {"$exists": True}}


def _places(moved: MovedReference) -> list[Document]:
    return [{"at": pointer, "reference": reference} for pointer, reference in moved.references.items()]
