"""Puts the parts together: settings → database → documents → engines → Connexion. The place that knows everything."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from connexion.middleware import ConnexionMiddleware
from pymongo import AsyncMongoClient

from app import logs
from app.apis import APIS, Api, Version
from app.domain.addresses import Addresses
from app.domain.attributes import Attribute
from app.domain.lifecycle import Lifecycle
from app.domain.views import View
from app.engine import Engine, Need
from app.errors import StartError
from app.http.stack import stack
from app.notify.delivery import Delivery
from app.notify.hub import Hub
from app.notify.listener import Terms
from app.notify.relay import Relay
from app.references import References
from app.resource import Resource
from app.served import ServedApi
from app.settings import Settings
from app.spec.bundle import bundle
from app.spec.declarations import Declaration, Overrides, declarations, deployed, read_lifecycles
from app.spec.operations import operations
from app.spec.schemas import Schemas
from app.spec.validation import Validator
from app.storage import indexes
from app.storage.client import connect
from app.storage.event_log import EventLog
from app.storage.health import Health
from app.storage.hubs import Hubs
from app.storage.pending import Pending, Source
from app.storage.repository import Repository, collection_of

Client = AsyncMongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Contract:
    """A version of an API on paper: its document with this deployment's paths and lifecycles in it."""

    api: Api
    version: str
    views: Mapping[str, View]
    base_path: str
    document: dict[str, Any]

    @property
    def collections(self) -> dict[str, str]:
        """The path of each resource's collection."""
        return {name: f"{self.base_path}/{collection_of(name)}" for name in self.views}


@dataclass(frozen=True)
class Part:
    """A version of an API before it is connected to the database: its contract, and what that makes of it."""

    contract: Contract
    declared: Mapping[str, Declaration]
    resources: Mapping[str, Resource]


class Liaison:
    """The composed server: every API with its engines, on one database."""

    def __init__(self, settings: Settings, client: Client) -> None:
        """Raises `StartError` when a document, a declaration or a lifecycle file is wrong."""
        self.settings = settings
        self.client = client
        self.database = client[settings.database]
        self._parts = parts(settings)
        self._log, self._hubs = EventLog(self.database), Hubs(self.database)
        resources = {name: resource for part in self._parts for name, resource in part.resources.items()}
        self._documents = {name: Repository(self.database, name, settings.query_timeout_ms) for name in resources}
        self._lifecycles = {name: resource.lifecycle for name, resource in resources.items()}
        self.apis = [self._served(part) for part in self._parts]

    async def prepare(self) -> None:
        """Create what is missing of the collections' indexes. Safe to do in several processes at once."""
        declared = {name: said.indexes for part in self._parts for name, said in part.declared.items()}
        await indexes.ensure(self.database, declared)
        await self._log.prepare()
        await self._hubs.prepare()
        await Pending(self.database, self._sources()).prepare()

    def relay(self) -> Relay:
        """The relay of this server's events."""
        terms = Terms(self.settings.delivery_timeout_seconds, self.settings.delivery_retry_hours)
        renderers = {(api.name, api.version): _renderer(api) for api in self.apis}
        return Relay(self.database, self._sources(), Delivery(self.database, renderers, terms))

    def _served(self, part: Part) -> ServedApi:
        contract = part.contract
        attributes = {name: resource.attributes for name, resource in part.resources.items()}
        url = self.settings.root_url + contract.base_path
        return ServedApi(
            name=contract.api.name,
            number=contract.api.number,
            version=contract.version,
            base_path=contract.base_path,
            url=url,
            document=contract.document,
            engines={name: self._engine(resource) for name, resource in part.resources.items()},
            hub=Hub(
                api=contract.api.name,
                version=contract.version,
                url=f"{url}/hub",
                resources=attributes,
                hubs=self._hubs,
                log=self._log,
            ),
        )

    def _engine(self, resource: Resource) -> Engine:
        references = References(self.settings.references, resource.addresses, self._documents)
        needs = [
            Need(dependence, self._documents[dependence.resource], self._lifecycles[dependence.resource])
            for dependence in resource.rules.needed_by
        ]
        return Engine(resource, self._documents[resource.name], references, needs)

    def _sources(self) -> list[Source]:
        return [Source(resource=name, api=api.name) for api in APIS for name in api.rules]


