# SPDX-License-Identifier: Apache-2.0
"""Does the relay's work at once: moves what was changed into the event log."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.settings import Settings
from app.storage.mongod.client import connect


@contextmanager
def draining(settings: Settings) -> Iterator[Callable[[], None]]:
    """A function that does so, for as long as the block lasts: one server is made for all calls."""
    with asyncio.Runner() as runner:
        liaison = Liaison(settings, connect(settings))
        relay = relay_of(liaison)

        async def drain_all() -> None:
            while await relay.drain():
                pass

        try:
            yield lambda: runner.run(drain_all())
        finally:
            runner.run(liaison.client.close())


def drain(settings: Settings) -> None:
    """Move all pending changes into the log; nothing is delivered."""
    asyncio.run(_drain(settings))


async def _drain(settings: Settings) -> None:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        relay = relay_of(liaison)
        while await relay.drain():
            pass
