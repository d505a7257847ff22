# SPDX-License-Identifier: Apache-2.0
"""The journal of merges: what each changed, kept in its transaction, so that it can be undone after later changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
            places = [{"at": pointer, "reference": reference} for pointer, reference in each.references.items()]
            rows.append(
                {
                    "_id": f"{merge}/{each.resource}/{each.id}",
                    **head,
                    "resource": each.resource,
                    "id": each.id,
                    "moved": places,
                }
            )
        await self._rows.insert_many(rows, session=session)

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
            rows = await self._rows.find(
                {"merge": merge, "moved": {"$exists": True}}, sort=[("_id", ASCENDING)]
            ).to_list()
        return [
            MovedReference(row["resource"], row["id"], {each["at"]: each["reference"] for each in row["moved"]})
            for row in rows
        ]

    async def close(self, merge: str, at: datetime, pairs: Sequence[MergedPair], session: AsyncClientSession) -> None:
        """Forget what a merge changed, as it is undone in the transaction of `session`; that these are two, stays."""
        await self._rows.delete_many({"merge": merge}, session=session)
        for number, pair in enumerate(pairs):
            ends = [pair.duplicate, pair.survivor]
            row = {"_id": f"{merge}/{number}/apart", "resource": pair.resource, "ids": ends, "apart": True, "at": at}
            await self._rows.insert_one(row, session=session)
