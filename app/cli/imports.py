# SPDX-License-Identifier: Apache-2.0
"""The command `liaison import`: creates resources from a file."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from app import logs
from app.cli.common import STOPPED, Command, data_option, database, stopping
from app.cli.composed_apis import composed_apis
from app.cli.progress import progress
from app.composition.factory import Liaison
from app.resources.engine import Engine
from app.settings import Settings
from app.storage.documents.imports import Imports
from app.storage.mongod.client import connect
from app.system.garbage_collection import collect_seldom
from app.transfer.batch import Alone, Creator
from app.transfer.checkpoint import Checkpoint, Terms
from app.transfer.importing import Import
from app.transfer.resume import beginning, checkpoint_of, rejects_of, resume_lock
from app.transfer.selection import engine_of, source_of
from app.transfer.sources import Source
from app.transfer.workers import Workers

REJECTED = 3
"""The exit code of an import that reached the end of its file with rejected lines."""

LARGE = 16 * 1024 * 1024
"""Bytes of a file from which on several processes save more time than they take to start."""


@dataclass(frozen=True)
class _ImportRequest:
    """The arguments and options of the command."""

    file: Path
    resource: str
    version: str
    rejects: Path | None
    anew: bool
    actor: str
    workers: int

    @property
    def processes(self) -> int:
        """The number of worker processes."""
        enough = (os.cpu_count() or 1) if self.file.stat().st_size >= LARGE else 1
        return self.workers or enough


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--resource", required=True, metavar="NAME", help="What FILE holds, such as `customer`.")
@click.option("--version", required=True, metavar="VERSION", help="The version of the API in which it is written.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where bad lines go.")
@click.option("--anew", is_flag=True, help="Forget an earlier import of FILE, and begin with its first line.")
@click.option("--actor", default="liaison import", show_default=True, help="Who imports, for the event log.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Processes; else one, or per core for a large FILE.")
@data_option
def import_(data: str | None, **options: Any) -> None:
    """Create a resource from each line of FILE: lines of JSON, or the rows of a Parquet file.

    Bad lines go to FILE.rejects.ndjson. Stopped or killed, the same command goes on where it ended. The exit code is
    0 when all went well, 3 when lines were rejected, 130 when it was stopped, 1 when it failed.
    """
    logs.configure("warning")
    request = _ImportRequest(**options)
    with resume_lock(request.file), database(Settings.read(data=data)) as ready:
        end = asyncio.run(_import(ready, request))
    raise SystemExit((REJECTED if end.counts.rejected else 0) if end.is_done else STOPPED)


async def creator_of(settings: Settings, resource: str, version: str) -> Creator:
    """The creator in a worker process."""
    logs.configure("warning")
    engine = engine_of(Liaison(settings, connect(settings)).apis, resource, version)
    collect_seldom()
    return Alone(engine)


async def _import(settings: Settings, request: _ImportRequest) -> Checkpoint:
    async with composed_apis(settings) as liaison:
        await liaison.prepare()
        engine = engine_of(liaison.apis, request.resource, request.version)
        source = source_of(request.file, engine.resource.attributes, settings.max_body_bytes)
        rejects = str(request.rejects.resolve()) if request.rejects else ""
        terms = Terms(engine.resource.name, request.version, source.size, rejects)
        begin = await beginning(request.file, terms, Imports(liaison.database), anew=request.anew)
        began = time.monotonic()
        with _creating(settings, request, engine) as creator:
            end = await _run(Import(source, creator, request.actor), source, request.file, begin)
    _tell(request.file, begin, end, time.monotonic() - began)
    return end


@contextmanager
def _creating(settings: Settings, request: _ImportRequest, engine: Engine) -> Iterator[Creator]:
    if request.processes == 1:
        collect_seldom()
        yield Alone(engine)
    else:
        with Workers(request.processes, partial(creator_of, settings, request.resource, request.version)) as workers:
            yield workers


async def _run(importing: Import, source: Source, file: Path, begin: Checkpoint) -> Checkpoint:
    rejects, stop = rejects_of(file, begin.terms), stopping()
    shown = 0
    with progress("Importing", source.size, of="bytes") as advance:

        def show(at: Checkpoint) -> None:
            nonlocal shown
            advance(at.place.position - shown)
            shown = at.place.position

        show(begin)

        return await importing.run(begin, checkpoint_of(file), rejects, stop, show)


def _tell(file: Path, begin: Checkpoint, end: Checkpoint, seconds: float) -> None:
    counts, new = end.counts, end.counts.read - begin.counts.read
    outcomes = f"{counts.created} created, {counts.there} there already, {counts.rejected} rejected"
    rate = f"; {new / max(seconds, 0.001):.0f} lines per second" if new else ""
    click.echo(f"{counts.read} lines read: {outcomes}{rate}")
    if counts.rejected:
        click.echo(f"The rejected lines are in {rejects_of(file, end.terms)}")
    if not end.is_done:
        click.echo("Stopped: the same command goes on from here", err=True)
