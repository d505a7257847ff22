# SPDX-License-Identifier: Apache-2.0
"""A runner of processes that is killed at a chosen write, in a process of its own."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

from app.composition.factory import Liaison
from app.domain import dates
from app.processes.turn import Retries
from app.settings import Settings
from app.storage.documents.unit_of_work import UnitOfWork
from app.storage.mongod.client import connect

BEFORE, AFTER, NEVER = "before", "after", "never"


def run(settings: Settings, where: str, write: int, ahead: timedelta) -> None:
    """Perform all that is due at a clock that is so far `ahead`; ends with the number of writes as the exit status.

    It dies `before` or `after` the commit of the `write` with this number, counted from 1.
    """
    sys.exit(asyncio.run(_perform(settings, where, write, ahead)))


async def _perform(settings: Settings, where: str, write: int, ahead: timedelta) -> int:
    writes = 0
    commit = UnitOfWork.commit

    async def commit_or_die(self: UnitOfWork) -> None:
        nonlocal writes
        writes += 1
        if (where, write) == (BEFORE, writes):
            os.kill(os.getpid(), signal.SIGKILL)
        await commit(self)
        if (where, write) == (AFTER, writes):
            os.kill(os.getpid(), signal.SIGKILL)

    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        retries = Retries(timedelta(seconds=1))
        runner = liaison.processes.runner(clock=lambda: dates.now() + ahead, retries=retries, lease_seconds=0.2)
        assert runner is not None, "the server serves flows"
        UnitOfWork.commit = commit_or_die  # type: ignore[method-assign]
        while await runner.perform_due():
            pass
        await liaison.release()
    return writes
