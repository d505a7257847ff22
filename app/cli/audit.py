# SPDX-License-Identifier: Apache-2.0
"""The command `liaison audit`: verifies the event log, shows histories, applies retention."""

import asyncio
from typing import Any

import click
import orjson

from app import logs
from app.audit.history import history
from app.audit.wording import history_lines
from app.cli.common import Command, configured_vault, data_option, open_database
from app.cli.progress import progress
from app.composition.contracts import api_documents
from app.composition.factory import Liaison
from app.composition.sealing import sealed_payloads
from app.errors import StartError
from app.events.relay.relay import LEASE
from app.settings import Settings
from app.storage.event_log.chain import Mark
from app.storage.event_log.chain_rewrite import BATCH, ChainRewrite, Progress
from app.storage.event_log.event_log import EventLog
from app.storage.event_log.lease import Lease
from app.storage.event_log.retention import Retention
from app.storage.event_log.verification import BrokenChain, VerificationResult, verify_chain

LEASE_SECONDS = 60.0
"""Seconds that a rewrite keeps relays away without renewing its lease."""

STRIDE = 500
"""Entries between two updates of the progress."""


@click.group()
def audit() -> None:
    """The event log: is it whole, who changed what, what may go."""


def _parse_mark(context: click.Context, _parameter: click.Parameter, text: str | None) -> Mark | None:
    try:
        mark = Mark.read(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if mark and mark.sequence < context.params["first"] - 1:
        raise click.BadParameter(f"entry {mark.sequence} is too far before the first that --from names")
    return mark


@audit.command(cls=Command)
@click.option(
    "--from",
    "first",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    is_eager=True,
    help="The first entry to verify.",
)
@click.option(
    "--head", "noted", metavar="SEQ:HASH", callback=_parse_mark, help="An end of the log that was noted earlier."
)
@data_option
def verify(first: int, noted: Mark | None, **chosen: Any) -> None:
    """Check that no entry was changed, removed or put elsewhere; ends with 1 and says where when one was.

    The last line is the end of the log as SEQ:HASH. Note it elsewhere: only against such a note it shows when the
    newest entries are cut off.
    """
    with configured_vault(_settings(chosen)) as ready:
        end = asyncio.run(_verify(ready, first, noted))
    click.echo(f"{end.entries} entries verified; the payload of {end.dropped} was dropped")
    click.echo(str(end.last))


@audit.command(cls=Command)
@click.argument("resource")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="As lines of JSON, one per event.")
@data_option
def show(resource: str, id: str, as_json: bool, **chosen: Any) -> None:
    """Tell who changed what when of the RESOURCE (such as Individual) with this ID, also of a deleted one."""
    with configured_vault(_settings(chosen)) as ready:
        any_shown = asyncio.run(_show(ready, resource, id, as_json))
        if not any_shown:
            names = sorted({name for contract in api_documents(ready) for name in contract.collections})
            raise click.ClickException(f"The log has nothing about {resource} '{id}'. Resources: {', '.join(names)}")


@audit.command(cls=Command)
@click.option("--payload-days", type=int, help="Days for which payloads stay; 0 means for ever.")
@data_option
def retain(**chosen: Any) -> None:
    """Drop the payloads that are older than LIAISON_PAYLOAD_DAYS, as the relay does every hour."""
    with configured_vault(_settings(chosen)) as ready:
        dropped = asyncio.run(_retain(ready))
    click.echo(f"{dropped} payloads dropped" if ready.payload_days else "Payloads stay for ever: no days are set")


@audit.command(cls=Command)
@data_option
def reseal(**chosen: Any) -> None:
    """Seal and salt what earlier releases logged plain. All hashes behind the first such entry are made anew.

    No mark that was noted of these entries holds afterwards: verify the log against the last one before. The log gets
    an entry with the former end and the new one, which is printed; note it. No relay may run meanwhile.
    """
    with configured_vault(_settings(chosen)) as ready:
        reached = asyncio.run(_reseal(ready))
    if reached is None:
        click.echo("Nothing to do: no payload is plain that should not be")
        return
    click.echo(f"{reached.former.sequence + 1 - reached.first} entries rewritten, from {reached.first} on")
    click.echo(f"former end: {reached.former}")
    click.echo(f"present end: {reached.present}")


def _settings(chosen: dict[str, Any]) -> Settings:
    logs.configure("warning")
    return Settings.read(**chosen)


async def _verify(settings: Settings, first: int, noted: Mark | None) -> VerificationResult:
    reached = VerificationResult()
    async with open_database(settings) as ready:
        log = EventLog(ready)
        length = max((await log.tail()).sequence + 1 - first, 0)
        try:
            with progress("Verifying", length, of="entries") as advance:
                async for reached in verify_chain(log, first, noted):
                    if reached.entries % STRIDE == 0:
                        advance(STRIDE)
                advance(reached.entries % STRIDE)
        except BrokenChain as broken:
            raise click.ClickException(str(broken)) from None
    return reached


async def _show(settings: Settings, resource: str, id: str, as_json: bool) -> bool:
    any_shown = False
    async with open_database(settings) as ready:
        log = EventLog(ready, sealed_payloads(settings, ready))
        async for step in history(log, resource, id):
            any_shown = True
            click.echo(orjson.dumps(step.to_json(), default=str) if as_json else history_lines(step))
    return any_shown


async def _reseal(settings: Settings) -> Progress | None:
    reached: Progress | None = None
    async with open_database(settings) as ready:
        lease = Lease(ready, LEASE, seconds=LEASE_SECONDS)
        if not await lease.hold():
            raise StartError("A relay runs on this database: stop it, and begin again")
        rewrite = ChainRewrite(ready, Liaison(settings, ready.client).payloads)
        try:
            with progress("Rewriting", (await EventLog(ready).tail()).sequence, of="entries") as advance:
                async for each in rewrite.run():
                    reached = each
                    advance(BATCH)
                    if not await lease.hold():
                        raise StartError("A relay has begun to run on this database: stop it, and begin again")
        except BrokenChain as broken:
            raise click.ClickException(str(broken)) from None
        finally:
            await lease.release()
    return reached


async def _retain(settings: Settings) -> int:
    # Imported late: the other commands need no documents of APIs, and start faster without them.
    from app.cli.composed_apis import composed_apis

    async with composed_apis(settings) as liaison:
        holds = liaison.legal_holds
        return await Retention(liaison.database, days=settings.payload_days, holds=holds).run_once()
