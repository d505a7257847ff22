# SPDX-License-Identifier: Apache-2.0
"""What the tests of events share: changes written as the server writes them, and listeners that are real servers."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from cryptography.fernet import Fernet
from pymongo import AsyncMongoClient

from app.domain import dates
from app.domain.events import change
from app.domain.origin import UNKNOWN
from app.domain.query.attributes import ANYTHING
from app.events.delivery.callback_addresses import allowed_networks
from app.events.delivery.deliveries import Delivery
from app.events.delivery.retry_policy import RetryPolicy
from app.events.hub.hub import Hub
from app.events.relay.relay import Relay
from app.storage.documents.receipts import Receipts
from app.storage.documents.repository import Repository
from app.storage.event_log.event_log import EventLog
from app.storage.hubs.registrations import Registrations
from app.storage.hubs.vault import Vault
from app.storage.mongod.durable import Database
from app.storage.outbox.outbox import Outbox, Source
from tests.unit.subjects import Subject

LOOPBACK = allowed_networks("127.0.0.0/8")
VAULT = Vault(Fernet.generate_key().decode())
SOURCES = (Source("Individual", "party"), Source("Customer", "customer"))
QUICK = RetryPolicy(timeout_seconds=5, first_pause_seconds=0.01, longest_pause_seconds=0.05)


def rendered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The resource of an entry as a view would show it."""
    return {"id": entry["resourceId"], "href": f"http://here/{entry['resourceId']}", **entry["document"]}


def rendered_v5(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The same as the other version would show it."""
    return {"@type": entry["resource"], **rendered(entry), "href": f"http://here/v5/{entry['resourceId']}"}


RENDERERS = {
    (api, version): shown
    for api in ("party", "customer")
    for version, shown in {"v4": rendered, "v5": rendered_v5}.items()
}


async def prepare(database: Database) -> None:
    """Make what the events of the `SOURCES` need."""
    await EventLog(database).prepare()
    await Registrations(database).prepare()
    await Outbox(database, SOURCES).prepare()


@asynccontextmanager
async def opened(uri: str, name: str) -> AsyncIterator[Database]:
    """The database, ready for events."""
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True, w="majority") as client:
        await prepare(client[name])
        yield client[name]


class Writer:
    """Writes documents of one resource and the changes that come with them."""

    def __init__(self, database: Database, resource: str = "Individual") -> None:
        self._documents = Repository(database, resource, 5000)

    async def create(self, id: str, **document: Any) -> None:
        """Create a document."""
        await self._documents.insert(id, document, _change(1, None, document))

    async def patch(self, id: str, **values: Any) -> None:
        """Give attributes of a document other values."""
        seen = await self._documents.get(id)
        after = {**seen.document, **values}
        await self._documents.replace(seen, after, _change(seen.revision + 1, seen.document, after))

    async def drop(self, id: str, *names: str) -> None:
        """Remove attributes of a document."""
        seen = await self._documents.get(id)
        after = {each: value for each, value in seen.document.items() if each not in names}
        await self._documents.replace(seen, after, _change(seen.revision + 1, seen.document, after))

    async def delete(self, id: str) -> None:
        """Delete a document."""
        seen = await self._documents.get(id)
        await self._documents.remove(seen, _change(seen.revision + 1, seen.document, None))


def _change(revision: int, before: Any, after: Any) -> dict[str, Any]:
    made = change(revision=revision, at=dates.now(), origin=UNKNOWN, before=before, after=after, state_field="status")
    assert made is not None
    return made


def relay(database: Database, terms: RetryPolicy = QUICK, *, lease_seconds: float = 10) -> Relay:
    """A relay that looks for registrations often."""
    return Relay(database, SOURCES, delivery(database, terms), lease_seconds=lease_seconds, refresh_seconds=0.05)


def delivery(database: Database, terms: RetryPolicy = QUICK) -> Delivery:
    """The deliveries of such a relay."""
    return Delivery(database, RENDERERS, terms, vault=VAULT, allowed=LOOPBACK)


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    """The relays at work."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(each.run(stop)) for each in relays]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


def hub(database: Database, api: str = "party", version: str = "v4", vault: Vault | None = VAULT) -> Hub:
    """The hub of an API that has an Individual or a Customer."""
    return Hub(
        api=api,
        version=version,
        url=f"http://here/{api}/{version}/hub",
        resources={source.resource: Subject(source.resource, ANYTHING) for source in SOURCES if source.api == api},
        hubs=Registrations(database),
        log=EventLog(database),
        receipts=Receipts(database, 24),
        allowed=LOOPBACK,
        vault=vault,
    )


Reply = int | tuple[int, dict[str, str]]
"""A status, or a status with headers."""


class Ear:
    """A listener: a real HTTP server that keeps what it is sent; `answers` are its next replies, then 201.

    An answer about a resource whose id is in `held` waits for the event.
    """

    def __init__(self, answers: list[Reply]) -> None:
        self.url = ""
        self.heard: list[dict[str, Any]] = []
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.answers = answers
        self.held: dict[str, asyncio.Event] = {}

    async def hear(self, request: web.Request) -> web.Response:
        """Answer one POST; only what is answered with 2xx counts as heard."""
        sent = await request.read()
        body = json.loads(sent)
        self.requests.append(request)
        self.bodies.append(sent)
        if held := self.held.get(told_id(body)):
            await held.wait()
        answer = self.answers.pop(0) if self.answers else 201
        status, headers = (answer, {}) if isinstance(answer, int) else answer
        if status < 300:
            self.heard.append(body)
        return web.Response(status=status, headers={"Location": "/elsewhere", **headers})

    @property
    def types(self) -> list[str]:
        """The types of the events that were heard."""
        return [body["eventType"] for body in self.heard]

    @property
    def ids(self) -> list[str]:
        """The ids of the resources that the events heard were about."""
        return [told_id(body) for body in self.heard]

    @property
    def sent_ids(self) -> list[str]:
        """The same of all events sent, whatever was answered."""
        return [told_id(json.loads(body)) for body in self.bodies]


def told_id(notification: Mapping[str, Any]) -> str:
    """The id of the resource that a notification is about; empty for a trial, which is about none."""
    return next((str(resource["id"]) for resource in notification["event"].values()), "")


@asynccontextmanager
async def answering(application: web.Application) -> AsyncIterator[int]:
    """The port on the loopback at which `application` answers."""
    # An answer that is still held back is not waited for.
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


@asynccontextmanager
async def ear(*answers: Reply) -> AsyncIterator[Ear]:
    """A listener at a free loopback port."""
    listener = Ear(list(answers))
    application = web.Application(client_max_size=32 * 1024 * 1024)
    application.router.add_route("*", "/{anything:.*}", listener.hear)
    async with answering(application) as port:
        listener.url = f"http://127.0.0.1:{port}/events"
        yield listener
