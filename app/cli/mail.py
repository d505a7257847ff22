# SPDX-License-Identifier: Apache-2.0
"""The command `liaison mail`: e-mails become interactions."""

import asyncio
from contextlib import AsyncExitStack, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from app import logs
from app.cli.common import Command, data_option, stopping, with_running_database
from app.cli.composed_apis import composed_apis
from app.composition.factory import Liaison
from app.errors import StartError
from app.interactions.mail.mailbox import DEFERRED, REFUSED, Mailbox
from app.interactions.mail.maildir import Maildir
from app.interactions.mail.parties import PartyFinder
from app.interactions.mail.reception import Reception, Terms
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.interactions.mail_addresses import MailAddresses

INTERACTION, VERSION = "PartyInteraction", "v5"
REJECTED = 3
"""The exit code when messages were rejected, or wait to be tried again."""
LOOK_SECONDS = 2.0
"""Seconds between two looks into the Maildir, into which others may deliver."""


@click.group()
def mail() -> None:
    """Receive e-mails as interactions."""


@mail.command("receive", cls=Command)
@click.option("--maildir", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where messages are.")
@click.option("--listen", metavar="HOST:PORT", help="Take messages by SMTP there, too, into the Maildir.")
@click.option("--once", is_flag=True, help="End when all that is in the Maildir was looked at.")
@click.option("--channel", default="email", show_default=True, help="The id of the channel of the interactions.")
@click.option("--own-domain", "own", multiple=True, help="A domain that mail is sent from, whose messages are loops.")
@click.option("--authserv", default="", help="The server whose DMARC results say that a sender is genuine.")
@click.option("--most-bytes", type=click.IntRange(1024), default=10485760, show_default=True, help="Largest message.")
@data_option
def receive(data: str | None, maildir: Path, listen: str | None, once: bool, **options: Any) -> None:
    """Make an interaction of each message in a Maildir, of its conversation and party, with its attachments.

    A message leaves the Maildir when its interaction is durable. Bounces and loops are moved to `.Automatic`, what
    cannot be accepted to `.Rejected`, each beside a file that says why. The exit code of `--once` is 3 when a message
    was rejected or waits to be tried again.
    """
    if listen and find_spec("aiosmtpd") is None:
        raise StartError("--listen needs aiosmtpd, which is not installed: `pip install 'liaison[mail]'`")
    logs.configure("warning")
    settings = with_running_database(Settings.read(data=data))
    terms = Terms(options["channel"], options["own"], options["most_bytes"], options["authserv"])
    ends = asyncio.run(_receive(settings, maildir, terms, _address(listen), once=once))
    raise SystemExit(REJECTED if once and {REFUSED, DEFERRED} & ends else 0)


def _address(listen: str | None) -> tuple[str, int] | None:
    if listen is None:
        return None
    host, _, port = listen.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise StartError(f"--listen {listen}: write an address and a port, such as 127.0.0.1:2525")
    return host.strip("[]") or "127.0.0.1", int(port)


async def _receive(
    settings: Settings, path: Path, terms: Terms, address: tuple[str, int] | None, *, once: bool
) -> set[str]:
    """Receive until told to stop, and return which ends there were."""
    stop, delivered, ends = stopping(), asyncio.Event(), set[str]()
    async with composed_apis(settings) as liaison, AsyncExitStack() as running:
        await liaison.prepare()
        try:
            maildir = Maildir(path)
            if address:
                from app.interactions.mail.listener import listen

                server = await listen(maildir, *address, terms.most_bytes, delivered)
                await running.enter_async_context(server)
                click.echo(f"Listening on {address[0]}:{server.sockets[0].getsockname()[1]}")
        except OSError as error:
            raise StartError(f"{path}, or the address to listen on, cannot be used: {error.strerror}") from None
        interactions, parties = _engines(liaison)
        await parties.prepare()
        mailbox = Mailbox(maildir, Reception(interactions, parties, terms), terms.most_bytes)
        while not stop.is_set():
            delivered.clear()
            async for end in mailbox.receive_waiting():
                click.echo(f"{end.end} {end.file}: {end.detail}")
                ends.add(end.end)
                if stop.is_set():
                    break
            if once:
                break
            await _either(stop, delivered)
    return ends


async def _either(*events: asyncio.Event) -> None:
    """Wait until one of the events is set, or it is time to look again."""
    waits = [asyncio.create_task(each.wait()) for each in events]
    with suppress(TimeoutError):
        await asyncio.wait(waits, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for each in waits:
        each.cancel()


def _engines(liaison: Liaison) -> tuple[Engine, PartyFinder]:
    """The engine of interactions, and who finds parties: among all resources with addresses for e-mail."""
    served = [each for each in liaison.apis if each.version == VERSION]
    engines = {name: engine for each in served for name, engine in each.engines.items()}
    if INTERACTION not in engines:
        raise StartError("This server has no party interactions; take party-interaction into LIAISON_APIS")
    parties = [engines[name] for name in ("Individual", "Organization") if name in engines]
    return engines[INTERACTION], PartyFinder(parties, MailAddresses(liaison.database))
