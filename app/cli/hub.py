# SPDX-License-Identifier: Apache-2.0
"""The command `liaison hub`: administration of listeners."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import click
import orjson

from app import logs
from app.cli.common import Command, configured_vault, data_option, open_database
from app.cli.tables import table
from app.composition.factory import Liaison
from app.composition.relay_wiring import trial_of
from app.domain import dates
from app.errors import StartError, TmfError
from app.events.delivery.test_delivery import TEST_EVENT, Outcome
from app.events.hub.control import Control
from app.settings import Settings
from app.storage.hubs.vault import Unsealable
from app.storage.mongod.client import connect
from app.storage.mongod.durable import Database

Told = TypeVar("Told")

COLUMNS = {
    "id": "ID",
    "api": "API",
    "version": "VERSION",
    "state": "STATE",
    "lag": "LAG",
    "lastDelivered": "LAST DELIVERED",
    "lastError": "LAST ERROR",
    "host": "HOST",
}
LONGEST_CELL = 40


def _start(_context: click.Context, _parameter: click.Parameter, text: str) -> int | datetime:
    """An entry of the log by its number, or an instant."""
    if text.isascii() and text.isdigit() and int(text):
        return int(text)
    try:
        return dates.instant(text)
    except ValueError:
        raise click.BadParameter(
            f"'{text}' is no number of an entry and no time such as 2026-01-31T12:00:00Z"
        ) from None


START = click.option(
    "--from",
    "start",
    metavar="SEQ|TIME",
    callback=_start,
    required=True,
    help="The first entry: its number, or since when it was logged.",
)


@click.group()
def hub() -> None:
    """The listeners that are registered at the hubs."""


@hub.command(name="list", cls=Command)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@data_option
def list_(as_json: bool, **chosen: Any) -> None:
    """List the listeners of all hubs: how they fare, and the hosts they are at."""
    listed = _run_control(chosen, lambda control: control.list_listeners())
    if as_json:
        click.echo(_json(listed))
    elif listed:
        click.echo(table(listed, COLUMNS, longest=LONGEST_CELL))
    else:
        click.echo("No listener is registered")


@hub.command(cls=Command)
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@data_option
def show(id: str, as_json: bool, **chosen: Any) -> None:
    """Show all that is known of the listener ID, but for its secrets."""
    shown = _run_control(chosen, lambda control: control.describe_listener(id))
    if as_json:
        click.echo(_json(shown))
    for name, value in () if as_json else shown.items():
        click.echo(f"{name}: {value if isinstance(value, str) else orjson.dumps(value).decode()}")


@hub.command(cls=Command)
@click.argument("id")
@data_option
def pause(id: str, **chosen: Any) -> None:
    """Stop the deliveries to the listener ID until it is resumed; no event is lost."""
    _run_control(chosen, lambda control: control.pause(id))
    click.echo(f"{id} is paused: events wait until `liaison hub resume {id}`")


@hub.command(cls=Command)
@click.argument("id")
@data_option
def resume(id: str, **chosen: Any) -> None:
    """Let a paused or suspended listener go on where it ended, at once."""
    lost = _run_control(chosen, lambda control: control.resume(id))
    click.echo(f"{id} is active: it goes on where it ended")
    if lost:
        click.echo(f"{lost} entries of the log are left out: their payload was dropped meanwhile")


@hub.command(cls=Command)
@click.argument("id")
@START
@data_option
def replay(id: str, start: int | datetime, **chosen: Any) -> None:
    """Send the listener ID again what the log holds from an entry on. There is no going forward."""
    replay = _run_control(chosen, lambda control: control.replay(id, start))
    at = dates.text(replay.logged_at)
    click.echo(f"{id} goes on from entry {replay.first}, logged at {at}: {replay.entries} entries are ahead of it")
    if replay.state in ("paused", "suspended"):
        click.echo(f"It is {replay.state}: nothing is sent until `liaison hub resume {id}`")


@hub.command(cls=Command)
@click.argument("id")
@data_option
def test(id: str, **chosen: Any) -> None:
    """Send the listener ID one event, marked as a test; ends with 1 when it does not take it.

    It is the newest one that the listener wants, or one that is made up. Its state and position stay as they are.
    """
    with configured_vault(_settings(chosen)) as ready:
        outcome = asyncio.run(_run(ready, lambda _: _trial(ready, id)))
    made_up = " (made up: the log holds none that it wants)" if outcome.type == TEST_EVENT else ""
    click.echo(f"sent: {outcome.type} {outcome.id}{made_up}")
    for name, value in outcome.headers.items():
        click.echo(f"{name}: {value}")
    click.echo(f"answer: {outcome.answer.summary}")
    if not outcome.answer.delivered:
        raise SystemExit(1)


async def _trial(settings: Settings, id: str) -> Outcome:
    async with connect(settings) as client:
        return await trial_of(Liaison(settings, client)).send(id)


def _run_control(chosen: dict[str, Any], work: Callable[[Control], Awaitable[Told]]) -> Told:
    with configured_vault(_settings(chosen)) as ready:
        return asyncio.run(_run(ready, lambda database: work(Control(database))))


async def _run(settings: Settings, work: Callable[[Database], Awaitable[Told]]) -> Told:
    """The result of `work`; a `TmfError` of it ends the command with its message."""
    async with open_database(settings) as database:
        try:
            return await work(database)
        except TmfError as refused:
            raise StartError(refused.message) from None
        except Unsealable as sealed:
            raise StartError(f"The listener's secrets cannot be read: {sealed}") from None


def _settings(chosen: dict[str, Any]) -> Settings:
    logs.configure("warning")
    return Settings.read(**chosen)


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
