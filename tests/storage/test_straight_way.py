# SPDX-License-Identifier: Apache-2.0
"""How far a newcomer has to walk: through how many files a PATCH goes, and an event from the relay to a listener.

`pytest -s` prints both ways, file by file with the functions that are entered.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from app.apis.party import PARTY
from app.events.relay.relay import Relay
from app.settings import Settings
from app.storage.mongod.durable import Database
from tests.serving import free_port, serving
from tests.storage.listening import SOURCES, Writer, delivery, ear, hub, running
from tests.storage.watching import until

APP = str(Path(__file__).parents[2] / "app") + "/"
SERVER = "http/server/"
"""What speaks HTTP below the ASGI application: a reader of a PATCH begins behind it."""

MOST_OF_A_PATCH = 25
MOST_OF_AN_EVENT = 22


class Way:
    """The files below `app/` that are entered while it is recorded, in their order, each with its functions."""

    def __init__(self) -> None:
        self.entered: dict[str, list[str]] = {}
        self.recording = False

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> None:
        """As `sys.setprofile` wants it."""
        file = frame.f_code.co_filename
        if self.recording and event == "call" and file.startswith(APP):
            functions = self.entered.setdefault(file.removeprefix(APP), [])
            if frame.f_code.co_qualname not in functions:
                functions.append(frame.f_code.co_qualname)

    def told(self) -> str:
        """One line for each file."""
        return "\n".join(f"{file}: {', '.join(functions)}" for file, functions in self.entered.items())


@contextmanager
def recorded(way: Way) -> Iterator[None]:
    """Record until the block ends, in whichever thread began after the way was set as its profile."""
    way.recording = True
    try:
        yield
    finally:
        way.recording = False


@pytest.fixture
def way() -> Iterator[Way]:
    """The way of this thread, and of those that it starts."""
    found = Way()
    threading.setprofile(found)
    try:
        yield found
    finally:
        threading.setprofile(None)


@pytest.mark.parametrize("version", PARTY.versions)
def test_a_patch_goes_a_straight_way(version: str, mongodb_uri: str, clean_database: str, way: Way) -> None:
    settings = Settings(mongodb_uri=mongodb_uri, database=clean_database, port=free_port())
    with serving(settings) as url, httpx.Client(base_url=url) as client:
        body = {"@type": "Individual", "givenName": "Jane", "familyName": "Smith"}
        made = client.post(f"/tmf-api/party/{version}/individual", json=body)
        href = made.json()["href"]
        assert client.patch(href, json={"title": "Dr"}).status_code == 200  # what is made at first use is made
        with recorded(way):
            assert client.patch(href, json={"title": "Professor"}).status_code == 200
    way.entered = {file: names for file, names in way.entered.items() if not file.startswith(SERVER)}
    print(f"\nA PATCH of {version} enters {len(way.entered)} files:\n{way.told()}")
    assert {"resources/engine.py", "storage/documents/repository.py"} <= way.entered.keys()
    assert len(way.entered) <= MOST_OF_A_PATCH


@pytest.mark.anyio
async def test_an_event_goes_a_straight_way_from_the_relay_to_a_listener(database: Database, way: Way) -> None:
    async with ear() as listener:
        await hub(database).register({"callback": listener.url})
        individuals = Writer(database)
        await individuals.create("1", status="initialized")
        # It looks for registrations once, so that this is not taken for a part of the way.
        once = Relay(database, SOURCES, delivery(database), lease_seconds=10, refresh_seconds=600)
        async with running(once):
            await until(lambda: len(listener.heard) == 1)
            await individuals.patch("1", givenName="Jane")
            sys.setprofile(way)
            try:
                with recorded(way):
                    await until(lambda: len(listener.heard) == 2)
            finally:
                sys.setprofile(None)
    print(f"\nAn event enters {len(way.entered)} files:\n{way.told()}")
    assert {"events/relay/relay.py", "events/delivery/http_sender.py"} <= way.entered.keys()
    assert len(way.entered) <= MOST_OF_AN_EVENT
