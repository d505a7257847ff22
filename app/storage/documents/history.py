# SPDX-License-Identifier: Apache-2.0
"""The history of documents (`?at=`): their changes, in the event log and in the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from app.domain.events import DELETE, DUPLICATE_SUSPECTED, lower_camel
from app.storage.documents.repository import TOMBSTONES
from app.storage.documents.rows import OMISSION, is_deletion, waiting
from app.storage.event_log.event_log import COLLECTION
from app.storage.mongod.durable import Database, durable
from app.storage.mongod.failures import as_tmf_errors
from app.storage.sealing.sealed_payloads import SealedPayloads, open_entries

LATEST = 3
"""Entries of the log that suffice for the last two changes of a document: a change causes at most two events."""


@dataclass(frozen=True)
class State:
    """The state after a change at the instant `at`: a `document`, or none after a deletion.

    The document is None when retention has dropped it, or when the log never had it, for the reason of an `omission`.
    """

    revision: int
    at: datetime
    document: dict[str, Any] | None
    deleted: bool = False
    omission: str | None = None


@dataclass(frozen=True)
class Trace:
    """The `state` of a document at an instant, None before its creation; the `former` one where that is a deletion.

    `begin` is when the document was created first; None when it never was.
    """

    state: State | None
    former: State | None = None
    begin: datetime | None = None


class ChangeSources:
    """Where the changes of the documents of one resource are: in their rows, in tombstones, and in the event log."""

    def __init__(
        self, database: Database, resource: str, query_timeout_ms: int, payloads: SealedPayloads | None = None
    ) -> None:
        """Sealed payloads of the log are opened by `payloads`; no query takes longer than `query_timeout_ms`."""
        self._resource = resource
        self._payloads = payloads
        self._documents = durable(database, lower_camel(resource))
        self._departed = durable(database, TOMBSTONES)
        self._log = durable(database, COLLECTION)
        self._timeout = query_timeout_ms


class Past(ChangeSources):
    """The history of the documents of one resource."""

    async def trace(self, id: str, at: datetime) -> Trace:
        """The trace of the document `id` at that instant: after its newest change that is not later.

        The relay moves changes from the outbox of the row to the log, and a deletion moves them to the tombstones. So
        row, tombstone and log are read in this order, and no change is missed.
        """
        with as_tmf_errors():
            present = await self._documents.find_one({"_id": {"$eq": id}}, max_time_ms=self._timeout)
            if present and present["changed"] <= at:
                return Trace(State(present["revision"], present["changed"], present["document"]))
            unlogged = [*await self._tombstone_states(id), *_states(present)]
            latest = [*await self._logged_states(id, at), *(state for state in unlogged if state.at <= at)]
            if not latest:
                return Trace(None, begin=await self._begin(id, unlogged))
            return Trace(latest[-1], former=_former(latest))

    async def _tombstone_states(self, id: str) -> list[State]:
        """The states after the changes of deleted documents of this id that wait in tombstones for the relay."""
        row = {"_id": f"{self._resource}/{id}", "resource": self._resource, "id": id}
        return _states(await self._departed.find_one(row, max_time_ms=self._timeout))

    async def _logged_states(self, id: str, at: datetime) -> list[State]:
        """The states after the latest logged changes that are not later than `at`, oldest first."""
        entries = self._log.find(
            {**self._about(id), "at": {"$lte": at}},
            sort=[("_id", DESCENDING)],
            limit=LATEST,
            max_time_ms=self._timeout,
        )
        opened = await open_entries(await entries.to_list(), self._payloads)
        states = [_state(entry, deleted=entry["kind"] == DELETE) for entry in opened]
        return states[::-1]

    async def _begin(self, id: str, unlogged: Sequence[State]) -> datetime | None:
        first = await self._log.find_one(
            self._about(id), {"at": True}, sort=[("_id", ASCENDING)], max_time_ms=self._timeout
        )
        if first:
            begin: datetime = first["at"]
            return begin
        return unlogged[0].at if unlogged else None

    def _about(self, id: str) -> dict[str, Any]:
        changes = {"$ne": DUPLICATE_SUSPECTED}  # Such an announcement changes nothing.
        return {"resource": self._resource, "resourceId": {"$eq": id}, "kind": changes}


def _states(row: Mapping[str, Any] | None) -> list[State]:
    """The states after the changes that wait in a row for the relay, oldest first."""
    return [_state(each, deleted=is_deletion(each)) for each in waiting(row or {})]


def _state(change: Mapping[str, Any], *, deleted: bool) -> State:
    return State(change["revision"], change["at"], change.get("document"), deleted, change.get(OMISSION))


def _former(states: Sequence[State]) -> State | None:
    """The state before the last one, where that is a deletion."""
    last = states[-1]
    before = (state for state in reversed(states) if state.revision == last.revision - 1 and state.at < last.at)
    return next(before, None) if last.deleted else None
