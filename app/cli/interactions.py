# SPDX-License-Identifier: Apache-2.0
"""The command `liaison export interactions`: interactions as flat tables for business intelligence."""

import asyncio
from pathlib import Path
from typing import Any

import click

from app import logs
from app.cli.common import STOPPED, Command, configured_vault, data_option, stopping
from app.cli.composed_apis import composed_apis
from app.cli.progress import progress
from app.composition.factory import Liaison
from app.domain.events import lower_camel
from app.domain.scopes import READ, covers
from app.errors import StartError
from app.interactions.facts import FactRules
from app.settings import Settings
from app.storage.interactions.log_snapshot import log_snapshot
from app.transfer.interactions.exporting import ExportStopped, ExportTerms, InteractionExport
from app.transfer.interactions.formats import FORMATS, PARQUET, refuse_unavailable
from app.transfer.interactions.schema import INTERACTION, RESOURCES, SURVEY


@click.command(cls=Command)
@click.option("--format", type=click.Choice(FORMATS), default=PARQUET, show_default=True, help="Format of the tables.")
@click.option("--since", type=click.IntRange(0), metavar="SEQUENCE", help="Only what changed behind that log entry.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Directory of exports; the current one by default.",
)
@click.option("--role", metavar="ROLE", help="Also the sensitive columns for which this role has the scopes.")
@data_option
def interactions(format: str, since: int | None, out: Path, role: str | None, **chosen: Any) -> None:
    """Write interactions and satisfaction as flat tables for business intelligence, as of one moment.

    Each export is a directory in DIR, named after the entries of the event log that it covers; it is there once it is
    whole. Prints its manifest; the number for the next --since is the last line on standard error.
    """
    logs.configure("warning")
    refuse_unavailable(format)
    try:
        with configured_vault(Settings.read(**chosen)) as ready:
            manifest, last = asyncio.run(_export(ready, format, since, out, role))
    except ExportStopped:
        raise SystemExit(STOPPED) from None
    click.echo(manifest)
    click.echo(f"next: --since {last}", err=True)


async def _export(settings: Settings, format: str, since: int | None, out: Path, role: str | None) -> tuple[Path, int]:
    stop = stopping()
    async with composed_apis(settings) as liaison:
        terms = _terms(liaison, format, since, role)
        async with log_snapshot(liaison.database) as snapshot:
            export = InteractionExport(terms, snapshot, out)
            length = await snapshot.length((INTERACTION, SURVEY)) if since is None else None
            with progress("Exporting", length, of="interactions and surveys") as advance:
                return await export.run(stop, advance), int(snapshot.last.sequence)


def _terms(liaison: Liaison, format: str, since: int | None, role: str | None) -> ExportTerms:
    missing = [name for name in RESOURCES if name not in liaison.lifecycles]
    if missing:
        raise StartError(f"These are not served here, so that there is nothing to export: {', '.join(missing)}")
    rules = FactRules(liaison.lifecycles[INTERACTION], liaison.tracked[INTERACTION].types, kinds={})
    declared = {name: liaison.sensitive(name) for name in RESOURCES}
    return ExportTerms(format, since, rules, _grants(liaison, role), declared)


def _grants(liaison: Liaison, role: str | None) -> frozenset[str]:
    """The scopes of a role. Raises `StartError` for a role that there is not, or that may not read what is exported."""
    if role is None:
        return frozenset()
    roles = liaison.access.roles
    if role not in roles.grants:
        raise StartError(f"There is no role '{role}'; there are {', '.join(sorted(roles.grants))}")
    grants = roles.grants_of([role])
    needed = [f"{lower_camel(name)}:{READ}" for name in RESOURCES]
    missing = [scope for scope in needed if not covers(grants, scope)]
    if missing:
        raise StartError(f"The role '{role}' does not have what an export needs: {', '.join(missing)}")
    return grants
