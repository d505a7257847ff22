# SPDX-License-Identifier: Apache-2.0
"""Does the relay's work at once: moves what was changed into the event log."""

import asyncio

from app.composition.factory import Liaison
from app.composition.relay_wiring import relay_of
from app.settings import Settings
from app.storage.mongod.client import connect


def drain(settings: Settings) -> None:
    """Move all pending changes into the log; nothing is delivered."""
    asyncio.run(_drain(settings))


async def _drain(settings: Settings) -> None:
    liaison = Liaison(settings, connect(settings))
    async with liaison.client:
        relay = relay_of(liaison)
        while await relay.drain():
            pass
