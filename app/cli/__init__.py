"""The command `liaison`: which commands there are."""

import click

from app import __version__
from app.cli import audit, export, hub, seed, serve, settings, spec


@click.group()
@click.version_option(__version__, prog_name="liaison")
def main() -> None:
    """Liaison: a TM Forum server for parties, customers and party interactions.

    Every option can be set in the environment too: see `liaison settings`.
    """


COMMANDS: tuple[click.Command, ...] = (
    serve.serve,
    serve.relay,
    seed.seed,
    audit.audit,
    export.export,
    hub.hub,
    spec.spec,
    settings.settings,
)
for command in COMMANDS:
    main.add_command(command)
