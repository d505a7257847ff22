"""Puts the parts together: settings → database → documents → engines → Connexion. The place that knows everything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient
from starlette.types import ASGIApp

from app import logs
from app.apis import APIS
from app.audience import Audience
from app.engine import Engine
from app.history import History
from app.lists.renderings import Renderings
from app.needs import Need
from app.parts import Part, parts
from app.references import References
from app.resource import Resource
from app.served import ServedApi
from app.settings import Settings
from app.storage import indexes
from app.storage.client import connect
from app.storage.custom_topics import SOURCES
from app.storage.embedded import reserve_of
from app.storage.event_log import EventLog
from app.storage.health import Health
from app.storage.history import Past
from app.storage.hubs import Hubs
from app.storage.idempotency import Receipts
from app.storage.pending import Pending, Source
from app.storage.repository import Repository

Client = AsyncMongoClient[dict[str, Any]]


class Liaison:
    """The composed server: every API with its engines, on one database."""

    def __init__(self, settings: Settings, client: Client) -> None:
        """Raises `StartError` when a document, a declaration or a lifecycle file is wrong."""
        self.settings = settings
        self.client = client
        self.database = client[settings.database]
        self._parts = parts(settings)
        self._log, self._hubs = EventLog(self.database), Hubs(self.database)
        self._renderings = Renderings(settings.lists_megabytes)
        self._receipts = Receipts(self.database, settings.idempotency_hours)
        resources = {name: resource for part in self._parts for name, resource in part.resources.items()}
        self._documents = {
            name: Repository(self.database, name, settings.query_timeout_ms, resource.lifecycle.field)
            for name, resource in resources.items()
        }
        self._lifecycles = {name: resource.lifecycle for name, resource in resources.items()}
        self._audience = Audience(settings, self.database, self._parts, self._receipts)
        self.apis = [self._served(part) for part in self._parts]

    async def prepare(self) -> None:
        """Create what is missing of the collections' indexes. Safe to do in several processes at once."""
        declared = {name: said.indexes for part in self._parts for name, said in part.declared.items()}
        await indexes.ensure(self.database, declared, self.states)
        await self._log.prepare()
        await self._audience.prepare()
        await self._hubs.prepare()
        await self._receipts.prepare()
        await Pending(self.database, self.sources()).prepare()

    def _served(self, part: Part) -> ServedApi:
        contract = part.contract
        url = self.settings.root_url + contract.base_path
        return ServedApi(
            name=contract.api.name,
            number=contract.api.number,
            version=contract.version,
            base_path=contract.base_path,
            url=url,
            document=contract.document,
            engines={name: self._engine(resource) for name, resource in part.resources.items()},
            hub=self._audience.hub(part, f"{url}/hub"),
            topics=self._audience.topics(part, f"{url}/topic"),
        )

    def _engine(self, resource: Resource) -> Engine:
        references = References(self.settings.references, resource.addresses, self._documents)
        needs = [
            Need(dependence, self._documents[dependence.resource], self._lifecycles[dependence.resource])
            for dependence in resource.rules.needed_by
        ]
        history = History(resource, Past(self.database, resource.name, self.settings.query_timeout_ms))
        documents = self._documents[resource.name]
        return Engine(resource, documents, references, self._receipts, history, self._renderings, needs)

    @property
    def states(self) -> dict[str, str]:
        """The attributes with states that may be spelt in several ways, by resource."""
        return {name: lifecycle.field for name, lifecycle in self._lifecycles.items() if not lifecycle.closed}

    def sources(self) -> list[Source]:
        """Where changes wait for the relay."""
        return [*(Source(resource=name, api=api.name) for api in APIS for name in api.rules), *SOURCES]


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The ASGI application. Raises `StartError` for whatever would make it answer wrongly."""
    # The relay and the commands speak no HTTP, and start in half the time without what it takes.
    from app.http.room import Disk
    from app.http.stack import stack

    settings = settings or Settings.read()
    logs.configure(settings.log_level)
    liaison = Liaison(settings, connect(settings))
    health = Health(liaison.client)
    reserve = reserve_of(settings)

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        async with liaison.client:
            await liaison.prepare()
            health.begin()
            with logs.gathered():
                yield

    disk = Disk(reserve, settings.reserved_megabytes) if reserve else None
    app: ASGIApp = stack(liaison.apis, settings, health.database_answers, lifespan, disk)
    return app
