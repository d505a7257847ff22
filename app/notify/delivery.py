"""Which listeners are delivered to now: one task each, kept in step with the registrations."""

import asyncio
from collections.abc import Iterable

import structlog

from app.errors import TmfError
from app.notify.listener import Listener, Terms
from app.notify.post import Postman
from app.notify.reader import Reader, Renderers, Tail
from app.storage.durable import Database
from app.storage.event_log import EventLog
from app.storage.hubs import Hubs, Registration

log = structlog.get_logger()

REST_SECONDS = 30.0
"""Pause after a fault of ours in the delivery to one listener, before it is started again."""

CANCEL_AGAIN_SECONDS = 1.0


class Delivery:
    """The deliveries of one process. It runs from the first `refresh` to `stop`, and may be started again."""

    def __init__(self, database: Database, renderers: Renderers, terms: Terms | None = None) -> None:
        self._log = EventLog(database)
        self._hubs = Hubs(database)
        self._reader = Reader(self._log, renderers)
        self._tail = Tail()
        self._terms = terms or Terms()
        self._postman: Postman | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def refresh(self) -> None:
        """Pick up new and removed registrations, and events that another process logged."""
        registrations = {row["_id"]: row for row in await self._hubs.active()}
        await self.wake((await self._log.tail())[0])
        await self._end([each for each, task in self._tasks.items() if task.done() or each not in registrations])
        for each in registrations.keys() - self._tasks.keys():
            self._tasks[each] = asyncio.create_task(self._deliver(registrations[each]), name=f"listener {each}")

    async def wake(self, sequence: int) -> None:
        """Tell the listeners that the log goes as far as `sequence`."""
        await self._tail.rise(sequence)

    async def stop(self) -> None:
        """End every delivery; what was not acknowledged is delivered again by whoever goes on."""
        await self._end(list(self._tasks))
        if self._postman:
            await self._postman.close()
            self._postman = None

    async def _deliver(self, registration: Registration) -> None:
        try:
            await self._run(registration)
        except Exception:
            # Such as a view that cannot show an entry. Skipping it would lose an event; the others must not wait.
            log.exception("delivery broke off; it is started again", hub=registration["_id"])
            await asyncio.sleep(REST_SECONDS)

    async def _run(self, registration: Registration) -> None:
        try:
            listener = self._listener(registration)
        except TmfError as unreadable:
            # An earlier release took this query. Trying again does not help, and delivering everything would be wrong.
            id, error = registration["_id"], f"The query is not understood: {unreadable.message}"
            await self._hubs.suspend(id, error=error)
            log.error("listener is suspended", hub=id, error=error)
            return
        await listener.run()

    def _listener(self, registration: Registration) -> Listener:
        self._postman = self._postman or Postman(timeout_seconds=self._terms.timeout_seconds)
        return Listener(
            registration,
            hubs=self._hubs,
            reader=self._reader,
            tail=self._tail,
            postman=self._postman,
            terms=self._terms,
        )

    async def _end(self, ids: Iterable[str]) -> None:
        ending = {self._tasks.pop(each) for each in ids}
        while ending:
            for task in ending:
                task.cancel()
            # Python 3.11's wait_for, by which the driver sends, loses a cancellation that comes just as it is done.
            _, ending = await asyncio.wait(ending, timeout=CANCEL_AGAIN_SECONDS)
