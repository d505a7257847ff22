# SPDX-License-Identifier: Apache-2.0
"""The command `liaison identity`: who is there more than once."""

import asyncio
from typing import Any

import click
import orjson

from app import logs
from app.cli.common import Command, configured_vault, data_option
from app.cli.composed_apis import composed_apis
from app.cli.identity_scan import scan
from app.cli.tables import table
from app.settings import Settings
from app.storage.documents.unique_index import Collision

COLUMNS = {"resource": "RESOURCE", "id": "ID", "identifier": "IDENTIFIER", "first": "IS THAT OF"}
LONGEST_CELL = 60


@click.group()
def identity() -> None:
    """Identities (eTOM 1.3.4): one for each party and customer."""


identity.add_command(scan)


@identity.command(cls=Command)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@data_option
def collisions(as_json: bool, **chosen: Any) -> None:
    """List what has a unique identifier of another: written before `LIAISON_UNIQUE` had that in force.

    Looks first through what was written then, and ends with 1 when something collides.
    """
    logs.configure("warning")
    with configured_vault(Settings.read(**chosen)) as ready:
        rows = [_row(each) for each in asyncio.run(_collisions(ready))]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(table(rows, COLUMNS, longest=LONGEST_CELL) if rows else "Nothing collides")
    if rows:
        raise SystemExit(1)


async def _collisions(settings: Settings) -> list[Collision]:
    async with composed_apis(settings) as liaison:
        await liaison.unique.prepare()
        await liaison.unique.complete()
        return [each async for each in liaison.unique.collisions()]


def _row(each: Collision) -> dict[str, str]:
    return {"resource": each.resource, "id": each.id, "identifier": each.identifier, "first": each.first}
