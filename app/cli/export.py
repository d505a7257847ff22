# SPDX-License-Identifier: Apache-2.0
"""The command `liaison export`: the event log, resources, and interactions as tables, for other systems."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click

from app import logs
from app.audit.export import Export, beginning
from app.audit.file import appending
from app.cli.common import STOPPED, Command, configured_vault, data_option, open_database, stopping
from app.cli.interactions import interactions
from app.cli.resources import exporting
from app.composition.contracts import api_documents
from app.composition.sealing import sealed_payloads
from app.domain.events import lower_camel
from app.errors import StartError
from app.settings import Settings
from app.spec.server_sources import SOURCE
from app.storage.event_log.chain import START, Mark
from app.storage.event_log.event_log import EventLog


class Exports(click.Group):
    """The exports: of events, of interactions as tables, and of each resource that the documents declare."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all, for `--help`."""
        return [*super().list_commands(context), *_resources()]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The export of that name; None when there is none."""
        return super().get_command(context, name) or (exporting(name) if name in _resources() else None)


@click.group(cls=Exports)
def export() -> None:
    """Data for other systems."""


export.add_command(interactions)


@cache
def _resources() -> list[str]:
    try:
        served = api_documents(Settings.read())
    except StartError as error:
        raise click.ClickException(str(error)) from None
    return sorted(
        {
            lower_camel(name)
            for contract in served
            for name in contract.views
            if SOURCE not in contract.document["x-tmf-resources"][name]
        }
    )


@export.command(cls=Command)
@click.option("--from", "first", type=click.IntRange(1), help="The first entry; else what follows in FILE, or 1.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="File to append to.")
@click.option("--follow", is_flag=True, help="Go on as events are logged, until stopped.")
@data_option
def events(first: int | None, out: Path | None, follow: bool, **chosen: Any) -> None:
    """Write the event log as lines of JSON, one per event.

    However it ends, the number to go on --from is the last line on standard error; with --out the file itself tells.
    """
    logs.configure("warning")
    with configured_vault(Settings.read(**chosen)) as ready, _output(out) as (descriptor, last):
        whole = asyncio.run(_events(ready, descriptor, last, first, follow))
    raise SystemExit(0 if whole or follow else STOPPED)


@contextmanager
def _output(out: Path | None) -> Iterator[tuple[int, Mark]]:
    if out is None:
        yield sys.stdout.fileno(), START
    else:
        with appending(out) as place:
            yield place


async def _events(settings: Settings, descriptor: int, last: Mark, first: int | None, follow: bool) -> bool:
    """Export until SIGINT or SIGTERM; whether it reached the end before that."""
    stop = stopping()
    async with open_database(settings) as ready:
        log = EventLog(ready, sealed_payloads(settings, ready))
        export = Export(log, descriptor, await beginning(log, last, first))
        try:
            await export.run(stop, follow=follow)
        finally:
            click.echo(f"next: {export.next}", err=True)
    return not stop.is_set()
