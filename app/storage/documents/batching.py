# SPDX-License-Identifier: Apache-2.0
"""Batching: calls that many requests make at the same time share one round trip to the database."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from time import monotonic
from typing import Any, Generic, TypeVar

from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, DuplicateKeyError

from app.domain.nested_keys import split_key
from app.errors import Conflict, DuplicateIdentity, NotFound, Unavailable, shorten
from app.storage.documents.rows import UNIQUE, StoredDocument, as_seen, id_filter, projection, stored_of
from app.storage.mongod.durable import Collection
from app.storage.mongod.failures import TOO_LARGE, outbox_full, taken_keys, write_error_codes

Wanted = TypeVar("Wanted")
Got = TypeVar("Got")

MAX_WAIT_SECONDS = 0.01
"""Seconds that a call waits for the batch in flight before a second batch is sent beside it."""
MAX_BATCH = 100
"""Calls in one batch at most."""
QUIET_TURNS = 5
"""Iterations of the event loop without a further call until a batch is sent: requests that arrived are read first."""


class Batcher(Generic[Wanted, Got]):
    """Batches calls of one kind: many callers share one round trip to the database, each gets its own result.

    With no batch in flight, a batch is sent once `QUIET_TURNS` turns of the event loop have brought no further call:
    that reads the requests which have arrived, and waits for none that has not. Calls made while a batch is in flight
    form the next one. So the busier the process, the fewer round trips each call costs, and a call that comes alone
    costs no delay. A slow batch (a locked document, a distant database) delays others by `MAX_WAIT_SECONDS` at most.

    Callers that do something between two calls, such as a patch, which reads before it writes, would split into groups
    that alternate for ever. With `regrouped` the first calls wait a little until as many have come as there were in
    the batch before.
    """

    def __init__(
        self, operation: Callable[[Sequence[Wanted]], Awaitable[Sequence[Got | Exception]]], *, regrouped: bool = False
    ) -> None:
        """`operation` returns one result or exception for each item of a batch, in order; what it raises, all get.

        With `regrouped` a call waits as long as the last batch took at most, and never longer than `MAX_WAIT_SECONDS`.
        """
        self._operation = operation
        self._regrouped = regrouped
        self._waiting: list[tuple[Wanted, asyncio.Future[Got]]] = []
        self._in_flight: set[asyncio.Task[None]] = set()
        self._timer: asyncio.Handle | None = None
        self._expected, self._last_seconds = 1, 0.0

    async def __call__(self, request: Wanted) -> Got:
        """The result for this request; raises it if it is an exception."""
        answer: asyncio.Future[Got] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._timer is None or (len(self._waiting) == self._expected and not self._in_flight):
            self._schedule()
        try:
            return await answer
        finally:
            # Breaks a cycle: the exception refers to this frame, the frame to the future, the future to the exception.
            del answer

    def _schedule(self) -> None:
        if self._timer:
            self._timer.cancel()
        if self._in_flight:
            self._timer = asyncio.get_running_loop().call_later(MAX_WAIT_SECONDS, self._send)
        elif len(self._waiting) < self._expected:
            self._timer = asyncio.get_running_loop().call_later(self._last_seconds, self._send)
        elif self._expected > 1:
            self._send()
        else:
            self._send_when_quiet(0, QUIET_TURNS)

    def _send_when_quiet(self, before: int, quiet_turns: int) -> None:
        """Send the batch after so many turns of the event loop in which no call joins those waiting `before`."""
        waiting = len(self._waiting)
        left = QUIET_TURNS if waiting > before else quiet_turns - 1
        if left and waiting < MAX_BATCH:
            self._timer = asyncio.get_running_loop().call_soon(self._send_when_quiet, waiting, left)
        else:
            self._send()

    def _send(self) -> None:
        self._timer = None
        batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
        # An empty context: the deadline (`pymongo.timeout`) of one caller does not apply to the others.
        self._in_flight.add(asyncio.create_task(self._run(batch), context=Context()))
        if self._waiting:
            self._schedule()

    async def _run(self, batch: Sequence[tuple[Wanted, asyncio.Future[Got]]]) -> None:
        began = monotonic()
        try:
            outcomes = await self._operation([request for request, _ in batch])
            assert len(outcomes) == len(batch), "each call gets a result"
        except Exception as failure:  # noqa: BLE001 - each caller raises it
            outcomes = [failure] * len(batch)
        except asyncio.CancelledError:
            for _, answer in batch:
                answer.cancel()
            raise
        finally:
            self._end(len(batch), monotonic() - began)
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            if answer.done():  # The caller was cancelled.
                continue
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    def _end(self, number: int, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None, "a batch is a task"
        self._in_flight.discard(task)
        if self._regrouped:
            self._last_seconds = min(seconds, MAX_WAIT_SECONDS)
            # Halved, so that calls which no longer come are soon no longer waited for.
            self._expected = min(MAX_BATCH, max(number + len(self._waiting), self._expected // 2))
        if self._waiting and not self._in_flight:
            self._schedule()


Alteration = tuple[StoredDocument, Mapping[str, Any]]
"""A row as it was read, and the update for it."""

Refusal = TypeVar("Refusal")


class ConcurrentModification(Exception):
    """Optimistic concurrency: another write came between the read of a document and this one."""


class TakenIdentifier(DuplicateIdentity):
    """Of a unique identifier, the `key` that another row has: who knows the document, says where it stands."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key

    @classmethod
    def of(cls, resource: str, key: str) -> "TakenIdentifier":
        """The error for a key that another row of a resource has."""
        return cls(f"Another {resource} has the same {key.partition(':')[0]} already; there may be one", key)


