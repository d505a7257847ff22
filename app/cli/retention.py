# SPDX-License-Identifier: Apache-2.0
"""The command `liaison retention`: the retention schedule, and what is due by it."""

import asyncio

import click

from app import logs
from app.cli.common import Command, configured_vault, data_option
from app.cli.composed_apis import composed_apis
from app.cli.tables import table
from app.composition.factory import Liaison
from app.composition.retention_schedule import retention_schedule
from app.domain import dates
from app.domain.origin import Origin
from app.domain.retention import ARCHIVE, PURGE
from app.errors import TmfError, Unavailable
from app.resources.archive.archive import Archive
from app.resources.archive.due import Due, due_by
from app.resources.delete_guards import describe_holds
from app.settings import Settings

ORIGIN = Origin(actor="liaison retention")
COLUMNS = {
    "category": "CATEGORY",
    "trigger": "TRIGGER",
    "duration": "DURATION",
    "action": "ACTION",
    "basis": "LEGAL BASIS",
}


@click.group()
def retention() -> None:
    """The retention schedule: how long what is kept, on which legal basis, and what then."""


@retention.command(cls=Command)
def check() -> None:
    """Check the schedule (LIAISON_RETENTION); ends with 2 and a line for each reason when it is wrong."""
    rules = retention_schedule(Settings.read()).rules
    click.echo(f"{len(rules)} categories: {', '.join(rules)}")


@retention.command("list", cls=Command)
def list_() -> None:
    """List the categories of the schedule."""
    rows = [
        {
            "category": each.category,
            "trigger": f"{each.resource} {' or '.join(each.states)}",
            "duration": each.written,
            "action": each.action,
            "basis": each.basis,
        }
        for each in retention_schedule(Settings.read()).rules.values()
    ]
    click.echo(table(rows, COLUMNS, longest=100))


@retention.command(cls=Command)
@click.option("--dry-run", is_flag=True, help="Only tell what is due.")
@data_option
def due(dry_run: bool, data: str | None) -> None:
    """Archive and purge what is due by the schedule, but what is under a legal hold.

    What is due to be erased is told, and left to whoever erases. Ends with 1 when something could not be done.
    """
    logs.configure("warning")
    with configured_vault(Settings.read(data=data)) as ready:
        failed = asyncio.run(_due(ready, dry_run))
    if failed:
        raise SystemExit(1)


async def _due(settings: Settings, dry_run: bool) -> int:
    """Tell what is due, do it unless that is a dry run, and return how often that failed."""
    failed = count = 0
    async with composed_apis(settings) as liaison:
        async for each in due_by(liaison.retention, liaison.database, liaison.lifecycles, liaison.legal_holds):
            count += 1
            resource, id = each.target
            line = f"{each.rule.category}: {each.rule.action} {resource} {id}, due since {dates.text(each.since)}"
            if each.holds:
                click.echo(f"{line}; kept, as it is held by {describe_holds(each.holds)}")
                continue
            outcome = "" if dry_run else await _act(liaison, each)
            failed += outcome.startswith("failed")
            click.echo(f"{line}; {outcome}" if outcome else line)
        if not dry_run and liaison.archive is not None:
            failed += await _sweep(liaison.archive)
    click.echo(f"{count} due")
    return failed


async def _sweep(archive: Archive) -> int:
    """Delete what the store could not delete earlier, tell of it, and return how often that failed."""
    try:
        swept = await archive.sweep_store()
    except Unavailable as busy:
        click.echo(f"failed: {busy.message}")
        return 1
    if swept:
        click.echo(f"{swept} objects of bundles that have left the archive deleted")
    return 0


async def _act(liaison: Liaison, due: Due) -> str:
    """Do what is due, and tell what came of it."""
    resource, id = due.target
    if liaison.scheduled_archive is None or due.rule.action not in (ARCHIVE, PURGE):
        return "left to whoever erases"
    reason = f"retention of {due.rule.category} ended"
    try:
        if due.rule.action == PURGE:
            await liaison.scheduled_archive.archive.purge(id, origin=ORIGIN, reason=reason)
            return "purged"
        bundle = await liaison.scheduled_archive.put(resource, id, origin=ORIGIN, reason=reason)
    except TmfError as refused:
        return f"failed: {refused.message}"
    return f"archived in {bundle.id}"
