# SPDX-License-Identifier: Apache-2.0
"""Parts of all commands: errors and exit codes, the option `--data`, and the database of a command."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app.cli.server_settings import as_served
from app.errors import InsufficientStorage, StartError, Unavailable
from app.settings import Settings
from app.storage.hubs.vault import with_key
from app.storage.mongod.client import connect, wait_for_primary
from app.storage.mongod.driver import DatabaseError
from app.storage.mongod.durable import Database
from app.storage.mongod.embedded_mongod import EmbeddedMongod, running_uri

DATABASE_SECONDS = 30.0
"""Seconds that a command waits for a primary of its database."""

STOPPED = 130
"""The exit code of a command that a signal stopped before its end."""


class Command(click.Command):
    """A command that prints a `StartError` on standard error and ends with its exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except StartError as error:
            click.echo(f"Error: {error}", err=True)
            context.exit(error.exit_code)


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`, for the commands that use the embedded MongoDB."""
    return click.option("--data", metavar="DIR", help="Directory of the embedded MongoDB's files.")(command)


def with_running_database(settings: Settings) -> Settings:
    """Settings with a running database, of `MONGODB_URI` or of a running server, completed by `as_served`.

    Raises `StartError`.
    """
    uri = settings.mongodb_uri or running_uri(Path(settings.data))
    if not uri:
        raise StartError(
            f"No MongoDB runs on {settings.data}: start `liaison serve --data {settings.data}` first, "
            "or set MONGODB_URI"
        )
    return as_served(replace(with_key(settings), mongodb_uri=uri), DATABASE_SECONDS)


@contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """Settings with a running database: that of `MONGODB_URI`, that of a running server, or one started for the block.

    They are completed by `as_served`.
    """
    uri = settings.mongodb_uri or running_uri(Path(settings.data))
    if uri:
        yield as_served(replace(with_key(settings), mongodb_uri=uri), DATABASE_SECONDS)
    else:
        with EmbeddedMongod(Path(settings.data)) as mongod:
            yield as_served(replace(with_key(settings), mongodb_uri=mongod.uri), DATABASE_SECONDS)


@contextmanager
def configured_vault(settings: Settings) -> Iterator[Settings]:
    """As `database`, for existing data. Raises `StartError` when there are none."""
    if not settings.mongodb_uri and not Path(settings.data).is_dir():
        raise StartError(f"There are no data at {settings.data}: name their directory by --data, or set MONGODB_URI")
    with database(settings) as ready:
        yield ready


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database that `settings` name. Raises `StartError` when it cannot be reached or fails meanwhile."""
    wait_for_primary(settings.mongodb_uri, DATABASE_SECONDS)
    async with connect(settings) as client:
        with as_start_errors():
            yield client[settings.database]


@contextmanager
def as_start_errors() -> Iterator[None]:
    """Turn failures of the database within the block into a `StartError`."""
    try:
        yield
    except (DatabaseError, Unavailable, InsufficientStorage) as error:
        raise StartError(f"The database failed: {error}") from None


def stopping() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