class BulkOperations:
    """Bulk operations on the rows of one resource; no query takes longer than `timeout` milliseconds."""

    def __init__(self, collection: Collection, resource: str, timeout: int, parent: str = "") -> None:
        self._collection = collection
        self._resource = resource
        self._parent = parent
        self._timeout = timeout

    async def get(self, ids: Sequence[str]) -> list[StoredDocument | NotFound]:
        """The documents with these ids, one for each."""
        found = self._collection.find(id_filter({*ids}), projection(None), max_time_ms=self._timeout)
        known = {row["_id"]: stored_of(row) for row in await found.to_list()}
        return [known.get(id) or self.missing(id) for id in ids]

    async def insert(self, rows: Sequence[RawBSONDocument]) -> list[Conflict | Unavailable | None]:
        """Insert rows; None for each that is inserted."""
        try:
            await self._collection.insert_many(rows, ordered=False)
        except BulkWriteError as failure:
            taken = self.taken_identifiers(failure)
            return _each(len(rows), failure, lambda index: taken.get(index) or self.id_conflict(rows[index]["_id"]))
        return [None] * len(rows)

    async def alter(
        self, alterations: Sequence[Alteration]
    ) -> list[ConcurrentModification | TakenIdentifier | Unavailable | None]:
        """Update rows; None for each that is updated, `ConcurrentModification` for one that is not as it was read.

        Of many updates MongoDB reports only how many rows they matched in all; of upserts, which of them failed.
        """
        writes = [UpdateOne(as_seen(seen), update, upsert=True) for seen, update in alterations]
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as failure:
            taken = self.taken_identifiers(failure)
            return _each(len(writes), failure, lambda index: taken.get(index) or ConcurrentModification())
        return [None] * len(writes)

    def taken_identifiers(self, failure: BulkWriteError | DuplicateKeyError) -> dict[int, TakenIdentifier]:
        """The errors, by index, of writes with an identifier that another row has."""
        return {index: TakenIdentifier.of(self._resource, key) for index, key in taken_keys(failure, UNIQUE).items()}

    def missing(self, id: str) -> NotFound:
        """The error (404) for an id that no row has."""
        if self._parent:
            parent_id, id = split_key(id)
            within = f" within the {self._parent} '{shorten(parent_id)}'"
            return NotFound(f"There is no {self._resource} with the id '{shorten(id)}'{within}")
        return NotFound(f"There is no {self._resource} with the id '{shorten(id)}'")

    def id_conflict(self, id: str) -> Conflict:
        """The error (409) for a row with an id that another has."""
        return Conflict(f"{self._resource} {split_key(id)[1] if self._parent else id} exists already")


def _each(count: int, failure: BulkWriteError, refusal: Callable[[int], Refusal]) -> list[Refusal | Unavailable | None]:
    """The outcome of each of `count` writes of which the database refused some; `refusal` gives the usual error."""
    codes = write_error_codes(failure)

    def outcome(index: int) -> Refusal | Unavailable | None:
        if index not in codes:
            return None
        return outbox_full() if codes[index] in TOO_LARGE else refusal(index)

    return [outcome(index) for index in range(count)]
