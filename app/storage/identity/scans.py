# SPDX-License-Identifier: Apache-2.0
"""Scans: how far the comparison of all parties of a resource is, for who goes on with it, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from pymongo.asynchronous.client_session import AsyncClientSession

from app.domain.identifiers import new_id
from app.errors import Conflict
from app.storage.mongod.durable import Database, StoredRow, durable
from app.storage.mongod.failures import as_tmf_errors

COLLECTION = "identityScan"


@dataclass(frozen=True)
class ScanTerms:
    """What a scan goes by: another one begins anew."""

    rules_version: str
    rules_digest: str
    largest_block: int


class LeftOut(NamedTuple):
    """A blocking key that too many have: the name of its `block`, and how many `parties` and pairs of them have it."""

    key: str
    block: str
    parties: int
    pairs: int


class ScanCounts(NamedTuple):
    """How many pairs were compared, were like each other, and were recorded as they were not known."""

    compared: int = 0
    suspected: int = 0
    recorded: int = 0

    def plus(self, other: "ScanCounts") -> "ScanCounts":
        """The sums of both."""
        return ScanCounts(*(one + more for one, more in zip(self, other, strict=True)))


@dataclass(frozen=True)
class ScanCheckpoint:
    """A scan of a resource that has done the buckets before `bucket`; `holder` is the process that goes on with it."""

    resource: str
    terms: ScanTerms
    holder: str
    begun: datetime
    bucket: int = 0
    counts: ScanCounts = field(default_factory=ScanCounts)
    left_out: Sequence[LeftOut] = field(default_factory=tuple)


class Scans:
    """The collection `identityScan`: a row for each resource, of the last scan of it."""

    def __init__(self, database: Database) -> None:
        self._rows = durable(database, COLLECTION)

    async def take(self, resource: str, terms: ScanTerms, at: datetime, *, anew: bool) -> ScanCheckpoint:
        """Go on with a scan that was broken off, or begin one; whoever was at it before is refused from now on."""
        with as_tmf_errors():
            row = await self._rows.find_one({"_id": resource})
            if anew or row is None or "ended" in row or _terms(row) != terms:
                checkpoint = ScanCheckpoint(resource, terms, new_id(), at)
                await self._rows.replace_one({"_id": resource}, _members(checkpoint), upsert=True)
                return checkpoint
            holder = new_id()
            await self._rows.update_one({"_id": resource}, {"$set": {"holder": holder}})
        counts, left_out = ScanCounts(*row["counts"]), [LeftOut(**each) for each in row["leftOut"]]
        return ScanCheckpoint(resource, terms, holder, row["begun"], row["bucket"], counts, left_out)

    async def save(self, checkpoint: ScanCheckpoint, session: AsyncClientSession) -> None:
        """Note how far a scan is, in the transaction of `session`. Raises `Conflict` where another one took it over."""
        await self._update(checkpoint, {"$set": _members(checkpoint)}, session)

    async def end(self, checkpoint: ScanCheckpoint, at: datetime, parties: int, session: AsyncClientSession) -> None:
        """Note the end of a scan of so many parties. Raises `Conflict` as `save` does."""
        await self._update(checkpoint, {"$set": {"ended": at, "parties": parties}}, session)

    async def _update(self, checkpoint: ScanCheckpoint, update: Mapping[str, Any], session: AsyncClientSession) -> None:
        seen = {"_id": checkpoint.resource, "holder": checkpoint.holder}
        if not (await self._rows.update_one(seen, update, session=session)).matched_count:
            raise Conflict(f"Another scan of {checkpoint.resource} began; this one ends")


def _members(checkpoint: ScanCheckpoint) -> StoredRow:
    terms = checkpoint.terms
    return {
        "rules": {"version": terms.rules_version, "digest": terms.rules_digest},
        "largestBlock": terms.largest_block,
        "holder": checkpoint.holder,
        "begun": checkpoint.begun,
        "bucket": checkpoint.bucket,
        "counts": list(checkpoint.counts),
        "leftOut": [each._asdict() for each in checkpoint.left_out],
    }


def _terms(row: Mapping[str, Any]) -> ScanTerms:
    return ScanTerms(row["rules"]["version"], row["rules"]["digest"], row["largestBlock"])
