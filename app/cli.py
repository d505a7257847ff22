"""The command `liaison`: serve, relay, seed, spec, settings."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app import __version__, logs, supervisor
from app.contracts import contracts
from app.domain import dates
from app.errors import StartError
from app.factory import Liaison
from app.parts import parts
from app.seed.generator import Household, generate
from app.seed.loader import Sink, load
from app.seed.sinks import HttpSink, StoreSink
from app.settings import Settings, listing
from app.spec.bundle import bundle, names, write
from app.spec.lint import problems
from app.storage.client import connect, wait_for_primary
from app.storage.embedded import EmbeddedMongod, running_uri

DATABASE_SECONDS = 30.0
"""How long a relay waits for its database to take writes."""
SEEDED = "v4"
"""The version of the APIs that generated data are written in."""


class Command(click.Command):
    """A command that tells a `StartError` as one line and ends with 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except StartError as error:
            raise click.ClickException(str(error)) from None


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`, for the commands that use the embedded MongoDB."""
    return click.option("--data", metavar="DIR", help="Directory of the embedded MongoDB's files.")(command)


@click.group()
@click.version_option(__version__, prog_name="liaison")
def main() -> None:
    """Liaison: a TM Forum server for parties, customers and party interactions.

    Every option can be set in the environment too: see `liaison settings`.
    """


@main.command(cls=Command)
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@data_option
@click.option("--workers", type=int, help="Server processes; 0 means one per core.")
@click.option("--relay/--no-relay", default=None, help="Whether to run the relay that delivers events, too.")
def serve(**chosen: Any) -> None:
    """Run the server, the relay and, unless MONGODB_URI names another, the embedded MongoDB."""
    settings = Settings.read(**chosen)
    logs.configure(settings.log_level)
    parts(settings)  # a wrong document or lifecycle stops the start here, before any process is started
    raise SystemExit(supervisor.serve(settings, on_serving=lambda url: click.echo(f"Liaison serves on {url}")))


@main.command(cls=Command)
@data_option
def relay(**chosen: Any) -> None:
    """Deliver events: drain what the servers wrote into the event log, and send it to the listeners."""
    settings = _with_running_database(Settings.read(**chosen))
    logs.configure(settings.log_level)
    wait_for_primary(settings.mongodb_uri, DATABASE_SECONDS)
    asyncio.run(_relay(settings))


@main.command(cls=Command)
@click.option("--customers", type=click.IntRange(1), default=100, show_default=True, help="How many customers.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same data.")
@click.option("--url", metavar="BASE", help="Load over HTTP into the server at BASE instead of into the store.")
@data_option
def seed(customers: int, seed: int, url: str | None, **chosen: Any) -> None:
    """Load a believable operator's data: parties, customers in all states, two years of interactions."""
    settings = Settings.read(**chosen)
    logs.configure("warning")
    today = dates.now().replace(hour=0, minute=0, second=0, microsecond=0)
    households = generate(customers, seed, today)
    if url:
        asyncio.run(_seed_server(settings, url, households, customers))
    else:
        with _database(settings) as ready:
            asyncio.run(_seed_store(ready, households, customers))


@main.group()
def spec() -> None:
    """The OpenAPI documents."""


@spec.command(name="bundle", cls=Command)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Directory to write to.")
def bundle_(out: Path) -> None:
    """Write every document as one JSON file."""
    for path in write(out):
        click.echo(path)


@spec.command(cls=Command)
def lint() -> None:
    """Check every document; ends with 1 when there is something to mend."""
    found = [f"{name}: {problem}" for name in names() for problem in problems(bundle(name))]
    for problem in found:
        click.echo(problem)
    click.echo(f"{len(names())} documents, {len(found)} problems")
    raise SystemExit(1 if found else 0)


@main.command(cls=Command)
@click.option("--markdown", is_flag=True, help="As the table that the README shows.")
def settings(markdown: bool) -> None:
    """Print every setting: its variable, its default and what it does."""
    for variable, default, help in listing():
        if markdown:
            click.echo(f"| `{variable}` | {f'`{default}`' if default else ''} | {help} |")
        else:
            click.echo(f"{variable} (default: {default or 'empty'})\n    {help}")


async def _relay(settings: Settings) -> None:
    liaison = Liaison(settings, connect(settings))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with liaison.client:
        await liaison.prepare()
        await liaison.relay().run(stop)


async def _seed_store(settings: Settings, households: Iterator[Household], customers: int) -> None:
    # What the data refer to was created just before: looking each reference up again would only take time.
    liaison = Liaison(replace(settings, references="off"), connect(settings))
    async with liaison.client:
        await liaison.prepare()
        await _load(households, customers, StoreSink([api for api in liaison.apis if api.version == SEEDED]))


async def _seed_server(settings: Settings, url: str, households: Iterator[Household], customers: int) -> None:
    collections = {
        name: url.rstrip("/") + path
        for contract in contracts(settings)
        if contract.version == SEEDED
        for name, path in contract.collections.items()
    }
    async with HttpSink(collections) as sink:
        await _load(households, customers, sink)


async def _load(households: Iterator[Household], customers: int, sink: Sink) -> None:
    with click.progressbar(length=customers, label="Customers") as bar:
        async for done in load(households, sink):
            bar.update(done)


def _with_running_database(settings: Settings) -> Settings:
    uri = settings.mongodb_uri or running_uri(Path(settings.data))
    if not uri:
        raise StartError(
            f"No MongoDB runs on {settings.data}: start `liaison serve --data {settings.data}` first, "
            "or set MONGODB_URI"
        )
    return replace(settings, mongodb_uri=uri)


@contextmanager
def _database(settings: Settings) -> Iterator[Settings]:
    """Settings with a database that runs: the one named, that of a running server, or one started for this."""
    uri = settings.mongodb_uri or running_uri(Path(settings.data))
    if uri:
        yield replace(settings, mongodb_uri=uri)
    else:
        with EmbeddedMongod(Path(settings.data)) as mongod:
            yield replace(settings, mongodb_uri=mongod.uri)


if __name__ == "__main__":
    main()
