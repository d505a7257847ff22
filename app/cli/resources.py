# SPDX-License-Identifier: Apache-2.0
"""The commands `liaison export RESOURCE`: resources into a file."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from app import logs
from app.cli.common import STOPPED, Command, configured_vault, data_option, stopping
from app.cli.composed_apis import composed_apis
from app.cli.progress import progress
from app.domain.query.predicates import Predicate
from app.errors import InvalidQuery, NotSupported
from app.settings import Settings
from app.transfer.exporting import Export, condition
from app.transfer.selection import engine_of, sink_of
from app.transfer.sinks import whole


class _ExportInterrupted(Exception):
    """The export ended before its end."""


def exporting(resource: str) -> click.Command:
    """The command that exports the resources of this name."""

    @click.command(resource, cls=Command, help=_HELP.format(resource=resource), short_help=f"Write every {resource}.")
    @click.option("--version", required=True, metavar="VERSION", help="The version of the API in which to write.")
    @click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="File to write.")
    @click.option("--filter", "query", default="", metavar="QUERY", help="Which ones, as in a list: status=Active&…")
    @data_option
    def export(version: str, out: Path | None, query: str, **chosen: Any) -> None:
        logs.configure("warning")
        try:
            with configured_vault(Settings.read(**chosen)) as ready:
                asyncio.run(_export(ready, (resource, version), condition(query), out))
        except (InvalidQuery, NotSupported) as error:
            raise click.BadParameter(error.message, param_hint="--filter") from None
        except _ExportInterrupted:
            raise SystemExit(STOPPED) from None

    return export


_HELP = """Write every {resource} as a line of JSON, in the order of their ids.

With --out FILE.parquet as rows of a Parquet file. FILE is there once it is whole; stopped, the command ends with 130.
"""


async def _export(settings: Settings, selection: tuple[str, str], where: Predicate, out: Path | None) -> None:
    async with composed_apis(settings) as liaison:
        engine = engine_of(liaison.apis, *selection)
        with whole(out) as file, closing(sink_of(file, out, engine.resource.attributes)) as sink:
            export, stop = Export(engine, where, sink), stopping()
            with progress("Exporting", await export.length() if out else None, of=selection[0]) as advance:
                if not await export.run(stop, advance):
                    raise _ExportInterrupted
