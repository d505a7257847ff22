# SPDX-License-Identifier: Apache-2.0
"""The command `liaison spec indexes`: how the indexes of the database differ from those that the documents declare."""

import asyncio
from collections.abc import Sequence

import click

from app import logs
from app.cli.common import Command, configured_vault, data_option
from app.cli.composed_apis import composed_apis
from app.settings import Settings
from app.storage.documents.index_builds import IndexBuild, running_builds
from app.storage.documents.indexes import IndexDifference


@click.command(cls=Command)
@click.option("--api", "apis", multiple=True, metavar="FILE", help="Document that is served, too, or a directory.")
@click.option("--drop", is_flag=True, help="Drop those that no document declares.")
@data_option
def indexes(apis: tuple[str, ...], drop: bool, data: str | None) -> None:
    """Tell which indexes are being built, which are missing, and which no document declares (any more).

    A server that starts builds what is missing, and leaves what is not declared; --drop drops that.
    """
    logs.configure("warning")
    with configured_vault(Settings.read(apis=",".join(apis) or None, data=data)) as ready:
        builds, differences = asyncio.run(_indexes(ready, drop=drop))
    lines = [*map(_build_line, builds), *(line for each in differences for line in _difference_lines(each, drop=drop))]
    for line in lines or ["each index is declared, and each that is declared is built"]:
        click.echo(line)


async def _indexes(settings: Settings, *, drop: bool) -> tuple[Sequence[IndexBuild], Sequence[IndexDifference]]:
    async with composed_apis(settings) as liaison:
        builds, differences = await running_builds(liaison.database), await liaison.indexes.differences()
        if drop:
            await liaison.indexes.drop_undeclared()
        return builds, differences


def _build_line(build: IndexBuild) -> str:
    percent = "" if build.percent is None else f", {build.percent} %"
    return f"{build.collection}: {', '.join(build.indexes)}: being built ({build.phase}{percent})"


def _difference_lines(difference: IndexDifference, *, drop: bool) -> list[str]:
    missing = [f"{difference.collection}: {name}: missing" for name in difference.names]
    state = "dropped, as no document declares it" if drop else "not declared"
    return [*missing, *(f"{difference.collection}: {name}: {state}" for name in difference.undeclared)]
