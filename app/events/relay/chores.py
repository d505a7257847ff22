# SPDX-License-Identifier: Apache-2.0
"""What the leading relay does beside deliveries: periodic tasks, and tasks that follow the event log."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog

from app.errors import Unavailable
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.failures import summary
from app.system.tasks import end

log = structlog.get_logger()


class Interval:
    """An interval: due at once, and then every `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def due(self) -> bool:
        """Whether the time has come; if so, it comes again in `seconds`."""
        due = monotonic() >= self._next
        if due:
            self._next = monotonic() + self._seconds
        return due


class PeriodicTask:
    """A background task, run every `seconds`, never twice at a time. Failures are logged."""

    def __init__(self, work: Callable[[], Awaitable[object]], seconds: float) -> None:
        self._work = work
        self._every = Interval(seconds)
        self._task: asyncio.Task[None] | None = None

    def tend(self) -> None:
        """Begin a run if it is due."""
        if (self._task is None or self._task.done()) and self._is_due():
            self._task = asyncio.create_task(self._do())

    async def stop(self) -> None:
        """Cancel the present run."""
        if self._task:
            await end([self._task])

    def _is_due(self) -> bool:
        return self._every.due()

    async def _do(self) -> None:
        try:
            await self._work()
        except (DatabaseError, Unavailable) as error:
            log.warning("a chore is put off", error=summary(error))
        except Exception:
            log.exception("a chore broke off; it is done again when it is due")


class FollowingTask(PeriodicTask):
    """A background task that follows the log: run again after each `wake`, and every `seconds`, as another process may
    have logged what this one does not know."""

    def __init__(self, step: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """A `step` says whether there is more to do."""
        super().__init__(self._follow, seconds)
        self._step = step
        self._woken = False

    def wake(self) -> None:
        """The log has grown."""
        self._woken = True

    def _is_due(self) -> bool:
        return self._woken or super()._is_due()

    async def _follow(self) -> None:
        self._woken = False
        more = True
        while more:
            more = await self._step()
