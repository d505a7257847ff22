"""Work that comes again and again: in between, or beside what else is done."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog

from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.failures import summary
from app.system.tasks import end

log = structlog.get_logger()


class Interval:
    """Something that is due at once and then every so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Whether it is time; if so, the next time is `seconds` from now."""
        due = monotonic() >= self._next
        if due:
            self._next = monotonic() + self._seconds
        return due


class PeriodicTask:
    """Work that is done every so many `seconds` beside everything else, once at a time. Its failures are logged."""

    def __init__(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        self._work = work
        self._every = Interval(seconds)
        self._task: asyncio.Task[None] | None = None

    def tend(self) -> None:
        """Begin when it is due."""
        if self._every.due() and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._do())

    async def stop(self) -> None:
        """Break off what is being done."""
        if self._task:
            await end([self._task])

    async def _do(self) -> None:
        try:
            await self._work()
        except DatabaseError as error:
            log.warning("a chore is put off", error=summary(error))
        except Exception:
            log.exception("a chore broke off; it is done again when it is due")
