# SPDX-License-Identifier: Apache-2.0
"""Makes the sample: has the release of another checkout store data, and notes what its database holds and it answers.

    python -m tests.scenarios.stored.make CHECKOUT

`liaison` runs as that checkout has it, on a database that is empty; README.md beside this file says when to do so.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from pymongo import MongoClient

from app.storage.mongod.embedded_mongod import EmbeddedMongod
from tests.listening import Listener, listening
from tests.scenarios.stored import sample
from tests.scenarios.stored.filling import Filling, Requests
from tests.serving import free_port
from tests.waiting import eventually

Mongo = MongoClient[dict[str, Any]]
DATABASE = "liaison"
# Keys are remembered for ten years: of one that is forgotten meanwhile nothing could be repeated.
CHOSEN = {
    "LIAISON_PUBLIC_URL": sample.PUBLIC_URL,
    "LIAISON_SECRETS_KEY": sample.SECRETS_KEY,
    "LIAISON_CALLBACK_NETWORKS": "127.0.0.0/8",
    "LIAISON_OPEN_TOPICS": "true",
    "LIAISON_WORKERS": "1",
    "LIAISON_IDEMPOTENCY_HOURS": "87600",
}


class Release:
    """`liaison` as the `checkout` has it, on the database at `uri`."""

    def __init__(self, checkout: Path, uri: str) -> None:
        self._checkout, self._port = checkout, free_port()
        own = {"PYTHONPATH": str(checkout), "MONGODB_URI": uri, "LIAISON_PORT": str(self._port)}
        self._environment = {**os.environ, **CHOSEN, **own}

    def told(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command, and what it wrote until it ended."""
        command = self._command(*arguments)
        return subprocess.run(command, cwd=self._checkout, env=self._environment, capture_output=True, text=True)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[None]:
        """A command, until the block ends."""
        process = subprocess.Popen(self._command(*arguments), cwd=self._checkout, env=self._environment)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    @contextmanager
    def serving(self) -> Iterator[httpx.Client]:
        """A server without a relay, until the block ends; yields a client of it."""
        url = f"http://127.0.0.1:{self._port}"
        with self.running("serve", "--no-relay"), httpx.Client(base_url=url) as client:
            eventually(lambda: _ready(client), "the server answers", 60)
            yield client

    def documents(self, directory: str) -> dict[str, Any]:
        """Its OpenAPI documents, by name."""
        self.told("spec", "bundle", "--out", directory).check_returncode()
        return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in Path(directory).iterdir()}

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "app.cli", *arguments]


def dumped(mongo: Mongo) -> dict[str, Any]:
    """Every collection of the database: how it was created, its indexes and its documents."""
    collections = {}
    for about in mongo[DATABASE].list_collections(filter={"name": {"$not": {"$regex": "^system\\."}}}):
        kept = mongo[DATABASE][about["name"]]
        collections[about["name"]] = {
            "options": about.get("options", {}),
            "indexes": [{name: said for name, said in index.items() if name != "v"} for index in kept.list_indexes()],
            "documents": list(kept.find(sort=[("_id", 1)])),
        }
    return collections


def filled(release: Release, mongo: Mongo, listener: Listener, filling: Filling) -> Requests:
    """Fill the database by a server that runs without a relay, and by a relay now and then."""
    database = mongo[DATABASE]

    def logged() -> None:
        collections = [database[name] for name in database.list_collection_names()]
        with release.running("relay"):
            waiting = {"pending": {"$exists": True}}
            eventually(lambda: not any(each.find_one(waiting) for each in collections), "all is logged", 60)
            behind = {"position": {"$lt": database["event"].count_documents({})}}
            eventually(lambda: not database["hub"].find_one(behind), "all is delivered", 60)

    return filling.run(listener.url, logged)


def answered(release: Release, client: httpx.Client, requests: Requests) -> dict[str, Any]:
    """What the release tells of what it has stored."""
    reads, repeats, patches = requests
    verified = release.told("audit", "verify")
    return {
        "verified": {"exit": verified.returncode, "lines": verified.stdout.splitlines()},
        "reads": [sample.exchange(client, "GET", path) for path in reads],
        "repeats": [sample.exchange(client, **request) for request in repeats],
        "patches": [sample.exchange(client, **request) for request in patches],
    }


def main(checkout: Path) -> None:
    """Make the sample of `checkout`, in place of the present one."""
    with TemporaryDirectory() as temporary, EmbeddedMongod(Path(temporary) / "data") as mongod:
        release = Release(checkout, mongod.uri)
        documents = release.documents(f"{temporary}/documents")
        with Mongo(mongod.uri, tz_aware=True) as mongo, listening() as listener, release.serving() as client:
            requests = filled(release, mongo, listener, Filling(client, documents))
            collections = dumped(mongo)
            sample.write(listener.url, collections, answered(release, client, requests))


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").is_success
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
