# SPDX-License-Identifier: Apache-2.0
"""The servers that are compared: how each is started, how its HTTP looks, and where it keeps its customers."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

from bson import ObjectId

from app.domain.identifiers import new_id
from app.domain.media_types import JSON, MERGE
from app.settings import Settings
from app.system.ports import free_port
from tests.bench.kept import Client, Kept
from tests.bench.servers import place

THREADS = 8
"""Threads of each process of the servers that are not asynchronous."""
QUIET = ("--no-access-log", "--log-level", "warning", "--no-server-header")

Listing = Callable[[str, int], str]


def _by_name(name: str, limit: int) -> str:
    return urlencode({"name": name, "limit": limit})


def _by_where(name: str, limit: int) -> str:
    return urlencode({"where": json.dumps({"name": name}), "max_results": limit})


@dataclass(frozen=True)
class Contender:
    """One server: `path` is that of its collection, `listing` makes the query for some customers of a name.

    `environment` is what it is told beyond what we were told ourselves. Its `code` is this checkout's unless it says
    otherwise. What checks it sends these `headers`.
    """

    name: str
    title: str
    port: int
    command: Sequence[str]
    environment: Mapping[str, str]
    kept: Kept
    path: str = "/customer"
    patch_type: str = MERGE
    listing: Listing = _by_name
    code: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def collection(self) -> str:
        """The URL of its customers."""
        return self.root + self.path


def _uvicorn(workers: int) -> list[str]:
    """As `liaison serve` runs its server processes."""
    return [
        *(sys.executable, "-m", "uvicorn", "--port", "{port}", "--workers", str(workers)),
        *("--loop", "uvloop", "--http", "httptools", *QUIET),
    ]


def _gunicorn(workers: int) -> list[str]:
    """Threads keep connections open, which gunicorn's simplest workers do not."""
    return [
        *(sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", str(workers)),
        *("--worker-class", "gthread", "--threads", str(THREADS), "--log-level", "warning"),
    ]


def contenders(client: Client, uri: str, workers: int) -> list[Contender]:
    """All of them, with so many processes each, on the database at `uri`; Liaison comes first."""
    asynchronous, threaded = _uvicorn(workers), _gunicorn(workers)
    flask, fastapi, eve, lean = (
        _rival(client, uri, name, title, command)
        for name, title, command in (
            ("flask", "bare Flask + pymongo", (*threaded, "tests.bench.servers.bare_flask:app")),
            ("fastapi", "FastAPI + pydantic", (*asynchronous, "tests.bench.servers.fastapi_pydantic:app")),
            ("eve", "Eve", (*threaded, "tests.bench.servers.eve_customer:app")),
            ("lean", "leanest ASGI handler", (*asynchronous, "tests.bench.servers.lean_asgi:app")),
        )
    )
    eve = replace(eve, patch_type=JSON, listing=_by_where, kept=replace(eve.kept, new_id=ObjectId))
    return [liaison(client, uri, workers), flask, fastapi, eve, lean]


def liaison(client: Client, uri: str, workers: int, database: str = "bench_liaison") -> Contender:
    """Liaison as `liaison serve` runs it, with its relay; every setting that is not named has its default."""
    port = free_port()
    settings = Settings(mongodb_uri=uri, database=database, port=port, workers=workers, callback_networks="127.0.0.0/8")
    return Contender(
        name="liaison",
        title="Liaison",
        port=port,
        command=(sys.executable, "-m", "app.cli", "serve"),
        environment=settings.environment(),
        kept=Kept(client, database, new_id, within="document", announcing=True),
        path="/tmf-api/customerManagement/v4/customer",
    )


def _rival(client: Client, uri: str, name: str, title: str, command: Sequence[str]) -> Contender:
    port, database = free_port(), f"bench_{name}"
    return Contender(
        name=name,
        title=title,
        port=port,
        command=[part.format(port=port) for part in command],
        environment={place.URI: uri, place.DATABASE: database},
        kept=Kept(client, database, lambda: str(ObjectId())),
    )
