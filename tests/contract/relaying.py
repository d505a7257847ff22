# SPDX-License-Identifier: Apache-2.0
"""A relay at work beside a server: it moves changes into the event log, and delivers them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.settings import Settings
from app.storage.mongod.client import connect


@contextmanager
def relaying(settings: Settings) -> Iterator[None]:
    """Relay until the block ends."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[_relay(settings, stop)], daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


async def _relay(settings: Settings, stop: asyncio.Event) -> None:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        await relay_of(liaison).run(stop)
