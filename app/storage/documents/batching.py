"""Batching: what many callers want at the same time goes to the database together, in one round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import Context
from time import monotonic
from typing import Any, Generic, TypeVar

from bson.raw_bson import RawBSONDocument
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from app.errors import Conflict, NotFound, Unavailable, shortened
from app.storage.documents.rows import Stored, as_seen, identified, projection, stored_of
from app.storage.mongod.durable import Collection
from app.storage.mongod.failures import TOO_LARGE, outbox_full, refused

Wanted = TypeVar("Wanted")
Got = TypeVar("Got")

PATIENCE_SECONDS = 0.01
"""How long anybody waits for the round trip of others to end before another one sets out."""
TOGETHER = 100
"""How many go together at most."""
QUIET_TURNS = 5
"""How many turns of the event loop bring nobody more before one sets out: what has arrived takes some to be read."""


class Batcher(Generic[Wanted, Got]):
    """One kind of call, made for many callers at a time.

    When none is under way, one sets out as soon as nobody else is at the door: requests that have arrived are read
    first, but nobody waits for one that may arrive. What is wanted meanwhile goes together when that is back. So the
    more there is to do, the less each costs. One that takes long, as a document is locked or the database far away,
    holds nobody up.

    Callers who do something in between, such as reading what they change next, would split into groups that take turns
    and never meet. Where they are `reunited`, the first do wait a little for as many as there were last time.
    """

    def __init__(
        self, together: Callable[[Sequence[Wanted]], Awaitable[Sequence[Got | Exception]]], *, reunited: bool = False
    ) -> None:
        """`together` answers what each of many came to, in their order; what it raises is what all came to.

        With `reunited` nobody waits for others longer than the last round trip took, nor than `PATIENCE_SECONDS`.
        """
        self._together = together
        self._reunited = reunited
        self._waiting: list[tuple[Wanted, asyncio.Future[Got]]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._departure: asyncio.Handle | None = None
        self._expected, self._took = 1, 0.0

    async def __call__(self, wanted: Wanted) -> Got:
        """What came of it; raises what that was, if it is an exception."""
        answer: asyncio.Future[Got] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, answer))
        if self._departure is None or (len(self._waiting) == self._expected and not self._under_way):
            self._plan()
        try:
            return await answer
        finally:
            # An exception has this frame, which has the future, which has the exception.
            del answer

    def _plan(self) -> None:
        if self._departure:
            self._departure.cancel()
        if self._under_way:
            self._departure = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._set_out)
        elif len(self._waiting) < self._expected:
            self._departure = asyncio.get_running_loop().call_later(self._took, self._set_out)
        elif self._expected > 1:
            self._set_out()
        else:
            self._look_round(0, QUIET_TURNS)

    def _look_round(self, before: int, quiet_turns: int) -> None:
        """Set out after so many turns in which nobody joins those who were waiting `before`."""
        here = len(self._waiting)
        left = QUIET_TURNS if here > before else quiet_turns - 1
        if left and here < TOGETHER:
            self._departure = asyncio.get_running_loop().call_soon(self._look_round, here, left)
        else:
            self._set_out()

    def _set_out(self) -> None:
        self._departure = None
        those, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
        # What a caller has set for itself alone, such as a deadline, is not for the others: hence the empty context.
        self._under_way.add(asyncio.create_task(self._travel(those), context=Context()))
        if self._waiting:
            self._plan()

    async def _travel(self, those: Sequence[tuple[Wanted, asyncio.Future[Got]]]) -> None:
        began = monotonic()
        try:
            outcomes = await self._together([wanted for wanted, _ in those])
            assert len(outcomes) == len(those), "nobody waits in vain"
        except Exception as failure:  # noqa: BLE001 - each caller raises it
            outcomes = [failure] * len(those)
        except asyncio.CancelledError:
            for _, answer in those:
                answer.cancel()
            raise
        finally:
            self._end(len(those), monotonic() - began)
        for (_, answer), outcome in zip(those, outcomes, strict=True):
            if answer.done():  # its caller was cancelled
                continue
            if isinstance(outcome, Exception):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)

    def _end(self, number: int, seconds: float) -> None:
        task = asyncio.current_task()
        assert task is not None, "only a task travels"
        self._under_way.discard(task)
        if self._reunited:
            self._took = min(seconds, PATIENCE_SECONDS)
            # Whoever stays away is soon no longer waited for.
            self._expected = min(TOGETHER, max(number + len(self._waiting), self._expected // 2))
        if self._waiting and not self._under_way:
            self._plan()


Alteration = tuple[Stored, Mapping[str, Any]]
"""What a row was when it was seen, and what it is told."""

Refusal = TypeVar("Refusal")


class ConcurrentModification(Exception):
    """Somebody else wrote the document after it was read."""


class BulkOperations:
    """The rows of the resources named `resource`; no query takes longer than `timeout`, in milliseconds."""

    def __init__(self, collection: Collection, resource: str, timeout: int) -> None:
        self._collection = collection
        self._resource = resource
        self._timeout = timeout

    async def get(self, ids: Sequence[str]) -> list[Stored | NotFound]:
        """The documents with these ids, one for each."""
        found = self._collection.find(identified({*ids}), projection(None), max_time_ms=self._timeout)
        known = {row["_id"]: stored_of(row) for row in await found.to_list()}
        return [known.get(id) or self.missing(id) for id in ids]

    async def insert(self, rows: Sequence[RawBSONDocument]) -> list[Conflict | Unavailable | None]:
        """Keep new rows; None for each that is kept."""
        try:
            await self._collection.insert_many(rows, ordered=False)
        except BulkWriteError as failure:
            return _each(len(rows), failure, lambda index: self.taken(rows[index]["_id"]))
        return [None] * len(rows)

    async def alter(self, alterations: Sequence[Alteration]) -> list[ConcurrentModification | Unavailable | None]:
        """Change rows; None for each that is changed, `ConcurrentModification` for one that was not as it was seen.

        Of many updates the database tells only how many rows they matched in all. Of upserts it tells which failed.
        """
        writes = [UpdateOne(as_seen(seen), told, upsert=True) for seen, told in alterations]
        try:
            await self._collection.bulk_write(writes, ordered=False)
        except BulkWriteError as failure:
            return _each(len(writes), failure, lambda _: ConcurrentModification())
        return [None] * len(writes)

    def missing(self, id: str) -> NotFound:
        """What it is to ask for an id that no row has."""
        return NotFound(f"There is no {self._resource} with the id '{shortened(id)}'")

    def taken(self, id: str) -> Conflict:
        """What it is to keep a row under an id that another has."""
        return Conflict(f"{self._resource} {id} exists already")


def _each(count: int, failure: BulkWriteError, refusal: Callable[[int], Refusal]) -> list[Refusal | Unavailable | None]:
    """What each of many writes came to of which the database refused some; `refusal` tells what that usually is."""
    codes = refused(failure)

    def outcome(index: int) -> Refusal | Unavailable | None:
        if index not in codes:
            return None
        return outbox_full() if codes[index] in TOO_LARGE else refusal(index)

    return [outcome(index) for index in range(count)]
