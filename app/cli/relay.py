# SPDX-License-Identifier: Apache-2.0
"""The command `liaison relay`: the process that delivers events."""

import asyncio
from typing import Any

import click
import uvloop

from app import logs
from app.cli.common import DATABASE_SECONDS, Command, data_option, stopping, with_running_database
from app.composition.factory import Liaison
from app.composition.notices import notifier_with, transports_of
from app.composition.relay_wiring import relay_of
from app.settings import Settings
from app.storage.hubs.vault import vault
from app.storage.mongod.client import connect, wait_for_primary
from app.storage.sealing.party_keys import require_vault
from app.system.garbage_collection import collect_seldom


@click.command(cls=Command)
@data_option
def relay(**chosen: Any) -> None:
    """Deliver events: drain what the servers wrote into the event log, and send it to the listeners.

    Beside that it performs the processes, and sends notices of what was promised.
    """
    settings = with_running_database(Settings.read(**chosen))
    logs.configure(settings.log_level)
    wait_for_primary(settings.mongodb_uri, DATABASE_SECONDS)
    uvloop.run(_relay(settings))


async def _relay(settings: Settings) -> None:
    liaison = Liaison(settings, connect(settings))
    stop = stopping()
    async with liaison.client:
        await require_vault(liaison.database, vault(settings.secrets_key), sealing=settings.sealing)
        await liaison.prepare()
        collect_seldom()
        runner, by = liaison.processes.runner(), transports_of(liaison)
        notifier = notifier_with(liaison, by)
        try:
            await asyncio.gather(relay_of(liaison).run(stop), *(each.run(stop) for each in (runner, notifier) if each))
        finally:
            for transport in by.values():
                await transport.close()
            await liaison.release()
