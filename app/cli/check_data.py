# SPDX-License-Identifier: Apache-2.0
"""The command `liaison spec check-data`: which stored documents do not conform to the OpenAPI documents served now."""

import asyncio

import click

from app import logs
from app.cli.common import STOPPED, Command, configured_vault, data_option, stopping
from app.cli.composed_apis import composed_apis
from app.cli.progress import progress
from app.composition.data_admission import served_resources
from app.errors import StartError
from app.resources.conformance_check import Report, check_conformance, finding_lines
from app.settings import Settings
from app.storage.documents.scan import Scan

NONCONFORMING = 1
MISUSE = 2


@click.command("check-data", cls=Command)
@click.option("--api", "apis", multiple=True, metavar="FILE", help="Document that is served, too, or a directory.")
@data_option
def check_data(apis: tuple[str, ...], data: str | None) -> None:
    """Tell which stored documents do not conform to the OpenAPI documents that are served now.

    For each version of a resource: how many, and of the first few their ids and what is wrong, as JSON Pointers with
    reasons. It only reads, also beside a running server. Ends with 0 when all conform, 1 when some do not, 2 when it
    cannot check, 130 when it is stopped.
    """
    logs.configure("warning")
    try:
        with configured_vault(Settings.read(apis=",".join(apis) or None, data=data)) as ready:
            reports, whole = asyncio.run(_check(ready))
    except StartError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(MISUSE) from None
    _tell(reports)
    raise SystemExit((NONCONFORMING if any(each.refused for each in reports) else 0) if whole else STOPPED)


async def _check(settings: Settings) -> tuple[list[Report], bool]:
    """The reports of all resources, and true; after a signal those until then, and false."""
    reports, stop = [], stopping()
    async with composed_apis(settings) as liaison:
        for served in served_resources(liaison.apis):
            scan = Scan(liaison.database, served.name)
            with progress(f"Checking {served.name}", await scan.length(), of="documents") as advance:
                reports.append(await check_conformance(served, scan, advance, stop))
            if stop.is_set():
                return reports, False
    return reports, True


def _tell(reports: list[Report]) -> None:
    for report in reports:
        for finding in report.findings:
            for line in finding_lines(finding, report.read):
                click.echo(line)
    read, refused = sum(each.read for each in reports), sum(each.refused for each in reports)
    click.echo(f"{read} documents checked, {refused} do not conform")
