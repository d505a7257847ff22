# SPDX-License-Identifier: Apache-2.0
"""A runner of processes with its relay, which is killed at a chosen write, and starts anew from the database alone.

Each is a fork of one process that has loaded everything and has not connected yet (a zygote), so that a start is cheap.
"""

import asyncio
import json
import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol

from pymongo import monitoring

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.domain import dates
from app.events.relay.relay import Relay
from app.processes.turn import Retries
from app.settings import Settings
from app.storage.mongod.client import connect
from tests.chaos.writes import CountedWrites, Kill

LONGEST_SECONDS = 60.0
FIRST, SECOND = (0, 5, 10, 15), (20, 25, 60, 600)
"""When a life performs what is due and then relays what waits, in seconds by its clock: first, and after a kill.

What waits for the relay looks again after as long as it has waited.
"""


@dataclass(frozen=True)
class Life:
    """What became of a process: how it ended, as `Process.exitcode` says it, and the writes that it began."""

    exit_code: int
    writes: tuple[str, ...]

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


class Live(Protocol):
    """Performs and relays all that is due at a clock that is so far `ahead`, in a process of its own."""

    def __call__(self, ahead: timedelta, kill: Kill, seconds: tuple[int, ...] = FIRST) -> Life:
        """Return what became of the process, which is killed there."""


@contextmanager
def zygote(settings: Settings) -> Iterator[Live]:
    """A function that starts such a process and waits for its end, for as long as the block lasts."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(settings, there), daemon=True)
    process.start()
    there.close()

    def live(ahead: timedelta, kill: Kill, seconds: tuple[int, ...] = FIRST) -> Life:
        here.send(([ahead + timedelta(seconds=each) for each in seconds], kill))
        assert here.poll(LONGEST_SECONDS), f"the runner comes to an end ({kill})"
        life: Life = here.recv()
        return life

    try:
        yield live
    finally:
        here.close()
        process.join()


def _serve(settings: Settings, requests: Connection) -> None:
    writes = CountedWrites()
    monitoring.register(writes)
    liaison = Liaison(settings, connect(settings))
    relay = relay_of(liaison)
    while True:
        try:
            clocks, writes.kill = requests.recv()
        except EOFError:
            return
        reader, writer = os.pipe()
        writes.file = writer
        child = os.fork()
        if child == 0:
            os._exit(_perform_safely(liaison, relay, clocks))
        os.close(writer)
        with open(reader, encoding="utf-8") as lines:
            began = tuple(json.loads(line) for line in lines)
        exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        requests.send(Life(exit_code, began))


def _perform_safely(liaison: Liaison, relay: Relay, clocks: list[timedelta]) -> int:
    try:
        asyncio.run(_perform(liaison, relay, clocks))
    except Exception:  # noqa: BLE001 - the exit status tells, and the trace where
        traceback.print_exc()
        return 1
    return 0


async def _perform(liaison: Liaison, relay: Relay, clocks: list[timedelta]) -> None:
    ahead = timedelta()
    runner = liaison.processes.runner(
        clock=lambda: dates.now() + ahead, retries=Retries(timedelta(seconds=1)), lease_seconds=0.2
    )
    assert runner is not None, "the server serves flows"
    for ahead in clocks:  # noqa: B007 - the clock reads it
        while await runner.perform_due():
            pass
        while await relay.drain():
            pass