def create_app(settings: Settings | None = None) -> ConnexionMiddleware:
    """The ASGI application. Raises `StartError` for whatever would make it answer wrongly."""
    settings = settings or Settings.read()
    logs.configure(settings.log_level)
    liaison = Liaison(settings, connect(settings))
    health = Health(liaison.client)

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        async with liaison.client:
            await liaison.prepare()
            health.begin()
            yield

    return stack(liaison.apis, settings, health.database_answers, lifespan)


def parts(settings: Settings) -> list[Part]:
    """Every version of every API, checked. Raises `StartError` for what is wrong with a document or a setting."""
    served = contracts(settings)
    collections: dict[str, dict[str, str]] = {}
    for contract in served:
        urls = {name: settings.root_url + path for name, path in contract.collections.items()}
        collections.setdefault(contract.version, {}).update(urls)
    addresses = Addresses(settings.root_url, collections)
    # The last version of an API is the one whose shape is stored.
    stored = {contract.api.name: Schemas(contract.document) for contract in served}
    return [_part(contract, addresses, stored[contract.api.name]) for contract in served]


def contracts(settings: Settings) -> list[Contract]:
    """The documents of every API version with this deployment's paths and lifecycles in them."""
    lifecycles = read_lifecycles(settings.lifecycles)
    paths = _own_paths(settings)
    versions = [(api, name, version) for api in APIS for name, version in api.versions.items()]
    _refuse_unknown("LIAISON_BASE_PATHS", paths, [version.document for _, _, version in versions])
    _refuse_unknown(
        f"LIAISON_LIFECYCLES={settings.lifecycles}", lifecycles, [name for api in APIS for name in api.rules]
    )
    found = [_contract(api, name, version, settings, paths, lifecycles) for api, name, version in versions]
    if len({contract.base_path for contract in found}) < len(found):
        raise StartError("LIAISON_BASE_PATHS gives two APIs the same base path; each needs its own")
    return found


def _contract(
    api: Api, name: str, version: Version, settings: Settings, paths: Mapping[str, str], lifecycles: Overrides
) -> Contract:
    document = deployed(bundle(version.document), lifecycles)
    base_path = settings.path_prefix.rstrip("/") + paths.get(version.document, document["servers"][0]["url"])
    document["servers"] = [{"url": base_path}]
    return Contract(api, name, version.views, base_path, document)


def _part(contract: Contract, addresses: Addresses, stored: Schemas) -> Part:
    declared = declarations(contract.document, f"{contract.api.name}-{contract.version}")
    resources = {
        name: _resource(name, contract, addresses, stored.tree(name), declared[name].lifecycle)
        for name in contract.views
    }
    return Part(contract, declared, resources)


def _resource(name: str, contract: Contract, addresses: Addresses, stored: Attribute, lifecycle: Lifecycle) -> Resource:
    document, lenient = contract.document, (lifecycle.field,)
    said, schemas = operations(document, name), Schemas(document)
    return Resource(
        name=name,
        version=contract.version,
        url=addresses.collection(contract.version, name),
        view=contract.views[name],
        addresses=addresses,
        attributes=schemas.tree(name),
        stored=stored,
        new=Validator(document, said.new, lenient=lenient),
        whole=Validator(document, said.whole, lenient=lenient),
        lifecycle=lifecycle,
        rules=contract.api.rules[name],
        own_ids="id" in schemas.properties(said.new),
        patch_types=said.patch_types,
        foreign=frozenset(other for api in APIS for other in api.rules if other != name),
    )


def _renderer(api: ServedApi) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def shown(entry: Mapping[str, Any]) -> dict[str, Any]:
        return api.engines[entry["resource"]].resource.shown(entry["resourceId"], entry["document"])

    return shown


def _own_paths(settings: Settings) -> dict[str, str]:
    pairs = [pair.strip().partition("=") for pair in settings.base_paths.split(",") if pair.strip()]
    for document, _, path in pairs:
        if not path.startswith("/") or path.endswith("/"):
            raise StartError(f"LIAISON_BASE_PATHS: '{document}={path}' should be like 'party-v4=/tmf-api/party/v4'")
    return {document: path for document, _, path in pairs}


def _refuse_unknown(place: str, named: Mapping[str, object], known: list[str]) -> None:
    for name in named:
        if name not in known:
            raise StartError(f"{place}: '{name}' is not known; known are {', '.join(known)}")
