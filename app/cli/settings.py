# SPDX-License-Identifier: Apache-2.0
"""The command `liaison settings`: prints all settings."""

import click

from app.cli.common import Command
from app.settings import listing


@click.command(cls=Command)
@click.option("--markdown", is_flag=True, help="As the table that the README shows.")
def settings(markdown: bool) -> None:
    """Print every setting: its variable, its default and what it does."""
    for variable, default, help in listing():
        if markdown:
            click.echo(f"| `{variable}` | {f'`{default}`' if default else ''} | {help} |")
        else:
            click.echo(f"{variable} (default: {default or 'empty'})\n    {help}")
