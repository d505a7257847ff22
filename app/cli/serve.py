"""The command `liaison serve`: starts and watches all processes of a deployment."""

from typing import Any

import click

from app import logs, supervisor
from app.cli.common import Command, data_option
from app.notify.callbacks import allowed_networks
from app.parts import parts
from app.settings import Settings
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
