# SPDX-License-Identifier: Apache-2.0
"""The command `liaison`: its subcommands, loaded late."""

from importlib import import_module
from typing import cast

import click

from app import __version__

COMMANDS = {
    "archive": "archive.archive",
    "audit": "audit.audit",
    "export": "export.export",
    "hub": "hub.hub",
    "identity": "identity.identity",
    "import": "imports.import_",
    "mail": "mail.mail",
    "policy": "policy.policy",
    "process": "process.process",
    "relay": "relay.relay",
    "retention": "retention.retention",
    "roles": "roles.roles",
    "seed": "seed.seed",
    "serve": "serve.serve",
    "settings": "settings.settings",
    "spec": "spec.spec",
    "templates": "templates.templates",
}
"""The commands, by name: module and attribute within this package."""


class Commands(click.Group):
    """A group that imports a command when it is called, as the imports of all would double the start of a server."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The names of all, for `--help`."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(".")
        return cast(click.Command, getattr(import_module(f"{__name__}.{module}"), attribute))


@click.group(cls=Commands)
@click.version_option(__version__, prog_name="liaison")
def main() -> None:
    """Liaison: a TM Forum server for parties, customers, party roles, party interactions and privacy.

    Every option can be set in the environment too: see `liaison settings`.
    """
