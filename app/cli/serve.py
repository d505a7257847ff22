"""The commands `liaison serve` and `liaison relay`: the processes that a deployment runs."""

import asyncio
import signal
from typing import Any

import click

from app import logs, supervisor
from app.cli.common import DATABASE_SECONDS, Command, data_option, with_running_database
from app.factory import Liaison
from app.notify.callbacks import allowed_networks
from app.parts import parts
from app.settings import Settings
from app.storage.client import connect, wait_for_primary
from app.storage.secrets import vault


@click.command(cls=Command)
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@data_option
@click.option("--workers", type=int, help="Server processes; 0 means one per core.")
@click.option("--relay/--no-relay", default=None, help="Whether to run the relay that delivers events, too.")
def serve(**chosen: Any) -> None:
    """Run the server, the relay and, unless MONGODB_URI names another, the embedded MongoDB."""
    settings = Settings.read(**chosen)
    logs.configure(settings.log_level)
    # What is wrong stops the start here, before any process is started.
    parts(settings)
    allowed_networks(settings.callback_networks)
    vault(settings.secrets_key)
    raise SystemExit(supervisor.serve(settings, on_serving=lambda url: click.echo(f"Liaison serves on {url}")))


@click.command(cls=Command)
@data_option
def relay(**chosen: Any) -> None:
    """Deliver events: drain what the servers wrote into the event log, and send it to the listeners."""
    settings = with_running_database(Settings.read(**chosen))
    logs.configure(settings.log_level)
    wait_for_primary(settings.mongodb_uri, DATABASE_SECONDS)
    asyncio.run(_relay(settings))


async def _relay(settings: Settings) -> None:
    liaison = Liaison(settings, connect(settings))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with liaison.client:
        await liaison.prepare()
        await liaison.relay().run(stop)
