# SPDX-License-Identifier: Apache-2.0
"""The command `liaison archive`: what is in the archive, whether it is whole, and what goes in and out by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import click
import orjson

from app import logs
from app.cli.common import Command, configured_vault, data_option
from app.cli.composed_apis import composed_apis
from app.cli.tables import table
from app.domain import dates
from app.domain.origin import Origin
from app.domain.rules import SUBJECT
from app.errors import TmfError, Unavailable
from app.resources.archive.archive import Archive, ScheduledArchive
from app.resources.archive.register import RegisteredBundle, bundle_id
from app.settings import Settings
from app.storage.archive.bundle import BundleBroken
from app.storage.sealing.envelope import SealBroken
from app.storage.sealing.party_keys import NoKey

ORIGIN = Origin(actor="liaison archive")
COLUMNS = {
    "bundle": "BUNDLE",
    "status": "STATUS",
    "subject": "SUBJECT",
    "category": "CATEGORY",
    "archived": "ARCHIVED",
    "until": "RETAIN UNTIL",
}

Done = TypeVar("Done")


@click.group()
def archive() -> None:
    """The archive: customers whose relationship has ended, with all that belongs to them."""


@archive.command("list", cls=Command)
@click.option("--identifier", help="Only those of the party with this strong identifier, such as a passport's number.")
@data_option
def list_(identifier: str | None, data: str | None) -> None:
    """List the bundles of the archive, also those that were restored or purged."""

    async def bundles(scheduled: ScheduledArchive) -> list[RegisteredBundle]:
        of = scheduled.archive
        return (
            await of.register.bundles_of(identifier) if identifier else [each async for each in of.register.bundles()]
        )

    rows = [_row(each) for each in _run(bundles, data)]
    click.echo(table(rows, COLUMNS, longest=60) if rows else "There is no such bundle")


@archive.command(cls=Command)
@click.argument("id")
@data_option
def show(id: str, data: str | None) -> None:
    """Show what the register and the manifest say of the bundle ID, or of that of the customer with this ID."""

    async def register(scheduled: ScheduledArchive) -> RegisteredBundle:
        return await _bundle(scheduled.archive, id)

    bundle = _run(register, data)
    document = dates.with_text_dates({"id": bundle.id, **bundle.document})
    click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())


@archive.command(cls=Command)
@click.argument("id", required=False)
@data_option
def verify(id: str | None, data: str | None) -> None:
    """Check that the bundle ID, or each one, is as it was written, every bit; ends with 1 when one is not."""

    async def check(scheduled: ScheduledArchive) -> list[tuple[str, str]]:
        of = scheduled.archive
        chosen = [await _bundle(of, id)] if id else [each async for each in of.register.bundles() if each.is_archived]
        return [(each.id, await _fault(of, each.id)) for each in chosen]

    checked = _run(check, data)
    for bundle, fault in checked:
        click.echo(f"{bundle}: {fault or 'whole'}")
    click.echo(f"{len(checked)} bundles verified")
    if any(fault for _, fault in checked):
        raise SystemExit(1)


@archive.command(cls=Command)
@click.argument("customer")
@click.option("--reason", default="asked for by hand", show_default=True, help="Why, for the register.")
@data_option
def put(customer: str, reason: str, data: str | None) -> None:
    """Archive the CUSTOMER with this id, which must have ended, before it is due."""

    async def leave(scheduled: ScheduledArchive) -> RegisteredBundle:
        (subject, *_) = [name for name, each in scheduled.archive.resources.items() if each.part == SUBJECT]
        return await scheduled.put(subject, customer, origin=ORIGIN, reason=reason)

    bundle = _run(leave, data)
    counts = ", ".join(f"{each['quantity']} {each['name']}" for each in bundle.document["content"])
    click.echo(f"{bundle.id}: {counts}")


@archive.command(cls=Command)
@click.argument("id")
@click.option("--reason", default="asked for by hand", show_default=True, help="Why, for the register.")
@data_option
def restore(id: str, reason: str, data: str | None) -> None:
    """Bring back all documents of the bundle ID, or of that of the customer with this ID."""

    async def come_back(scheduled: ScheduledArchive) -> RegisteredBundle:
        bundle = await _bundle(scheduled.archive, id)
        return await scheduled.archive.restore(bundle.id, origin=ORIGIN, reason=reason)

    click.echo(f"{_run(come_back, data).id}: restored")


@archive.command(cls=Command)
@click.argument("id")
@click.option("--reason", default="retention ended", show_default=True, help="Why, for the register.")
@data_option
def purge(id: str, reason: str, data: str | None) -> None:
    """Delete the content of the bundle ID for good; refused within its retention and under a legal hold."""

    async def delete(scheduled: ScheduledArchive) -> str:
        bundle = await _bundle(scheduled.archive, id)
        await scheduled.archive.purge(bundle.id, origin=ORIGIN, reason=reason)
        return bundle.id

    click.echo(f"{_run(delete, data)}: purged")


async def _bundle(of: Archive, id: str) -> RegisteredBundle:
    """The bundle with this id, or of the subject with this id. Raises `NotFound`."""
    for name, each in of.resources.items():
        if each.part == SUBJECT and (found := await of.register.find(bundle_id(name, id))):
            return found
    return await of.register.require(id)


async def _fault(of: Archive, bundle: str) -> str:
    """What is wrong with a bundle, in words; empty if nothing is."""
    try:
        await of.verify(bundle)
    except NoKey as gone:
        return "" if "destroyed" in str(gone) else str(gone)
    except (BundleBroken, SealBroken, TmfError) as wrong:
        return str(wrong)
    return ""


def _row(bundle: RegisteredBundle) -> Mapping[str, str]:
    document = bundle.document
    until = document.get("retainUntil")
    return {
        "bundle": bundle.id,
        "status": bundle.state,
        "subject": f"{document['subject']['@referredType']} {document['subject']['id']}",
        "category": str(document["category"]),
        "archived": dates.text(document["archiveDate"]),
        "until": dates.text(until) if until else "",
    }


def _run(work: Callable[[ScheduledArchive], Awaitable[Done]], data: str | None) -> Done:
    """What `work` comes to with the archive of the server. Raises `ClickException` for what is refused."""
    logs.configure("warning")

    async def run(settings: Settings) -> Done:
        async with composed_apis(settings) as liaison:
            if liaison.scheduled_archive is None:
                raise click.ClickException("This server has no archive")
            try:
                return await work(liaison.scheduled_archive)
            except Unavailable as busy:  # It may be the store, too.
                raise click.ClickException(busy.message) from None

    with configured_vault(Settings.read(data=data)) as ready:
        try:
            return asyncio.run(run(ready))
        except TmfError as refused:
            raise click.ClickException(refused.message) from None
        except (BundleBroken, SealBroken, NoKey) as wrong:
            raise click.ClickException(str(wrong)) from None
